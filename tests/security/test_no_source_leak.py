"""What is hidden is not sent: canaries in everything below Can View, and every address crawled without it (T2).

A canary is a word that stands where only readers of the notebook may look: in code, in hidden cells and outputs, in the
draft, in an old version, in a traceback, in source files.
"""

import json

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import reverse

from apps_runtime.models import Run, Session
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import sessions
from projects.models import Project, User
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook, Show
from projects.services import drafts
from tests.cast import Cast, make_cast, published
from tests.files.folders import put
from tests.security.test_policy_matrix import ADDRESSES, arguments_of, send
from tests.security.windows import open_window
from tests.security.world import World, make_children

pytestmark = pytest.mark.django_db(transaction=True)

SHOWN, OUTPUT_ONLY, NOTHING = Show(True, True, True), Show(True, False, True), Show(False, False, False)

CANARIES = {
    "code": "canary-in-code", "comment": "canary-in-comment", "hidden cell": "canary-in-hidden-cell",
    "hidden output": "canary-in-hidden-output", "hidden text": "canary-in-hidden-text", "draft": "canary-in-draft",
    "old version": "canary-in-old-version", "traceback": "canary-in-traceback", "file": "canary-in-file",
    "dotfile": "canary-in-dotfile", "unshown output": "canary-in-unshown-output",
}  # fmt: skip
MARK = "canary-in-"
MAY_BE_SEEN = "seen-by-everybody"


@pytest.fixture
def world(transactional_db) -> World:
    cast = make_cast(_notebook(CANARIES["old version"]))
    published(cast, outputs={})
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: _notebook(CANARIES["code"]))
    shown = published(cast, outputs=_outputs())
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: _notebook(CANARIES["draft"]))
    _a_session_that_failed(cast)
    children = make_children(cast, shown)
    put(cast.project, "clean.py", CANARIES["file"].encode())
    put(cast.project, ".env", CANARIES["dotfile"].encode())
    return World(cast=cast, project=cast.project, other=cast.project, children=children, others_children=children)


def _notebook(word: str) -> Notebook:
    def cell(identity: str, kind: CellKind, source: str, show: Show) -> Cell:
        return Cell(identity, kind, source).with_show(show)

    return Notebook(
        (
            cell("head", CellKind.MARKDOWN, f"# Squares\n\n{MAY_BE_SEEN}", SHOWN),
            cell("quiet", CellKind.CODE, f"x = '{word}'  # {CANARIES['comment']}", OUTPUT_ONLY),
            cell("squares", CellKind.CODE, f"plot('{word}')", OUTPUT_ONLY),
            cell("hidden", CellKind.CODE, f"y = '{CANARIES['hidden cell']}'", NOTHING),
            cell("unshown", CellKind.CODE, "z = 1", Show(True, False, False)),
            cell("aside", CellKind.MARKDOWN, CANARIES["hidden text"], NOTHING),
            cell("fails", CellKind.CODE, "1 / 0", OUTPUT_ONLY),
        )
    )


def _printed(text: str) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _outputs() -> dict[str, list]:
    trouble = {
        "output_type": "error",
        "ename": "ZeroDivisionError",
        "evalue": CANARIES["traceback"],
        "traceback": [f"File x, {CANARIES['traceback']}"],
    }
    chart = {"output_type": "display_data", "data": {"text/html": "<script>1</script>"}, "metadata": {}}
    return {
        "quiet": [_printed(MAY_BE_SEEN)],
        "squares": [chart],
        "hidden": [_printed(CANARIES["hidden output"])],
        "unshown": [_printed(CANARIES["unshown output"])],
        "fails": [trouble],
    }


def _a_session_that_failed(cast: Cast) -> None:
    """dave's own session holds the same outputs, so that what sockets send is looked at as well."""
    publication = Project.objects.get(pk=cast.project.pk).publication
    session = sessions.open_app(version=publication.version, person=cast.dave, visitor="", values={})
    assert session.cells.exists()
    run = runs.start(version=publication.version, trigger=Run.Trigger.MANUAL, by=cast.alice)
    assert run.pk


def everything_sent(world: World, account: User | None) -> dict[str, str]:
    """Address → everything that comes back, headers too."""
    client = Client()
    if account:
        client.force_login(account)
    sent = {}
    for name, row in ADDRESSES:
        address = reverse(name, kwargs=arguments_of(world, name, account or world.cast.alice))
        response = send(client, row, address, world, account)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        sent[f"{name} {row.action}"] = body.decode("utf-8", "replace") + str(dict(response.headers))
    for extra in ("?_n=3", "?__run=true", "?embed=true"):
        sent[f"app {extra}"] = client.get(world.project.app_url + extra).content.decode()
    for address in ("/", "/sitemap.xml", world.project.workspace.get_absolute_url(), "/palette?q=canary"):
        sent[address] = client.get(address).content.decode()
    return sent


READERS = ["dave", "a stranger with the link", "a stranger at a public app", "mallory with the link"]


def prepared(world: World, reader: str) -> User | None:
    visibility = {"link": Project.Visibility.LINK, "app": Project.Visibility.PUBLIC}.get(reader.split()[-1])
    if visibility:
        world.project.visibility = visibility
        world.project.save()
    return getattr(world.cast, reader.split()[0], None)


@pytest.mark.parametrize("reader", READERS)
def test_no_address_sends_what_only_readers_of_the_notebook_may_see(world, reader):
    sent = everything_sent(world, prepared(world, reader))
    leaks = {address: _around(text) for address, text in sent.items() if MARK in text}
    assert not leaks
    assert MAY_BE_SEEN in sent["app open_app"], "the app was not looked at"


def test_carol_sees_that_the_canaries_are_alive(world):
    sent = "".join(everything_sent(world, world.cast.carol).values())
    seen = {where for where, canary in CANARIES.items() if canary in sent}
    assert {"draft", "hidden cell", "hidden text", "comment", "dotfile", "traceback"} <= seen


@pytest.mark.parametrize("reader", READERS)
async def test_no_socket_sends_it_either(world, reader):
    account = await sync_to_async(prepared)(world, reader)
    session = await sync_to_async(lambda: Session.objects.filter(owner=world.cast.dave, draft=None).first())()
    query = f"?session={session.pk}" if account == world.cast.dave else f"?token={world.children['token']}"
    window = await open_window(f"/ws/app/{world.project.pk}/{query}", account)
    assert window is not None
    await window.send(json.dumps({"type": "hello", "sequence": 0}))
    heard = ""
    while '"status"' not in heard:  # The fragment that comes last.
        heard += (await window.receive())["text"]
    await window.leave()
    assert MARK not in heard, _around(heard)
    for path in (f"/ws/draft/{world.children['draft_id']}/", f"/ws/run/{world.project.pk}/1/"):
        assert await open_window(path, account) is None


def _around(text: str) -> str:
    place = text.index(MARK)
    return text[max(0, place - 80) : place + 60]
