"""Sharing in a real browser: the dialogue, what refused people see, windows that close, an app in a frame."""

import http.server
import json
import re
import threading
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import DARK_PHONE

pytestmark = pytest.mark.browser

# The machine may be busy with other tests.


@pytest.fixture
def project(hexlite, tmp_path) -> str:
    """The address of a new project of alice's, published without waiting."""
    file = tmp_path / "squares.ipynb"
    cells = [
        {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# Squares"},
        {
            "cell_type": "code",
            "id": "hidden",
            "metadata": {"hexlite": {"show": {"cell": False, "code": False, "output": False}}},
            "source": "secret = 'canary-7d2e'",
            "outputs": [],
            "execution_count": None,
        },
    ]
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    printed = hexlite.command("import_notebook", str(file), "--owner", "alice")
    hexlite.command("publish", printed.strip().splitlines()[-1], "--now")
    return re.search(r"(/\S+/project/[0-9a-f-]+/)", printed).group(1)


def identity(project: str) -> str:
    return project.rstrip("/").rsplit("/", 1)[1]


def app_of(project: str) -> str:
    return project.replace("/project/", "/hex/") + "latest"


def give(hexlite, project: str, name: str, level: str) -> None:
    hexlite.command("share", identity(project), "--user", name, "--level", level)


def open_share(page: Page, project: str):
    page.goto(project)
    page.get_by_role("button", name="Share").click()
    return page.get_by_role("dialog", name=re.compile("^Share "))


def test_alice_finds_bob_as_she_types_and_gives_him_a_level(visit, project):
    page = visit("alice")
    dialogue = open_share(page, project)
    field = dialogue.get_by_label("People, groups or e-mail addresses")
    field.press_sequentially("bo")
    option = dialogue.get_by_role("option", name=re.compile("Bob"))
    expect(option).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value(re.compile("^Bob"))
    dialogue.get_by_label("Level", exact=True).select_option("Can View")
    dialogue.get_by_role("button", name="Invite").click()
    expect(dialogue.get_by_role("status")).to_contain_text(re.compile("Bob.* has Can View"))

    dialogue.get_by_role("button", name=re.compile("^Bob.*: Can View$")).click()
    dialogue.get_by_role("button", name=re.compile("^Can Edit")).click()
    expect(dialogue.get_by_role("button", name=re.compile("^Bob.*: Can Edit$"))).to_be_visible()

    dialogue.get_by_role("button", name=re.compile("^Why can Bob.* see this")).click()
    expect(dialogue.get_by_text(re.compile(r"Can Edit\s+given\s+to\s+Bob.*\s+by\s+Alice", re.DOTALL))).to_be_visible()
    page.keyboard.press("Escape")

    dialogue.get_by_role("button", name=re.compile("^Bob.*: Can Edit$")).click()
    dialogue.get_by_role("button", name="Remove").click()
    expect(dialogue.get_by_role("button", name=re.compile("^Bob.*: "))).to_have_count(0)
    page.get_by_role("button", name="Close").click()
    expect(dialogue).to_have_count(0)


def test_somebody_without_an_account_joins_by_a_link(visit, project):
    alice = visit("alice", permissions=["clipboard-read", "clipboard-write"])
    dialogue = open_share(alice, project)
    dialogue.get_by_label("People, groups or e-mail addresses").fill(f"guest-{identity(project)[:8]}@ferries.example")
    dialogue.get_by_label("Level", exact=True).select_option("App Only")
    dialogue.get_by_role("button", name="Invite").click()
    expect(dialogue.get_by_text("has not signed in yet")).to_be_visible()
    link = dialogue.get_by_role("button", name="Copy invitation link").get_attribute("data-copy")

    guest = visit(None)
    guest.goto(link)
    expect(guest.get_by_role("heading", name=re.compile("^Alice.* shares “Squares” with you"))).to_be_visible()
    guest.get_by_label("Your name").fill("Frank Ferry")
    guest.get_by_label("Name of the account").fill(f"frank-{identity(project)[:8]}")
    guest.get_by_label("Password").fill("a-long-enough-secret")
    guest.get_by_role("button", name="Make the account").click()
    expect(guest.get_by_role("heading", name="Squares")).to_be_visible()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="This invitation is over")).to_be_visible()


