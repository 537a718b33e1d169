# ruff: noqa: E501 -- markup and tables read better in one line
"""What an output with scripts can do in the reader's browser: draw, and say its height (specs/security M21, T3, T5, T6)."""

import json

import pytest
from playwright.sync_api import expect

from apps_runtime.models import Blob
from apps_runtime.outputs import store
from apps_runtime.outputs.serving import frame_response

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PROBE = """<p>Drawn</p><script>
window.results = {};
const attempts = {
  cookie: () => document.cookie, storage: () => localStorage.length, parent: () => parent.document.title,
  top: () => { top.location = "CANARY/top"; }, opened: () => { if (!window.open("CANARY/open")) throw new Error("no window"); },
};
for (const [name, attempt] of Object.entries(attempts)) {
  try { attempt(); results[name] = "done"; } catch (error) { results[name] = error.name; }
}
results.origin = self.origin;
results.compiled = new Function("return 6 * 7")();
const loads = [
  fetch("CANARY/fetch").then(() => "done", () => "blocked"),
  fetch("/page", {credentials: "include"}).then(() => "done", () => "blocked"),
  new Promise((done) => { const image = new Image(); image.onload = () => done("done"); image.onerror = () => done("blocked"); image.src = "CANARY/image"; }),
  new Promise((done) => { try { const socket = new WebSocket("CANARY/socket".replace("http", "ws")); socket.onopen = () => done("done"); socket.onerror = () => done("blocked"); } catch (error) { done("blocked"); } }),
  new Promise((done) => { const script = document.createElement("script"); script.onload = () => done("done"); script.onerror = () => done("blocked"); script.src = "CANARY/script.js"; document.head.append(script); }),
];
navigator.sendBeacon("CANARY/beacon", "x");
document.body.insertAdjacentHTML("beforeend", '<form id="form" action="CANARY/form"></form><link rel="prefetch" href="CANARY/prefetch"><a id="link" ping="CANARY/ping" href="#">x</a>');
document.getElementById("form").submit();
document.getElementById("link").click();
Promise.all(loads).then((all) => { results.loads = all; });
</script>"""


def keep(media_type: str, value) -> Blob:
    """A blob as the store makes it from an output."""
    output = {"output_type": "display_data", "metadata": {}, "data": {media_type: value}}
    (reference,) = store.references(store.put([output]))
    return Blob.objects.get(pk=reference["sha256"])


def serve_frame(site, path: str, media_type: str, value, theme: str = "light") -> None:
    if media_type == "text/html" and "<script" not in value:
        value += "<script>/* so that it goes to a frame */</script>"
    site.answers[path] = frame_response(keep(media_type, value), theme, origins=[site.url])


def element(path: str, **attributes: str) -> str:
    more = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    return f'<output-frame data-src="{path}"{more}></output-frame>'


def frame_of(page, path: str):
    """The frame with that address, once it has reported its height."""
    page.wait_for_selector(f'output-frame > iframe:not(.coming)[src*="{path}"]')
    page.wait_for_function("() => document.querySelector('output-frame > iframe').style.blockSize !== ''")
    expect(page.frame_locator(f'output-frame > iframe[src*="{path}"]').locator("body.frame")).to_be_attached()
    return next(frame for frame in page.frames if path in frame.url)


def test_a_frame_reaches_nothing_and_nobody(page, site):
    serve_frame(site, "/frame", "text/html", PROBE.replace("CANARY", site.canary))
    page.goto(site.page("/page", element("/frame")))
    frame = frame_of(page, "/frame")
    frame.wait_for_function("() => window.results.loads")
    results = frame.evaluate("() => window.results")
    assert results["origin"] == "null"
    assert results["compiled"] == 42
    assert [results[name] for name in ("cookie", "storage", "parent", "top")] == ["SecurityError"] * 4
    assert results["opened"] == "Error"
    assert results["loads"] == ["blocked"] * 5
    assert page.url == site.url + "/page"
    assert site.canary_hits == []
    assert [request.cookie for request in site.asked("/frame")] == ["sessionid=secret"]
    assert not [request for request in site.requests if request.origin == "null" and request.cookie]


