"""stream.js and palette.js in a real browser, with a server that the test plays."""

import json
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from django.template.loader import render_to_string

from tests.running import ROOT

pytestmark = pytest.mark.browser

ORIGIN = "http://hexlite.test"
PAGE = """<!doctype html><html lang="en"><head><title>t</title><meta name="csrf-token" content="the-token">
<link rel="stylesheet" href="/static/vendor/hexlite.css"></head><body data-palette="/palette">{body}
<div id="notices-floating" class="notices-floating" popover="manual"></div>
<script type="module">import "/source/pages/page.js";
import * as stream from "/source/stream.js"; window.stream = stream;
</script></body></html>"""


@dataclass
class Site:
    """Answers by path; what was asked is remembered."""

    page: object
    answers: dict[str, Callable[[object], dict]] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)

    def open(self, body: str) -> None:
        self.answers["/"] = lambda request: {"body": PAGE.format(body=body), "content_type": "text/html"}
        self.page.goto(f"{ORIGIN}/")
        self.page.wait_for_function("window.stream")

    def answer(self, route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/vendor/"):
            file = ROOT / path[1:]
        elif path.startswith("/source/"):
            file = ROOT / "static" / "js" / path.removeprefix("/source/")
        else:
            self.asked.append(route.request)
            route.fulfill(**self.answers[path](route.request))
            return
        route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0] or "")


@pytest.fixture
def site(chromium) -> Iterator[Site]:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    site = Site(page)
    page.route("**/*", site.answer)
    yield site
    context.close()


def html(text: str, **options) -> Callable[[object], dict]:
    return lambda request: {"body": text, "content_type": "text/html", **options}


class TestFragments:
    def test_focus_caret_and_open_details_survive(self, site):
        site.open('<section id="s"><details open><summary>More</summary></details><input value="abc"><input></section>')
        field = site.page.locator("input").first
        field.focus()
        field.evaluate("one => one.setSelectionRange(1, 2)")

        site.page.evaluate(
            """stream.apply({id: "s", html: `<section id="s"><details><summary>More</summary>new</details>
               <input value="abc"><input></section>`})"""
        )

        assert site.page.locator("details").get_attribute("open") is not None
        assert field.evaluate("one => [one === document.activeElement, one.selectionStart, one.selectionEnd]") == [
            True,
            1,
            2,
        ]

    def test_an_older_fragment_never_replaces_a_newer_one(self, site):
        site.open('<p id="p">0</p>')
        apply = """sequence => stream.apply({id: "p", html: `<p id="p">${sequence}</p>`, sequence})?.textContent"""
        assert site.page.evaluate(apply, 3) == "3"
        assert site.page.evaluate(apply, 2) is None
        assert site.page.locator("#p").text_content() == "3"
        assert site.page.evaluate(apply, 3) == "3"

    def test_whoever_listens_hears_of_the_new_element(self, site):
        site.open('<p id="p">old</p>')
        heard = site.page.evaluate(
            """new Promise((heard) => {
              document.addEventListener("fragment", (event) => heard([event.target.textContent, event.detail.id]));
              stream.apply({id: "p", html: "<p id=p>new</p>"});
            })"""
        )
        assert heard == ["new", "p"]

    def test_scripts_in_fragments_do_not_run(self, site):
        site.open('<p id="p">old</p>')
        site.page.evaluate("""stream.apply({id: "p", html: "<p id=p>new<script>window.ran = 1</script></p>"})""")
        assert site.page.evaluate("window.ran") is None


class TestFormsAndLinks:
    def test_a_form_is_sent_with_the_button_and_the_token(self, site):
        site.open(
            """<form data-stream method="post" action="/save"><input name="action" value="x">
               <button name="which" value="one">One</button></form><p id="said"></p>"""
        )
        site.answers["/save"] = html(
            '<template data-fragment="said"><p id="said">Saved</p></template>'
            '<template data-fragment="gone"><p>elsewhere</p></template>'
        )

        site.page.get_by_role("button", name="One").click()

        site.page.get_by_text("Saved").wait_for()
        request = site.asked[-1]
        assert request.method == "POST"
        assert request.headers["x-csrftoken"] == "the-token"
        assert 'name="which"\r\n\r\none' in request.post_data

    def test_a_search_form_puts_its_fields_into_the_address(self, site):
        site.open('<form data-stream action="/find"><input name="q" value="a b"></form><p id="found"></p>')
        site.answers["/find"] = html('<template data-fragment="found"><p id="found">Two</p></template>')

        site.page.locator("input").press("Enter")

        site.page.get_by_text("Two").wait_for()
        assert parse_qs(urlsplit(site.asked[-1].url).query) == {"q": ["a b"]}

    def test_a_link_changes_a_part_of_the_page(self, site):
        site.open('<a data-stream href="/more">More</a><p id="list">1</p>')
        site.answers["/more"] = html('<template data-fragment="list"><p id="list">1 2</p></template>')
        site.page.get_by_role("link", name="More").click()
        site.page.get_by_text("1 2").wait_for()
        assert site.page.url == f"{ORIGIN}/"

    def test_a_refusal_is_said_in_its_own_words(self, site):
        site.open('<form data-stream method="post" action="/save"><button>Save</button></form>')
        site.answers["/save"] = html('<section class="said"><p>Your level is Can View.</p></section>', status=403)
        site.page.get_by_role("button", name="Save").click()
        assert site.page.get_by_role("alert").text_content().startswith("Your level is Can View.")

    def test_no_connection_is_said(self, site):
        site.open('<form data-stream method="post" action="/save"><button>Save</button></form>')
        site.page.route("**/save", lambda route: route.abort())
        site.page.get_by_role("button", name="Save").click()
        assert "No connection." in site.page.get_by_role("alert").text_content()


