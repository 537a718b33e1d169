# ruff: noqa: E501 -- markup and tables read better in one line
"""What a reader sees of outputs: one fragment for each kind of block."""

import re

import pytest

from apps_runtime.models import Blob
from apps_runtime.outputs import store
from apps_runtime.outputs.blocks import Kind, blocks
from apps_runtime.outputs.render import OutputContext, render_outputs
from tests.markup import tight
from tests.outputs.test_store import PNG, display

pytestmark = pytest.mark.django_db


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def result(**data):
    return {**display(**data), "output_type": "execute_result", "execution_count": 1}


def drawn(*outputs, **context) -> str:
    html = render_outputs(store.put(outputs), context=OutputContext("/o/", **context))
    return re.sub(r"[0-9a-f]{64}", "DIGEST", re.sub(r' data-key="[0-9a-f]{16}"', "", html)).strip()


def kinds(*outputs, show_errors=True):
    return [block.kind for block in blocks(store.put(outputs), show_errors=show_errors)]


ERROR = {
    "output_type": "error",
    "ename": "ValueError",
    "evalue": "no <b>",
    "traceback": ["Cell In[1], line 1\n----> 1 f()", "\x1b[31mValueError\x1b[0m: no <b>"],
}
TABLE = {
    "columns": [{"name": "a", "type": "number", "align": "end", "decimals": 0}],
    "index": [],
    "rows": [[n] for n in range(12)],
    "total_rows": 12,
    "total_columns": 1,
}