def test_a_frame_cannot_navigate_itself_away(page, site):
    serve_frame(site, "/frame", "text/html", f"<p>x</p><script>location = '{site.canary}/gone?secret'</script>")
    page.goto(site.page("/page", element("/frame")))
    with page.expect_event("framenavigated", predicate=lambda frame: "chrome-error" in frame.url):
        page.evaluate("() => document.querySelector('output-frame').load()")
    assert site.canary_hits == []


def test_opened_by_itself_the_document_has_no_more_rights(page, site):
    serve_frame(
        site,
        "/frame",
        "text/html",
        "<script>window.results = {origin: self.origin}; try { document.cookie } catch (error) { results.cookie = error.name }</script>",
    )
    page.goto(site.page("/page", ""))
    page.goto(site.url + "/frame")
    assert page.evaluate("() => window.results") == {"origin": "null", "cookie": "SecurityError"}


HOSTILE = [
    {"h": "500"},
    {"h": 500, "click": "#publish"},
    {"h": None},
    {"height": 500},
    {"type": "resize", "h": 500},
    {"command": "run"},
    {"h": {"valueOf": 1}},
    [500],
    500,
    "500",
    '{"h": 500}',
    None,
    True,
    {},
    {"h": []},
    {"__proto__": {"h": 500}},
    {"action": "navigate", "url": "/admin/"},
    {"eval": "document.title = 1"},
    {"h": 500, "": 1},
]


def test_only_a_height_is_heard(page, site):
    serve_frame(site, "/frame", "text/html", "<div style='height: 123px'>x</div>")
    page.goto(site.page("/page", element("/frame")))
    frame = frame_of(page, "/frame")
    height = page.evaluate("() => document.querySelector('iframe').offsetHeight")
    before, asked = page.content(), len(site.requests)
    frame.evaluate("(messages) => messages.forEach((message) => parent.postMessage(message, '*'))", HOSTILE)
    frame.evaluate("() => { parent.postMessage({h: NaN}, '*'); parent.postMessage({h: Infinity}, '*'); }")
    # Messages arrive in their order: when this one has arrived, all others have.
    frame.evaluate("(h) => parent.postMessage({h}, '*')", height + 7)
    page.wait_for_function("(h) => document.querySelector('iframe').offsetHeight === h", arg=height + 7)
    assert page.content() == before.replace(f"{height}px", f"{height + 7}px")
    assert len(site.requests) == asked


@pytest.mark.parametrize(("said", "becomes"), [(1, 40), (-5, 40), (99_999_999, 20_000), (77.2, 78)])
def test_a_height_is_kept_within_bounds(page, site, said, becomes):
    serve_frame(site, "/frame", "text/html", "<p>x</p>")
    page.goto(site.page("/page", element("/frame")))
    frame_of(page, "/frame").evaluate("(h) => parent.postMessage({h}, '*')", said)
    page.wait_for_function("(h) => document.querySelector('iframe').offsetHeight === h", arg=becomes)


def test_a_frame_speaks_only_for_itself(page, site):
    serve_frame(site, "/one", "text/html", "<p>one</p>")
    serve_frame(site, "/two", "text/html", "<p>two</p>")
    page.goto(site.page("/page", element("/one") + element("/two")))
    frame_of(page, "/one")
    page.wait_for_function("() => [...document.querySelectorAll('iframe')].every((frame) => frame.style.blockSize)")
    two = next(frame for frame in page.frames if "/two" in frame.url)
    two.evaluate("() => parent.postMessage({h: 333}, '*')")
    page.wait_for_function("() => document.querySelectorAll('iframe')[1].offsetHeight === 333")
    assert page.evaluate("() => document.querySelectorAll('iframe')[0].offsetHeight") != 333
    page.evaluate("() => postMessage({h: 555}, '*')")
    two.evaluate("() => parent.postMessage({h: 334}, '*')")
    page.wait_for_function("() => document.querySelectorAll('iframe')[1].offsetHeight === 334")
    assert page.evaluate("() => document.querySelectorAll('iframe')[0].offsetHeight") != 555


REPLACE = """async (html) => {
  const { replace } = await import("/static/js/outputs/replace.js");
  const template = document.createElement("template");
  template.innerHTML = html;
  const next = template.content.firstElementChild;
  replace(document.getElementById("block"), next);
}"""


