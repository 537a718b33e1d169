# ruff: noqa: E501 -- markup and tables read better in one line
"""Nothing that an author or a kernel says runs, fetches or passes for a part of the page (specs/security T3, T4, T22)."""

import json

import pytest

from apps_runtime.outputs import store
from apps_runtime.outputs.code import highlight, highlight_python
from apps_runtime.outputs.markdown import headings, render_markdown
from apps_runtime.outputs.render import OutputContext, render_outputs
from tests.outputs.hostile import CORPUS, RUN, faults

pytestmark = pytest.mark.django_db


def drawn(output: dict, **context) -> str:
    return render_outputs(store.put([output]), context=OutputContext("/o/", **{"show_errors": True, **context}))


def data(**bundle) -> dict:
    named = {name.replace("__", "/").replace("_json", "+json"): value for name, value in bundle.items()}
    return {"output_type": "display_data", "data": named, "metadata": {}}


def table(text: str) -> dict:
    column = {"name": text, "type": text, "align": text}
    return {"columns": [column, 7, column], "index": [], "rows": [[text, text]], "total_rows": text, "total_columns": 2}


def good_table(text: str) -> dict:
    column = {"name": text, "type": "text", "align": "start"}
    return {"columns": [column], "index": [column], "rows": [[text, text]], "total_rows": 1, "total_columns": 1}


DOORS = {
    "stdout": lambda text: {"output_type": "stream", "name": "stdout", "text": text},
    "stderr": lambda text: {"output_type": "stream", "name": "stderr", "text": text * 200},
    "progress": lambda text: {
        "output_type": "stream", "name": "stderr", "text": f"{text.replace(chr(10), ' ')}:  50%|{text[:3]}| 1/2 [00:01<00:01]",
    },
    "plain": lambda text: data(text__plain=text),
    "html": lambda text: data(text__html=text),
    "numbers": lambda text: data(text__html=f'<dl class="numbers"><div><dt>{text}</dt><dd>1</dd></div></dl>'),
    "dataframe": lambda text: data(
        text__html=f'<table class="dataframe"><thead><tr><th>{text}</th></tr></thead><tbody><tr><td>{text}</td></tr></tbody></table>'
    ),
    "markdown": lambda text: data(text__markdown=text),
    "latex": lambda text: data(text__latex=text),
    "formula": lambda text: data(text__latex=f"$${text}$$"),
    "json": lambda text: data(application__json={text: [text, {text: text}]}),
    "table": lambda text: data(**{"application__vnd.hexlite.table_json": good_table(text)}),
    "no table": lambda text: data(**{"application__vnd.hexlite.table_json": table(text)}, text__plain=text),
    "svg": lambda text: data(**{"image__svg+xml": text}),
    "picture": lambda text: data(image__png=text, text__plain=text),
    "alt": lambda text: {
        "output_type": "display_data", "data": {"image/gif": "R0lGODlhAQABAAAAACw="}, "metadata": {"image/gif": {"alt": text, "width": text}},
    },
    "plotly": lambda text: data(**{"application__vnd.plotly.v1_json": {"layout": {"title": {"text": text}}}}),
    "vega": lambda text: data(**{"application__vnd.vegalite.v5_json": {"title": text}}),
    "javascript": lambda text: data(application__javascript=text),
    "error": lambda text: {"output_type": "error", "ename": text, "evalue": text, "traceback": [f"Cell In[1], line 1\n----> 1 {text}", text]},
    "key error": lambda text: {
        "output_type": "error", "ename": "KeyError", "evalue": repr(text), "traceback": ["File /x/pandas/core/frame.py:1", f"Cell In[1], line 1\n----> 1 f[{text!r}]"],
    },
    "unknown": lambda text: data(**{"application__x-unknown": text}),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_no_output_is_more_than_something_to_look_at(door):
    for text in CORPUS:
        html = drawn(DOORS[door](text))
        assert faults(html) == [], (text, html)
        assert RUN not in html or "<script" not in html.lower()


@pytest.mark.parametrize("text", CORPUS)
def test_no_markdown_is_more_than_something_to_look_at(text):
    html = render_markdown(
        text, {text: {"image/png": text}, "x": {"image/svg+xml": text}}, file_address=lambda path: f"/o/{path}"
    )
    assert faults(html) == [], html
    assert all(heading.anchor.startswith("section-") for heading in headings(text))


@pytest.mark.parametrize("text", CORPUS)
def test_code_is_only_coloured(text):
    for html in (highlight_python(text), highlight(text, "html"), highlight(text, "nonsense")):
        assert faults(html) == []


def test_labels_and_numbers_of_errors_are_escaped():
    html = drawn(DOORS["error"]("x"), label=CORPUS[2], error_id=CORPUS[2])
    assert faults(html) == []


def test_a_reader_without_the_right_gets_nothing_of_an_error_or_a_warning():
    secret = "CANARY"
    for door in ("error", "key error", "stderr"):
        assert secret not in drawn(DOORS[door](secret), show_errors=False)


TOUCH_ALL = """() => {
  // Links to other pages are links; what counts is whether one of them runs something.
  document.addEventListener("click", (event) => /^https?:$/.test(event.target.closest("a")?.protocol) && event.preventDefault());
  document.querySelectorAll("main *").forEach((element) => element.focus?.());
  document.querySelector("main").hidden = true; // thousands of layouts otherwise
  document.querySelectorAll("main *").forEach((element) => element.click?.());
}"""


@pytest.mark.browser
def test_a_page_with_all_of_it_runs_none_of_it(page, site):
    """Without the page's policy: the markup by itself has to be harmless."""
    body = []
    for door, make in DOORS.items():
        # What goes to a frame is judged in test_frames_browser.
        pieces = [drawn(make(text)) for text in CORPUS]
        body += [
            f"<section><h2>{door}</h2>",
            *[piece for piece in pieces if "<output-frame" not in piece],
            "</section>",
        ]
    body += [render_markdown(text) for text in CORPUS]
    for reference in store.references(store.put([data(**{"image__svg+xml": text}) for text in CORPUS])):
        from apps_runtime.models import Blob
        from apps_runtime.outputs.serving import blob_response

        site.answers[f"/o/{reference['sha256']}"] = blob_response(Blob.objects.get(pk=reference["sha256"]))
    loads = []
    page.on("request", lambda request: loads.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail("a dialogue was opened"))
    page.goto(site.page("/page", "".join(body), policy=False))
    page.wait_for_function("() => document.querySelectorAll('math-tex:not([data-drawn])').length === 0")
    page.evaluate(TOUCH_ALL)
    assert page.evaluate("() => window.__pwned") is None
    assert page.evaluate("() => document.querySelectorAll('script').length") == 1
    assert page.url == f"{site.url}/page"
    elsewhere = [url for url in loads if not url.startswith((site.url, "data:", "blob:"))]
    assert elsewhere == []


def test_a_figure_cannot_end_its_element(settings):
    from apps_runtime.outputs.frames import FrameKind, document

    text = json.dumps({"layout": {"title": "</script><script>alert(1)</script><!--"}})
    page = document(FrameKind.PLOTLY, text, theme="")
    inside = page.split('id="figure">')[1].split("</script>")[0]
    assert json.loads(inside) == json.loads(text)
    assert "<!--" not in inside


@pytest.mark.parametrize("text", CORPUS[:20])
def test_the_judge_knows_what_is_hostile(text):
    assert faults(f"{text}>")