class TestSocket:
    def test_what_a_dead_connection_swallowed_is_sent_again_until_it_is_heard(self, site):
        heard: list[list[dict]] = []

        def connected(socket) -> None:
            arrived: list[dict] = []
            heard.append(arrived)

            def receive(text: str) -> None:
                arrived.append(json.loads(text))
                if len(heard) == 2 and "message" in arrived[-1]:
                    socket.send(json.dumps({"type": "heard", "message": arrived[-1]["message"]}))
                if len(heard) < 3:
                    socket.close()

            socket.on_message(receive)

        site.page.route_web_socket("**/ws/*", connected)
        site.open("<p></p>")
        site.page.evaluate(
            """async () => {
              const { LiveSocket } = await import("/source/socket.js");
              window.socket = new LiveSocket(() => "/ws/one");
              await new Promise((open) => socket.addEventListener("open", open, { once: true }));
              let opened = 0;
              socket.addEventListener("open", () => ++opened === 2 && socket.send({ type: "last" }));
              socket.send({ type: "set", message: "m1" });
            }"""
        )
        wait_until(lambda: len(heard) == 3 and heard[2], site.page)
        assert heard == [[{"type": "set", "message": "m1"}], [{"type": "set", "message": "m1"}], [{"type": "last"}]]


def wait_until(condition: Callable[[], object], page) -> None:
    """The test plays the server, on the browser's own loop."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("Not within 10 s")


class TestPalette:
    SCOPES = ({"value": "", "label": "All"}, {"value": "apps", "label": "Apps"})

    @pytest.fixture
    def palette(self, site):
        def found(request) -> dict:
            query = parse_qs(urlsplit(request.url).query)
            text = query.get("q", [""])[0]
            names = [name for name in ("Penguins", "Pensions", "Weather") if text.lower() in name.lower()]
            options = [
                {"icon": "chart", "address": f"/{name.lower()}", "parts": [{"text": name, "found": False}]}
                for name in names
            ]
            groups = [{"title": "Apps", "options": options}] if options else []
            context = {"groups": groups, "query": text, "scopes": self.SCOPES}
            if "q" not in query:
                return {"body": render_to_string("palette/palette.html", context), "content_type": "text/html"}
            fragment = render_to_string("palette/found.html", context)
            body = f'<template data-fragment="palette-found">{fragment}</template>'
            return {"body": body, "content_type": "text/html"}

        site.answers["/palette"] = found
        for name in ("penguins", "pensions", "weather"):
            site.answers[f"/{name}"] = html(f"<h1>{name}</h1>")
        site.open("<main><button>Before</button></main>")
        site.page.get_by_role("button", name="Before").focus()
        site.page.keyboard.press("Control+k")
        site.page.get_by_role("combobox").wait_for()
        return site

    def test_found_by_typing_and_chosen_by_arrows(self, palette):
        page = palette.page
        page.get_by_role("combobox").fill("pen")
        page.get_by_role("option", name="Weather").wait_for(state="detached")
        assert page.get_by_role("option", selected=True).inner_text() == "Penguins"
        page.keyboard.press("ArrowDown")
        assert page.get_by_role("option", selected=True).inner_text() == "Pensions"
        assert page.get_by_role("combobox").get_attribute("aria-activedescendant") == "found-1-2"
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="pensions").wait_for()

    def test_nothing_found_is_said(self, palette):
        palette.page.get_by_role("combobox").fill("pengiun")
        palette.page.get_by_role("heading", name="Nothing is called “pengiun”").wait_for()

    def test_a_scope_asks_again(self, palette):
        with palette.page.expect_request(lambda request: "scope=apps" in request.url):
            palette.page.get_by_role("button", name="Apps").click()
        assert palette.page.get_by_role("button", name="Apps").get_attribute("aria-pressed") == "true"

    def test_escape_goes_back_to_where_one_was(self, palette):
        palette.page.keyboard.press("Escape")
        palette.page.get_by_role("combobox").wait_for(state="detached")
        assert palette.page.evaluate("document.activeElement.textContent") == "Before"
