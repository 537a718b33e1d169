"""Links that carry what one sees, and sessions that several people share, in real browsers."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import every_kind

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SLOW = 60_000  # the first change starts a kernel
CHART = {
    "id": "chart",
    "cell_type": "code",
    "metadata": {},
    "outputs": [],
    "execution_count": None,
    "source": "import matplotlib.pyplot as plt\nplt.plot(range(days))\nplt.show()",
}


def publish(hexlite, folder, *, settings=None, chart=False) -> str:
    """Alice's app with every kind of input, shared with bob, carol and dave (App Only at least)."""
    file = every_kind.write(folder, settings=settings, more=[CHART] if chart else [])
    identity = hexlite.command("import_notebook", str(file), "--owner", "alice").split()[-1]
    hexlite.command("publish", identity)
    for name in ("bob", "carol", "dave"):
        hexlite.command("share", identity, "--user", name, "--level", "App Only")
    return f"/harbour-lab/hex/{identity}/latest"


@pytest.fixture(scope="module")
def app(hexlite, tmp_path_factory) -> str:
    return publish(hexlite, tmp_path_factory.mktemp("every-kind"), chart=True)


@pytest.fixture(scope="module")
def app_with_apply(hexlite, tmp_path_factory) -> str:
    return publish(hexlite, tmp_path_factory.mktemp("apply"), settings={"apply": "apply"})


class Cable:
    """The live connection of a page, which can be lost: offline emulation leaves open sockets alone."""

    def __init__(self, page: Page) -> None:
        self.is_in, self.open = True, []
        page.route_web_socket(re.compile("/ws/app/"), self._connect)

    def pull(self) -> None:
        self.is_in = False
        for page_side, server_side in self.open:
            server_side.close()
            page_side.close()
        self.open.clear()

    def plug_in(self) -> None:
        self.is_in = True

    def _connect(self, socket) -> None:
        if self.is_in:
            self.open.append((socket, socket.connect_to_server()))
        else:
            socket.close()


def saw(page: Page, name: str):
    return page.locator(f"#block-saw-{name}")