def test_the_old_output_stays_until_the_new_one_is_drawn(page, site):
    import threading

    serve_frame(site, "/old", "text/html", "<div style='height: 200px'>old</div><script>window.marker = 1</script>")
    serve_frame(site, "/new", "text/html", "<div style='height: 300px'>new</div>")
    site.held["/new"] = threading.Event()
    page.goto(site.page("/page", f'<section id="block">{element("/old")}</section>'))
    old = frame_of(page, "/old")
    height = page.evaluate("() => document.querySelector('iframe').offsetHeight")
    page.evaluate(REPLACE, f'<section id="block" class="fresh">{element("/new")}</section>')
    assert page.evaluate("() => document.querySelectorAll('#block').length") == 1
    assert page.evaluate("() => document.querySelector('#block').className") == "fresh"
    assert old.evaluate("() => window.marker") == 1
    assert page.evaluate("() => document.querySelector('output-frame').offsetHeight") == height
    assert page.locator("iframe:not(.coming)").get_attribute("src").startswith("/old")
    site.held["/new"].set()
    page.wait_for_selector('iframe[src^="/new"]:not(.coming)')
    assert page.locator("iframe").count() == 1
    assert page.evaluate("() => document.querySelector('output-frame').offsetHeight") >= 300


def test_an_output_that_did_not_change_is_not_loaded_again(page, site):
    serve_frame(site, "/same", "text/html", "<script>window.marker = Math.random()</script><p>same</p>")
    page.goto(site.page("/page", f'<section id="block">{element("/same")}</section>'))
    frame = frame_of(page, "/same")
    marker = frame.evaluate("() => window.marker")
    page.evaluate(REPLACE, f'<section id="block">{element("/same")}</section>')
    assert frame.evaluate("() => window.marker") == marker
    assert len(site.asked("/same")) == 1


def test_the_page_changes_its_theme_and_frames_follow(page, site):
    serve_frame(site, "/frame", "text/html", "<p>x</p>")
    page.goto(site.page("/page", element("/frame")))
    frame_of(page, "/frame?theme=light")
    page.evaluate(
        "() => { document.documentElement.dataset.theme = 'dark'; document.dispatchEvent(new CustomEvent('theme')); }"
    )
    frame_of(page, "/frame?theme=dark")


FIGURE = {
    "data": [{"type": "scatter", "mode": "lines", "x": [1, 2, 3], "y": [2, 1, 3], "line": {"color": "#636efa"}}],
    "layout": {
        "title": {"text": "A line </script><script>window.pwned = 1</script>"},
        "template": {"layout": {"colorway": ["#636efa"], "paper_bgcolor": "white"}},
    },
}


@pytest.mark.parametrize(("theme", "colour"), [("light", "rgb(43, 80, 159)"), ("dark", "rgb(89, 121, 235)")])
def test_plotly_is_drawn_in_the_colours_of_the_page(page, site, theme, colour):
    serve_frame(site, "/frame", "application/vnd.plotly.v1+json", FIGURE, theme)
    page.goto(site.page("/page", element("/frame", height="400")))
    frame = frame_of(page, "/frame")
    frame.wait_for_selector(".js-line")
    assert frame.evaluate("() => getComputedStyle(document.querySelector('.js-line')).stroke") == colour
    assert frame.evaluate("() => window.pwned") is None
    assert frame.evaluate("() => document.documentElement.dataset.theme") == theme
    assert page.evaluate("() => document.querySelector('output-frame').offsetHeight") in range(400, 404)


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_plotly_is_as_wide_as_its_frame_from_the_first_and_when_the_window_changes(page, site, width):
    page.set_viewport_size({"width": width, "height": 800})
    serve_frame(site, "/frame", "application/vnd.plotly.v1+json", FIGURE)
    page.goto(site.page("/page", element("/frame", height="400")))
    frame = frame_of(page, "/frame")
    frame.wait_for_selector(".js-line")
    as_wide = "() => document.querySelector('.main-svg').getBoundingClientRect().width === innerWidth"
    assert frame.evaluate(as_wide)
    page.set_viewport_size({"width": width - 60, "height": 800})
    frame.wait_for_function(as_wide)