def test_widening_says_what_they_receive_before_anything_changes(visit, project):
    page = visit("alice")
    dialogue = open_share(page, project)
    dialogue.get_by_label("Anyone with the link").check()
    expect(dialogue.get_by_text("Whoever has the link receives")).to_be_visible()
    expect(dialogue.get_by_text("the 1 hidden block").filter(visible=True)).to_have_count(1)
    assert visit(None).goto(app_of(project)).url.count("/sign-in/") == 1

    dialogue.get_by_role("button", name="Open it to anyone with the link").click()
    expect(dialogue.get_by_role("status")).to_contain_text("Anyone with the link can open the app.")
    stranger = visit(None)
    answer = stranger.goto(app_of(project))
    assert answer.status == 200
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "canary-7d2e" not in stranger.content()


# What dave's level does not reach: the notebook and its draft, versions, runs, previews, and all that manages the app.
BEYOND_THE_APP = (
    "", "?view=app", "export.ipynb", "versions/", "versions/view/?before=1&after=draft", "runs/", "runs/1/",
    "runs/1/notebook.ipynb", "publish/1/", "publish/1/changes/", "schedules/", "graph/", "files/", "settings/",
    "share/", "audit/",
)  # fmt: skip


def test_alice_publishes_to_dave_who_gets_the_app_and_no_more(visit, hexlite, project):
    alice = visit("alice")
    dialogue = open_share(alice, project)
    dialogue.get_by_label("People, groups or e-mail addresses").fill("dave")
    dialogue.get_by_label("Level", exact=True).select_option("App Only")
    dialogue.get_by_role("button", name="Invite").click()
    expect(dialogue.get_by_role("status")).to_contain_text(re.compile("Dave.* has App Only"))

    dave, mallory = visit("dave"), visit("mallory")
    assert dave.goto(app_of(project)).status == 200
    expect(dave.get_by_role("heading", name="Squares")).to_be_visible()
    assert "canary-7d2e" not in dave.content()
    assert mallory.goto(app_of(project)).status == 404
    expect(mallory.get_by_role("heading", name="Nothing here")).to_be_visible()
    nothing = mallory.content()

    for page in BEYOND_THE_APP:
        assert dave.goto(project + page).status == 403, page
        expect(dave.get_by_text("Your level is App Only.")).to_be_visible()
        expect(dave.get_by_role("button", name=re.compile("^Ask for (Can View|Can Edit|Full Access)$"))).to_be_visible()
        expect(dave.get_by_role("link", name="Open the app")).to_be_visible()
        assert "canary-7d2e" not in dave.content()
        assert mallory.goto(project + page).status == 404, page
        assert mallory.content() == nothing, page

    dave.goto(project)
    expect(dave.get_by_text("Your level is App Only. Reading the notebook takes Can View.")).to_be_visible()
    dave.get_by_role("button", name="Ask for Can View").click()
    expect(dave.get_by_text(re.compile("Alice.*got a mail", re.DOTALL))).to_be_visible()
    dialogue = open_share(alice, project)
    dialogue.get_by_role("button", name=re.compile("^Give Dave.* Can View")).click()
    expect(dialogue.get_by_role("status")).to_contain_text(re.compile("Dave.* has Can View"))
    assert dave.goto(project).status == 200


# Opens a socket on the app, asks for everything in a session, and returns what came until that was answered.
HEAR = """([address]) => new Promise((done) => {
  const socket = new WebSocket(address.replace("http", "ws"));
  const heard = [];
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", sequence: -1, message: "one" }));
  socket.onclose = () => done("closed");
  socket.onmessage = ({ data }) => {
    if (JSON.parse(data).type === "heard") done(heard.join("\\n"));
    else heard.push(data);
  };
})"""


def test_neither_dave_nor_mallory_reaches_bobs_session(visit, hexlite, project):
    give(hexlite, project, "bob", "Can Edit")
    give(hexlite, project, "dave", "App Only")
    made = hexlite.command(
        "shell",
        "-v0",
        "-c",
        "from apps_runtime.services.sessions import sessions; from projects.models import Project, User;"
        f"version = Project.objects.get(pk='{identity(project)}').publication.version;"
        "session = sessions.open_app(version=version, person=User.objects.get(username='bob'), visitor='', values={});"
        "print(session.pk, sessions.share(session=sessions.open_app(version=version,"
        "person=User.objects.get(username='bob'), visitor='', values={})))",
    )
    own, token = made.split()[-2:]
    bob, dave, mallory = visit("bob"), visit("dave"), visit("mallory")
    for page in (bob, dave, mallory):
        page.goto("/")

    def hears(page: Page, query: str) -> str:
        return page.evaluate(HEAR, [f"{hexlite.url}/ws/app/{identity(project)}/?{query}"])

    assert own in hears(bob, f"session={own}")
    assert own not in hears(dave, f"session={own}")
    assert hears(mallory, f"session={own}") == hears(mallory, f"token={token}") == "closed"
    shared = app_of(project).replace("latest", f"session/{token}")
    assert dave.goto(shared).status == 200, "App Only joins what bob shares by its link"
    assert mallory.goto(shared).status == 404