GOLDEN = {
    "text": (
        stream("a <b>\n\x1b[1;31mred\x1b[0m\n"),
        ('<fold-text class="output-text"><pre class="terminal" tabindex="0" aria-label="Text">a &lt;b&gt;\n'
        '<span class="ansi-bold ansi-red">red</span></pre></fold-text>'),
    ),
    "numbers": (
        display(text__html='<dl class="numbers"><div><dt>Rain</dt><dd>4,426 <small>mm</small></dd><dd class="than x">more</dd></div></dl>'),
        '<dl class="numbers"><div><dt>Rain</dt><dd>4,426 <small>mm</small></dd><dd class="than">more</dd></div></dl>',
    ),
    "html": (
        display(text__html="<p style='color:green;position:fixed' id=x>Hi</p>"),
        '<div class="output-html"><p style="color:green">Hi</p></div>',
    ),
    "image": (
        display(image__png=PNG, text__plain="<Figure size 640x480>"),
        '<figure class="output-image plate"><img src="/o/DIGEST" width="2" height="1" alt="Chart" decoding="async"></figure>',
    ),
    "svg": (
        display(**{"image__svg+xml": '<svg width="30" height="20"></svg>'}),
        '<figure class="output-image"><img src="/o/DIGEST" width="30" height="20" alt="Chart" decoding="async"></figure>',
    ),
    "math": (
        display(text__latex=r"$\displaystyle a<b$"),
        '<div class="output-math"><math-tex display="block">\\displaystyle a&lt;b</math-tex></div>',
    ),
    "markdown": (display(text__markdown="**x** $y$"), '<div class="prose"><p><strong>x</strong> <math-tex>y</math-tex></p>\n</div>'),
    "number": (
        result(text__plain="12345.678"),
        '<p class="number-alone"><data value="12345.678" title="12345.678">12,345.7</data></p>',
    ),
    "json": (
        display(application__json={"a": [1, None]}),
        ('<div class="code json-tree" tabindex="0" role="region" aria-label="JSON"><details open><summary>{<span>1 item</span>}</summary>'
        '<details><summary><span class="name">a</span>: [<span>2 items</span>]</summary><div><span class="name">0</span>: '
        '<span class="n">1</span></div><div><span class="name">1</span>: <span class="k">null</span></div></details></details></div>'),
    ),
    "frame": (
        display(**{"application__vnd.plotly.v1_json": {"data": [], "layout": {"title": {"text": "Rain"}}}}),
        ('<output-frame data-src="/o/DIGEST/frame" data-title="Rain" data-height="400"><noscript><p class="small quiet">'
        "This output needs scripts in your browser.</p></noscript></output-frame>"),
    ),
    "progress": (
        stream(" 64%|██████▍   | 640/1000 [00:12<00:07, 51.2it/s]", "stderr"),
        ('<div class="progress" title="64%|██████▍   | 640/1000 [00:12&lt;00:07, 51.2it/s]"><progress value="0.6400" max="1" '
        'aria-label="640 of 1,000"></progress><span>640 of 1,000, about 7 s left</span></div>'),
    ),
    "table": (
        display(text__html='<table class="dataframe"><thead><tr><th></th><th>a</th></tr></thead><tbody><tr><th>x</th><td>1</td></tr></tbody></table>'),
        (
            '<div class="table-frame" tabindex="0" role="region" aria-label="Table"><table class="table">\n'
            '<thead><tr><th scope="col"></th><th scope="col" class="num">a</th></tr></thead>\n'
            '<tbody><tr><th scope="row">x</th><td class="num">1</td></tr></tbody>\n</table></div><p class="cell-line"><span>1 row, 1 column</span></p>'
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", GOLDEN)
def test_the_fragment_of_each_kind(kind):
    output, html = GOLDEN[kind]
    assert kinds(output) == [kind]
    assert tight(drawn(output)) == tight(html)


def test_every_kind_is_drawn_somewhere_in_these_tests():
    assert set(GOLDEN) | {"error", "undrawn"} == {kind.value for kind in Kind}


def test_a_viewer_is_told_that_it_failed_and_a_number():
    assert tight(drawn(ERROR, error_id="E-7F3A-91")) == tight(
        '<div class="problem"><p>This part could not be worked out with these inputs. The rest of the page is not affected.</p>'
        '<p class="quiet">Tell the authors the number <code>E-7F3A-91</code> if it happens again.</p></div>'
    ).replace('<div class="problem">', '<div class="problem" data-key="hidden">')


def test_an_author_gets_the_sentence_the_lines_and_the_rest_on_demand():
    html = drawn(ERROR, show_errors=True, error_id="E-7F3A-91")
    assert "<strong>ValueError: no &lt;b&gt;</strong>" in html
    assert "><b>ValueError</b>: no &lt;b&gt;\n  In [1], line 1\n    f()</pre>" in html
    assert "data-whole hidden>Cell In[1]" in tight(html)
    assert "Number <code>E-7F3A-91</code>" in html


def test_an_error_of_hexlite_itself_is_a_sentence_alone():
    html = drawn(
        {**ERROR, "ename": "", "evalue": "The cell used more memory than it may.", "traceback": []}, show_errors=True
    )
    assert "<strong>The cell used more memory than it may.</strong>" in html
    assert "traceback" not in html


def test_standard_error_is_for_authors_but_progress_is_for_everybody():
    warning = stream("x.py:3: UserWarning: secret\n  secret()\n 50%|##   | 1/2 [00:01<00:01]", "stderr")
    assert kinds(warning) == ["text", "progress"]
    assert kinds(warning, show_errors=False) == ["progress"]
    assert "secret" not in drawn(warning)


def test_the_advice_of_tqdm_to_install_widgets_is_not_repeated():
    advice = "/x/tqdm/auto.py:21: TqdmWarning: IProgress not found. Please update.\n  from .autonotebook import tqdm\n"
    assert kinds(stream(advice + "100%|##| 2/2 [00:01<00:00]\n", "stderr")) == ["progress"]
    assert kinds(stream(advice + "a real warning\n", "stderr")) == ["text"]


def test_what_a_plotting_call_returns_is_not_shown_beside_its_picture():
    returned = result(text__plain="[<matplotlib.lines.Line2D at 0x7f1>]")
    assert kinds(returned, display(image__png=PNG)) == ["image"]
    assert kinds(returned) == ["text"]
    assert kinds(result(text__plain="42"), display(image__png=PNG)) == ["number", "image"]


def test_blank_streams_show_nothing():
    assert drawn(stream("   \n\n")) == ""
    assert drawn() == ""


def test_the_richest_representation_is_shown():
    html = '<table class="dataframe"><tbody><tr><td>1</td></tr></tbody></table>'
    assert kinds(display(text__plain="x", text__html=html, **{"application__vnd.hexlite.table_json": TABLE})) == [
        "table"
    ]
    assert kinds(display(text__plain="x", **{"application__vnd.hexlite.table_json": {"rows": 7}})) == ["text"]
    assert kinds(display(text__plain="x", **{"application__vnd.jupyter.widget-view_json": {"model_id": "1"}})) == [
        "text"
    ]
    assert kinds(display(**{"application__x-unknown": "x"})) == []
    assert kinds(display(text__plain="x", image__png="not base64 at all!")) == ["text"]


def test_a_picture_stands_for_a_chart_until_it_is_drawn():
    html = drawn(display(image__png=PNG, **{"application__vnd.vegalite.v5_json": {"title": "Rain"}}))
    assert '<img src="/o/DIGEST" alt="">' in html
    assert 'data-title="Rain"' in html


def test_an_author_can_say_what_a_picture_shows():
    output = {**display(image__png=PNG), "metadata": {"image/png": {"alt": 'Rain "by" month'}}}
    assert 'alt="Rain &quot;by&quot; month"' in drawn(output)
    assert 'alt="Wettest days"' in drawn(display(image__png=PNG), label="Wettest days")


def test_a_long_text_is_folded_and_a_very_long_one_shows_its_ends():
    html = drawn(stream("".join(f"line {number}\n" for number in range(100))))
    assert 'data-more="Show all 100 lines"' in html
    html = drawn(stream("".join(f"line {number}\n" for number in range(60_000))))
    assert len(html) < 120_000
    assert "line 59999" in html
    assert "characters are not shown here" in html
    assert '<a href="/o/DIGEST" target="_blank" rel="noopener">Open the whole text</a>' in html


def test_table_data_comes_with_its_first_rows_and_the_address_of_the_rest():
    output = display(**{"application__vnd.hexlite.table_json": TABLE})
    calm, compact = drawn(output), drawn(output, density="compact")
    assert 'data-src="/o/DIGEST"' in calm
    assert calm.count("<tr>") == 11
    assert "1–10 of 12 rows" in calm
    assert 'class="table dense"' in compact
    assert "<span>12 rows, 1 column</span>" in compact
    assert '<div class="table-bar" hidden>' in tight(compact)


def test_the_first_rows_need_no_file(django_assert_num_queries):
    stored = store.put(
        [
            display(image__png=PNG, text__plain="x"),
            display(**{"application__vnd.hexlite.table_json": {**TABLE, "total_rows": 77}}),
        ]
    )
    for blob in Blob.objects.all():
        store.default_storage.delete(blob.path)
    with django_assert_num_queries(0):
        html = render_outputs(stored, context=OutputContext("/o/"))
    assert "1–10 of 77 rows" in html
    assert "<img" in html


def test_a_lost_file_is_said_in_words():
    stored = store.put([stream("x" * 3001)])
    store.default_storage.delete(Blob.objects.get().path)
    assert "its file is gone" in render_outputs(stored, context=OutputContext("/o/"))


def test_equal_outputs_have_equal_keys_and_others_do_not():
    one, same, other = (blocks(store.put([stream(text)]), show_errors=True)[0].key for text in ("a", "a", "b"))
    assert one == same != other


def test_lists_of_lines_are_read_as_nbformat_says():
    assert kinds({**display(), "data": {"text/plain": ["a\n", "b"]}}) == ["text"]
    assert "a\nb" in drawn({**display(), "data": {"text/plain": ["a\n", "b"]}})


def test_rendering_twice_is_cheap(monkeypatch):
    stored = store.put([display(text__html=f"<p>{'x' * 3000}</p>")])
    first = render_outputs(stored, context=OutputContext("/o/"))
    monkeypatch.setattr(store, "read", None)
    assert render_outputs(stored, context=OutputContext("/o/")) == first