def copied(page: Page, name: str) -> str:
    """Copies a link from the menu; the address."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_role("button", name=name).click()
    expect(page.get_by_text(re.compile("^Copied"))).to_be_visible(timeout=SLOW)
    return page.evaluate("navigator.clipboard.readText()")


def test_the_current_inputs_link_shows_another_person_the_same_values_and_then_a_clean_address(visit, app):
    dave = visit("dave")
    dave.goto(f"{app}?__new=true")
    dave.get_by_label("Days").fill("45")
    expect(saw(dave, "days")).to_contain_text("days is 45", timeout=SLOW)
    dave.get_by_label("Price").fill("12.25")
    dave.get_by_label("Price").blur()
    dave.get_by_label("Name", exact=True).fill("Bo +1 “ü” & Co")
    dave.get_by_label("Name", exact=True).blur()
    dave.get_by_label("Story").fill("One\ntwo")
    dave.get_by_label("Story").blur()
    dave.get_by_label("Agree").check()
    dave.get_by_label("City", exact=True).select_option("Ghent")
    dave.get_by_role("button", name=re.compile("^Cities")).click()
    dave.locator("#input-cities-options").get_by_role("button", name="All").click()
    dave.keyboard.press("Escape")
    dave.get_by_label("Since").click()
    dave.locator("#input-since-choice").get_by_role("button", name="Relative").click()
    dave.locator("#input-since-choice").get_by_label("How many").fill("12")
    dave.keyboard.press("Enter")
    dave.get_by_label("At", exact=True).click()
    dave.locator("#input-at-choice").get_by_label("Date and time").fill("2024-03-01T08:30:00")
    dave.keyboard.press("Enter")
    dave.get_by_label("Fruit").select_option("plum")
    expect(saw(dave, "fruit")).to_contain_text("fruit is 'plum'")
    expect(saw(dave, "at")).to_contain_text("2024, 3, 1, 8, 30")
    expect(dave.locator("#status")).to_have_attribute("data-busy", "false")
    link = copied(dave, "Current inputs link")
    assert "_since=%2212%20days%20ago%22" in link and "_go" not in link and "_table" not in link
    expected = [saw(dave, name).inner_text() for name in NAMES]

    carol = visit("carol")
    carol.goto(f"{link}&utm_source=mail")
    expect(saw(carol, "days")).to_contain_text("days is 45", timeout=SLOW)
    expect(saw(carol, "fruit")).to_contain_text("fruit is 'plum'")
    expect(carol.locator("#status")).to_have_attribute("data-busy", "false")
    assert [saw(carol, name).inner_text() for name in NAMES] == expected
    assert carol.url.endswith("/latest?utm_source=mail")
    expect(carol.get_by_label("Since")).to_contain_text("12 days ago")
    expect(carol.get_by_role("button", name=re.compile("^Cities"))).to_contain_text("and 5 more")
    expect(carol.get_by_label("Fruit")).to_have_value('"plum"')
    assert copied(carol, "Current inputs link").partition("?")[2] == link.partition("?")[2]


NAMES = ("days", "price", "name", "story", "agree", "city", "cities", "since", "at", "when", "fruit")


def test_three_people_in_one_session_and_a_fourth_outside(visit, app, hexlite):
    alice = visit("alice")
    alice.goto(f"{app}?__new=true")
    alice.get_by_label("Days").fill("20")
    expect(saw(alice, "days")).to_contain_text("days is 20", timeout=SLOW)
    link = copied(alice, "Collaborative session link")
    alice.wait_for_url(link)
    expect(saw(alice, "days")).to_contain_text("days is 20")

    bob, carol = visit("bob"), visit("carol")
    cable = Cable(carol)
    for page in (bob, carol):
        page.goto(f"{link}?_days=3")  # Parameters on this link are ignored.
        expect(page.get_by_label("Days")).to_have_value("20")
        expect(saw(page, "days")).to_contain_text("days is 20")
    expect(alice.get_by_role("group", name="Here now: Alice, Bob, Carol")).to_be_visible()

    before = alice.locator("#block-chart img").get_attribute("src")
    bob.get_by_label("Days").fill("33")
    for page in (alice, bob, carol):
        expect(saw(page, "days")).to_contain_text("days is 33")
        expect(page.get_by_label("Days")).to_have_value("33")
        expect(page.get_by_text("Bob set “Days” to 33")).to_be_visible()
        expect(page.locator("#block-chart img")).not_to_have_attribute("src", before)
    charts = {page.locator("#block-chart img").get_attribute("src") for page in (alice, bob, carol)}
    assert len(charts) == 1
    expect(alice.locator("#field-days")).to_contain_text("Changed by Bob")

    cable.pull()
    expect(carol.get_by_text("Reconnecting…")).to_be_visible()
    bob.get_by_label("Days").fill("7")
    bob.get_by_label("Agree").check()
    expect(saw(alice, "agree")).to_contain_text("agree is True")
    cable.plug_in()
    expect(saw(carol, "days")).to_contain_text("days is 7", timeout=SLOW)
    expect(carol.get_by_text("Reconnecting…")).to_have_count(0)
    expect(carol.get_by_label("Days")).to_have_value("7")
    expect(carol.get_by_label("Agree")).to_be_checked()
    carol.get_by_label("Days").fill("8")
    expect(saw(bob, "days")).to_contain_text("days is 8")
    expect(bob.get_by_label("Days")).to_have_value("8")  # Whoever moved it last: the focus is still on it.

    mallory = visit("mallory")
    assert mallory.goto(link).status == 404
    project, token = re.search(r"/hex/([^/]+)/session/(.+)$", link).groups()
    mallory.goto("/")
    code = mallory.evaluate(
        """address => new Promise((resolve) => {
          const socket = new WebSocket(address);
          socket.onopen = () => resolve("let in");
          socket.onclose = (event) => resolve(event.code);
        })""",
        f"{hexlite.url.replace('http', 'ws')}/ws/app/{project}/?token={token}",
    )
    assert code != "let in"


def test_pending_changes_are_seen_until_they_are_applied(visit, app_with_apply):
    page = visit("dave")
    page.goto(f"{app_with_apply}?__new=true")
    page.get_by_label("Days").fill("45")
    page.get_by_label("Agree").check()
    run = page.get_by_role("button", name="Run with 2 changed inputs")
    expect(run).to_be_visible()
    expect(page.locator("#field-days")).to_have_attribute("data-pending", "")
    expect(saw(page, "days")).to_contain_text("days is 30")
    expect(page.locator("#status")).to_have_attribute("data-busy", "false")
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_label("Days")).to_have_value("30")
    expect(page.get_by_label("Agree")).not_to_be_checked()
    expect(page.locator("[data-pending]:not(#status)")).to_have_count(0)
    expect(page.get_by_role("button", name="Discard changes")).to_be_hidden()
    page.get_by_label("Days").fill("45")
    page.get_by_label("Agree").check()
    run.click()
    expect(saw(page, "days")).to_contain_text("days is 45", timeout=SLOW)
    expect(saw(page, "agree")).to_contain_text("agree is True")
    expect(page.locator("[data-pending]:not(#status)")).to_have_count(0)
    page.get_by_label("Days").fill("50")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(saw(page, "go")).to_contain_text("go is True")
    expect(saw(page, "days")).to_contain_text("days is 50")


def test_an_author_builds_a_link_and_sees_what_it_does(visit, app):
    alice = visit("alice")
    alice.goto(f"{app}?__new=true")
    alice.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alice.get_by_role("button", name="Link", exact=True).click()
    alice.get_by_role("button", name="Build a link").click()
    dialogue = alice.get_by_role("dialog", name="Build a link")
    dialogue.get_by_role("slider", name="Days").fill("12")
    expect(dialogue.get_by_label("Set Days")).to_be_checked()
    dialogue.get_by_label("City", exact=True).select_option("Dublin")
    dialogue.get_by_label("Run when it is opened").check()
    expect(dialogue.get_by_label("Address")).to_have_value(re.compile(r"\?_days=12&_city=%22Dublin%22&__run=true$"))
    expect(dialogue.get_by_text("Sets Days: 12; City: Dublin. Runs when it is opened.")).to_be_visible()
    dialogue.get_by_role("button", name="Copy link").click()
    link = alice.evaluate("navigator.clipboard.readText()")
    dave = visit("dave")
    dave.goto(link)
    expect(saw(dave, "days")).to_contain_text("days is 12", timeout=SLOW)
    expect(saw(dave, "city")).to_contain_text("city is 'Dublin'")


def test_a_link_too_long_for_an_address_is_short_and_sets_the_same(visit, app):
    dave = visit("dave")
    dave.goto(f"{app}?__new=true")
    dave.get_by_label("Story").fill("long " * 500)
    dave.get_by_label("Story").blur()
    expect(saw(dave, "story")).to_contain_text("long long", timeout=SLOW)
    link = copied(dave, "Current inputs link")
    assert "__link=" in link and len(link) < 250
    carol = visit("carol")
    carol.goto(link)
    expect(carol.get_by_label("Story")).to_have_value("long " * 500)
    expect(saw(carol, "story")).to_contain_text("long long", timeout=SLOW)
    assert carol.url.endswith("/latest")