def test_taking_access_away_closes_the_window_within_a_second(visit, hexlite, project):
    give(hexlite, project, "dave", "App Only")
    dave = visit("dave")
    with dave.expect_websocket() as opened:
        dave.goto(app_of(project))
    times: dict[str, float] = {}
    opened.value.on("close", lambda _: times.setdefault("closed", time.monotonic()))
    alice = visit("alice")
    dialogue = open_share(alice, project)
    dialogue.get_by_role("button", name=re.compile("^Dave.*: App Only$")).click()
    with opened.value.expect_event("close", timeout=5_000):
        with alice.expect_response(re.compile("/share/revoke/")):
            dialogue.get_by_role("button", name="Remove").click()
        times["revoked"] = time.monotonic()
    assert times["closed"] - times["revoked"] < 1
    expect(dave.get_by_text("You may not open this any more.")).to_be_visible()
    assert dave.reload().status == 404


def test_the_app_is_shown_in_the_sites_that_alice_names_and_no_other(visit, chromium, hexlite, project):
    allowed, other = (
        _site(f"{hexlite.url}{app_of(project)}?embed=true"),
        _site(f"{hexlite.url}{app_of(project)}?embed=true"),
    )
    alice = visit("alice")
    dialogue = open_share(alice, project)
    dialogue.get_by_label("Anyone with the link").check()
    dialogue.get_by_role("button", name="Open it to anyone with the link").click()
    expect(dialogue.get_by_role("status")).to_contain_text("Anyone with the link can open the app.")
    dialogue.get_by_text(re.compile(r"^\s*Embedding")).click()
    sites = dialogue.get_by_label("Sites that may show the app in a frame")
    expect(sites).to_have_value("")
    sites.fill(allowed)
    dialogue.get_by_role("button", name="Save sites").click()
    expect(dialogue.get_by_role("status")).to_contain_text("1 site may show the app in a frame.")

    page = visit(None)
    page.goto(allowed)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Squares")).to_be_visible()
    expect(frame.locator("header.bar")).to_have_count(0)
    page.goto(other)
    expect(page.frame_locator("iframe").get_by_role("heading", name="Squares")).to_have_count(0)


@pytest.mark.parametrize("options", [{}, DARK_PHONE], ids=["wide", "dark-phone"])
def test_it_can_be_used_by_everybody(visit, hexlite, project, options):
    from axe_playwright_python.sync_playwright import Axe

    def check(page: Page) -> None:
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = Axe().run(page, options=rules)
        assert not found.response["violations"], found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    give(hexlite, project, "bob", "Can Edit")
    give(hexlite, project, "dave", "App Only")
    alice = visit("alice", **options)
    dialogue = open_share(alice, project)
    expect(dialogue).to_be_visible()
    check(alice)
    dialogue.get_by_role("button", name=re.compile("^Why can Bob.* see this")).click()
    check(alice)
    dialogue.get_by_label("People, groups or e-mail addresses").fill(f"axe-{identity(project)[:8]}@ferries.example")
    dialogue.get_by_role("button", name="Invite").click()
    link = dialogue.get_by_role("button", name="Copy invitation link").get_attribute("data-copy")
    pages = {
        alice: (f"{project}share/", f"{project}audit/"),
        visit("dave", **options): (project, "/admin/"),
        visit("mallory", **options): (project,),
        visit(None, **options): ("/sign-in/", link, "/password/forgotten/"),
    }
    for page, addresses in pages.items():
        for address in addresses:
            page.goto(address)
            check(page)


def _site(framed: str) -> str:
    """A site of its own whose only page frames an address. Returns its origin."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                f'<!doctype html><title>Elsewhere</title><iframe src="{framed}" width=800 height=600></iframe>'.encode()
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