SPEC = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "config": {"view": {"continuousWidth": 300, "continuousHeight": 300}},
    "data": {"values": [{"a": 1, "b": 2}, {"a": 2, "b": 3}]},
    "mark": "point",
    "encoding": {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b", "type": "quantitative"}},
}


@pytest.mark.parametrize(("theme", "colour"), [("light", "#2b509f"), ("dark", "#5979eb")])
def test_vega_is_drawn_in_the_colours_of_the_page_and_as_wide(page, site, theme, colour):
    serve_frame(site, "/frame", "application/vnd.vegalite.v6+json", SPEC, theme)
    page.goto(site.page("/page", element("/frame")))
    frame = frame_of(page, "/frame")
    frame.wait_for_selector("svg .mark-symbol path")
    assert frame.evaluate("() => document.querySelector('svg .mark-symbol path').getAttribute('fill')") == colour
    width = frame.evaluate("() => document.querySelector('svg').getBoundingClientRect().width")
    assert width > 0.9 * page.evaluate("() => document.querySelector('output-frame').offsetWidth")


LINE = "() => { const one = document.querySelector('%s'); return one && getComputedStyle(one).%s === '%s'; }"


@pytest.mark.parametrize(
    ("media_type", "value", "mark", "how"),
    [
        ("application/vnd.plotly.v1+json", FIGURE, "div:not([hidden]) .js-line", "stroke"),
        ("application/vnd.vegalite.v6+json", SPEC, "div:not([hidden]) > svg .mark-symbol path", "fill"),
    ],
    ids=["plotly", "vega"],
)
def test_a_chart_that_is_dark_on_the_screen_is_light_on_paper(page, site, media_type, value, mark, how):
    serve_frame(site, "/frame", media_type, value, "dark")
    page.goto(site.page("/page", element("/frame", height="400")))
    frame = frame_of(page, "/frame")
    frame.wait_for_function(LINE % (mark, how, "rgb(89, 121, 235)"))
    page.emulate_media(media="print")
    frame.wait_for_function(LINE % (mark, how, "rgb(43, 80, 159)"))
    assert frame.evaluate("() => document.querySelectorAll('body > div:not([hidden])').length") == 1
    page.emulate_media(media="screen")
    frame.wait_for_function(LINE % (mark, how, "rgb(89, 121, 235)"))
    assert frame.evaluate("() => document.querySelectorAll('.paper').length") == 0


def test_altairs_own_html_is_drawn_without_the_web(page, site):
    html = (
        '<div id="altair-viz-1"></div><script>(function(spec, embedOpt){ load("https://cdn.jsdelivr.net/npm/vega@6"); '
        f"vegaEmbed(spec); }})({json.dumps(SPEC)}, {{}});</script>"
    )
    serve_frame(site, "/frame", "text/html", html)
    page.goto(site.page("/page", element("/frame")))
    frame_of(page, "/frame").wait_for_selector("svg .mark-symbol path")


def test_plotlys_own_html_uses_our_copy(page, site):
    html = (
        '<div id="chart"></div><script charset="utf-8" src="https://cdn.plot.ly/plotly-3.1.0.min.js" '
        'integrity="sha256-AAAA" crossorigin="anonymous"></script>'
        f'<script>Plotly.newPlot("chart", {json.dumps(FIGURE["data"])}, {{}})</script>'
    )
    serve_frame(site, "/frame", "text/html", html)
    page.goto(site.page("/page", element("/frame")))
    frame_of(page, "/frame").wait_for_selector(".js-line")


def test_a_chart_that_cannot_be_drawn_says_so(page, site):
    serve_frame(site, "/frame", "application/vnd.vegalite.v6+json", {**SPEC, "mark": "nonsense"})
    page.goto(site.page("/page", element("/frame")))
    frame = frame_of(page, "/frame")
    assert "could not be drawn" in frame.inner_text("#output")


def test_a_script_of_its_own_has_a_place_to_draw(page, site):
    serve_frame(site, "/frame", "application/javascript", "element.textContent = 'drawn </script>';")
    page.goto(site.page("/page", element("/frame")))
    assert frame_of(page, "/frame").inner_text("#output") == "drawn </script>"
