"""A word in each hidden place, and every door looked behind for it (specs/security T2; the issue "Safe", 3 and 4).

The app of this project hides all that can be hidden, and the cell that failed is hidden too. As dave (App Only), as
somebody with the link and as anyone at a public app, no door lets a canary out; as carol, who reads the notebook, they
are found where she may find them, so that the test can fail.
"""

import base64
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps_runtime.mails import schedule_mails
from apps_runtime.models import ApiToken, Blob, Run, SavedInputs, Session
from apps_runtime.readers import VIEWER, could_not
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.links import links
from apps_runtime.services.publishing import publishing
from apps_runtime.services.results import output_access as visibility
from apps_runtime.services.runs import runs
from apps_runtime.services.runs.facts import failure_of, input_words, told_to
from apps_runtime.services.schedules import schedules
from apps_runtime.services.sessions import input_values, sessions
from apps_runtime.session.operations import SetValues
from apps_runtime.session.state import Note, State
from projects.levels import Level
from projects.models import Project, User, Version
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook, Show
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import drafts, versions
from tests.cast import make_cast, published
from tests.security.test_no_source_leak import everything_sent
from tests.security.windows import open_window
from tests.security.world import World, make_children

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "kanarie"
SEEN = "seen-by-everybody"
ERROR_ID = "E-7F3A-91"
NAME, FILE, BUTTON = "kanarie_input", "kanarie_file", "kanarie_button"
OUTPUT_ONLY, CODE_ONLY, NOTHING = Show(True, False, True), Show(True, True, False), Show(False, False, False)
LONG = "\n".join(f"a warning that quotes kanarie-long-stderr {number}" for number in range(200))


def image(colour: tuple[int, int, int]) -> str:
    written = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()


def notebook(word: str) -> Notebook:
    """With `word` in its code: the published text, an old one and the draft have one each."""

    def cell(identity: str, kind: CellKind, source: str, show: Show, metadata: dict | None = None) -> Cell:
        return Cell(identity, kind, source, metadata=metadata or {}).with_show(show)

    def hidden(identity: str, spec: InputSpec) -> Cell:
        return replace(Cell.new_input(spec), id=identity).with_show(NOTHING)

    options = ("kanarie-option-1", "kanarie-default")
    choice = InputSpec(
        kind=InputKind.DROPDOWN,
        name=NAME,
        label="kanarie-label",
        default=options[1],
        options=options,
        help="kanarie-help",
    )
    n = InputSpec(kind=InputKind.SLIDER, name="n", label="Count", default=4, minimum=1, maximum=50, step=1)
    cells = (
        cell("head", CellKind.MARKDOWN, f"# Squares\n\n{SEEN}", OUTPUT_ONLY),
        replace(Cell.new_input(n), id="count"),
        hidden("choice", choice),
        hidden("table", InputSpec(kind=InputKind.FILE, name=FILE, label="kanarie-file-label", default=None)),
        hidden("press", InputSpec(kind=InputKind.BUTTON, name=BUTTON, label="kanarie-button-label", default=False)),
        cell("aside", CellKind.MARKDOWN, "kanarie-text\n\n![kanarie-alt](attachment:a.png)", NOTHING),
        cell("raw", CellKind.RAW, "kanarie-raw", OUTPUT_ONLY),
        cell("shown", CellKind.CODE, f"x = '{word}'  # kanarie-comment", OUTPUT_ONLY, {"tags": ["kanarie-tag"]}),
        cell("quiet", CellKind.CODE, "print(x)", Show(True, False, False)),
        cell("hidden", CellKind.CODE, f"raise RuntimeError({NAME})  # kanarie-hidden-code", NOTHING),
        cell("after", CellKind.CODE, "print(n)", OUTPUT_ONLY),
    )
    found = Notebook(cells, metadata={"author": "kanarie-metadata"})
    return found.set_settings(replace(found.settings, picture="hidden"))


def outputs() -> dict[str, list]:
    def stream(name: str, text: str) -> dict:
        return {"output_type": "stream", "name": name, "text": text}

    def display(data: dict, metadata: dict | None = None) -> dict:
        return {"output_type": "display_data", "data": data, "metadata": metadata or {}}

    error = {
        "output_type": "error",
        "ename": "RuntimeError",
        "evalue": "bad key kanarie-evalue",
        "traceback": ["File x", "----> raise kanarie-traceback", *[f"line {n} of kanarie-frames" for n in range(200)]],
    }
    return {
        "shown": [
            stream("stdout", f"{SEEN}\n"),
            stream("stderr", "kanarie-stderr\n"),
            stream("stderr", LONG),
            display({"text/html": f"<b>{SEEN}</b>"}, {"note": "kanarie-output-metadata"}),
        ],
        "quiet": [stream("stdout", "kanarie-quiet"), display({"text/html": "<script>'kanarie-quiet-frame'</script>"})],
        "hidden": [
            stream("stdout", "kanarie-stdout"),
            stream("stderr", "kanarie-hidden-stderr"),
            display({"image/png": image((255, 0, 0)), "text/plain": "kanarie-repr"}, {"image/png": {"alt": "kanarie"}}),
            display({"text/html": "<script>'kanarie-display'</script>"}),
            error,
        ],
    }


def play_badly(run: Run) -> Run:
    """The run ended at the hidden cell."""
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    made = outputs()
    for row in run.cells.exclude(cell_id="after"):
        runs.record(run=run, cells={row.cell_id: {"state": "done", "outputs": made.get(row.cell_id, [])}})
    failed = {"state": "failed", "error_id": ERROR_ID, "error_line": "RuntimeError: bad key kanarie-error-line"}
    runs.record(run=run, cells={"hidden": failed})
    runs.finish(run=run, state=Run.State.FAILED, why="RuntimeError: bad key kanarie-why")
    return run


@pytest.fixture
def world(transactional_db) -> World:
    cast = make_cast(notebook("kanarie-old-version"))
    published(cast, outputs={})
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: notebook("kanarie-code"))
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.alice)
    publishing.publish(version=version, by=cast.alice, checked=False)
    play_badly(runs.start(version=version, trigger=Run.Trigger.MANUAL, by=cast.alice))
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda _: notebook("kanarie-draft"))
    cast.project.refresh_from_db()
    cast = replace(cast, project=Project.objects.select_related("publication__version").get(pk=cast.project.pk))
    children = make_children(cast, SimpleNamespace(version=version))
    saved = {NAME: "kanarie-option-1"}
    SavedInputs.objects.create(project=cast.project, name="kanarie-saved", values=saved, by=cast.alice)
    return World(cast=cast, project=cast.project, other=cast.project, children=children, others_children=children)


READERS = ["dave", "a stranger with the link", "anyone at a public app"]


def prepared(world: World, reader: str) -> User | None:
    visibility = {"link": Project.Visibility.LINK, "app": Project.Visibility.PUBLIC}.get(reader.split()[-1])
    if visibility:
        world.project.visibility = visibility
        world.project.save()
    return getattr(world.cast, reader.split()[0], None)


def leaks(sent: dict[str, str]) -> dict[str, str]:
    """Door → the words around the first canary; also of one that markup cuts in pieces, as differences do."""
    both = {door: (text, in_words(text)) for door, text in sent.items()}
    return {
        door: text[max(0, text.index(MARK) - 80) :][:160]
        for door, texts in both.items()
        for text in texts
        if MARK in text
    }


def in_words(text: str) -> str:
    return re.sub(r"<[^>]*>", "", text)


def body_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace") + str(dict(response.headers))


def asked_in_vain(world: World, account: User | None) -> dict[str, str]:
    """What is answered to somebody who tries to set and to learn of what is hidden. The names are in what they ask, so
    that addresses and values are taken out of the answers."""
    client = Client()
    if account:
        client.force_login(account)
    app, query = world.project.app_url, f'?_{NAME}="no"&_{FILE}="a"&_{BUTTON}=true&_n=900'
    saved = links._saved(world.project, {NAME: "kanarie-option-1", "n": 7}, timezone.now())
    sent = {
        f"app {query}": body_of(client.get(app + query)),
        "short link": body_of(client.get(f"{app}?__link={saved}")),
    }
    for kind in ("inputs", "build", "published", "session"):
        for values in ({}, {"n": 900}):
            given = json.dumps({"values": values})
            answer = client.post(app.replace("latest", f"link?kind={kind}"), given, content_type="application/json")
            sent[f"link {kind} {values}"] = body_of(answer)
    return sent


def by_api(world: World, account: User) -> dict[str, str]:
    """A run of the program's own that fails in the hidden cell, and everything the API tells of it."""
    token = ApiToken.make(person=account, name="canaries")[1]
    client = Client(headers={"Authorization": f"Bearer {token}"})
    base = f"/api/v1/projects/{world.project.pk}"
    number = client.post(f"{base}/runs", "{}", content_type="application/json").json()["number"]
    play_badly(Run.objects.get(project=world.project, number=number))
    paths = ("/api/v1/projects", base, f"{base}/runs/{number}", f"{base}/runs/{number}/outputs")
    return {path: body_of(client.get(path)) for path in paths}


def every_blob(world: World, account: User | None) -> dict[str, str]:
    """Every digest there is, guessed."""
    client, sent = Client(), {}
    if account:
        client.force_login(account)
    for digest in Blob.objects.values_list("pk", flat=True):
        for name in ("output", "output-frame"):
            address = reverse(name, args=[world.project.workspace.slug, world.project.pk, digest])
            sent[address] = body_of(client.get(address))
    return sent


@pytest.mark.parametrize("reader", READERS)
def test_no_door_lets_a_canary_out(world, reader):
    account = prepared(world, reader)
    sent = everything_sent(world, account) | asked_in_vain(world, account) | every_blob(world, account)
    if account:
        sent |= by_api(world, account)
    assert leaks(sent) == {}
    assert SEEN in sent["app open_app"], "the app was not looked at"
    assert could_not(ERROR_ID) in sent["app open_app"], "the failure is told by its number"


def test_carol_finds_them_where_she_may(world):
    sent = everything_sent(world, world.cast.carol) | by_api(world, world.cast.carol)
    client = Client()
    client.force_login(world.cast.carol)
    changes = reverse("version-comparison", args=[world.project.workspace.slug, world.project.pk])
    sent["what changed"] = body_of(client.get(f"{changes}?from=1&to=2"))
    base = f"/api/v1/projects/{world.project.pk}"
    api = "".join(text for path, text in sent.items() if path.startswith(base))
    for canary in ("label", "default", "option-1", "stderr", "long-stderr", "quiet", "stdout", "evalue", "traceback"):
        assert f"kanarie-{canary}" in api, canary
    assert "kanarie-error-line" in api and "kanarie-why" in api and "kanarie-output-metadata" in api
    assert "kanarie-why" in sent["app open_app"], "and on the app's own page, as before"
    everywhere = "".join(text + in_words(text) for text in sent.values())
    for canary in ("draft", "old-version", "comment", "hidden-code", "text", "help", "metadata", "tag"):
        assert f"kanarie-{canary}" in everywhere, canary
    client.force_login(world.cast.bob)
    schedule = client.get(reverse("schedules", args=[world.project.workspace.slug, world.project.pk]))
    assert "kanarie-saved" in body_of(schedule), "bob may choose it"
    assert any("kanarie-display" in text for text in every_blob(world, world.cast.carol).values())
    assert any("kanarie-long-stderr" in text for text in every_blob(world, world.cast.carol).values())


def test_the_picture_of_an_app_is_none_of_a_hidden_cell(world):
    client = Client()
    client.force_login(world.cast.dave)
    png = client.get(reverse("app-picture", args=[world.project.workspace.slug, world.project.pk])).content
    colours = {colour for _, colour in Image.open(io.BytesIO(png)).getcolors(1 << 24)}
    assert (255, 0, 0) not in colours


def test_dave_is_sent_no_mail_about_a_run_though_a_schedule_names_him(world):
    cast, due = world.cast, datetime(2026, 11, 20, 6, 0, 10, tzinfo=UTC)
    schedules.create(
        project=world.project,
        recurrence=Recurrence(Every.DAY, at=time(6)),
        time_zone="UTC",
        by=cast.bob,
        values={NAME: "kanarie-option-1"},
        tell_on_failure=[cast.dave, cast.carol],
        now=due - timedelta(hours=1),
    )
    for run in schedules.tick(now=due):
        if run.values[NAME] == "kanarie-option-1":
            break
    run = play_badly(run)
    schedule_mails.tell(due_time_id=run.due_time.pk, now=due + timedelta(minutes=1))
    texts = {message.to[0]: message.body + str(message.alternatives) for message in mail.outbox}
    assert "kanarie-evalue" in texts["carol@example.org"], "those who may read it are told"
    assert "dave@example.org" not in texts
    book, failure = run.version.notebook, failure_of(run)
    told = str(told_to(VIEWER, book, failure)) + input_words(book, VIEWER.values(book, run.values))
    assert MARK not in told and ERROR_ID in told, "nor would one who were sent it read more"
    assert "kanarie-evalue" in str(failure)


# ---- Sockets


def shared_session(world: World) -> Session:
    """bob's, in which the hidden input was moved last, a hidden cell failed, and a link was bad."""
    session = sessions.open_app(version=world.project.publication.version, person=world.cast.bob, visitor="", values={})
    sessions.share(session=session)
    note = Note(f'A value in this link was not used: "{NAME}" must be "kanarie-option-1".', NAME)
    changed = {NAME: "kanarie-option-1"}
    sessions.submit(session.pk, SetValues(changed, by="Bob", account="bob", play=False, notes=(note,)))
    return Session.objects.get(pk=session.pk)


async def heard_by(world: World, account: User | None, session: Session, *messages: dict) -> str:
    """Everything from coming in to the status that follows the last change."""
    window = await open_window(f"/ws/app/{world.project.pk}/?token={session.token}", account)
    assert window is not None
    heard = ""

    async def until(word: str) -> str:
        text = ""
        while word not in text:
            text += (await window.receive())["text"]
        return text

    await window.send(json.dumps({"type": "hello", "sequence": 0}))
    heard += await until('"status"')
    for number, message in enumerate(messages):
        await window.send(json.dumps({**message, "message": f"m{number}"}))
        heard += await until(f'"heard", "message": "m{number}"')
    await sync_to_async(sessions.submit)(
        session.pk, SetValues({NAME: "kanarie-default", "n": 9}, by="Bob", account="bob", play=False)
    )
    heard += await until('"status"')
    await window.leave()
    return heard


@pytest.mark.parametrize("reader", READERS)
async def test_a_shared_session_tells_of_no_hidden_input(world, reader):
    account = await sync_to_async(prepared)(world, reader)
    session = await sync_to_async(shared_session)(world)
    heard = await heard_by(world, account, session)
    assert MARK not in heard, leaks({"socket": heard})
    assert ERROR_ID in heard, "that a hidden cell failed is told by its number"


async def test_carol_in_the_same_session_is_told(world):
    session = await sync_to_async(shared_session)(world)
    heard = await heard_by(world, world.cast.carol, session)
    assert "kanarie-label" in heard and "must be" in heard


async def test_dave_can_not_set_what_is_hidden(world):
    """Neither value, button nor file; what he is told is what he is told of names that nobody has."""
    session = await sync_to_async(shared_session)(world)
    before = State.from_json(session.state).values[NAME]
    heard = await heard_by(
        world,
        world.cast.dave,
        session,
        {"type": "set", "values": {NAME: "kanarie-default", "nobody": 1}, "play": False},
        {"type": "press", "name": BUTTON},
    )
    assert before == "kanarie-option-1"
    assert f'there is no input called \\"{NAME}\\".' in heard and 'there is no input called \\"nobody\\".' in heard
    state = State.from_json((await Session.objects.aget(pk=session.pk)).state)
    assert state.runs == 0 and not state.is_busy and state.pressed == ""


@pytest.mark.parametrize(("name", "is_set"), [("dave", False), ("carol", True)])
def test_who_reads_the_notebook_may_set_what_the_app_hides(world, name, is_set):
    """By an address, a program and an upload; a viewer is answered as if there were no such input."""
    person, values = world.cast.people[name], {NAME: "kanarie-option-1"}
    client = Client()
    client.force_login(person)
    page = client.get(f'{world.project.app_url}?_{NAME}="kanarie-option-1"').content.decode()
    assert ('id="given-values"' in page) is is_set
    token = ApiToken.make(person=person, name="set")[1]
    asked = {"inputs": values}
    answer = Client(headers={"Authorization": f"Bearer {token}"}).post(
        f"/api/v1/projects/{world.project.pk}/runs", json.dumps(asked), content_type="application/json"
    )
    run = Run.objects.get(project=world.project, number=answer.json()["number"])
    assert (run.values[NAME] == "kanarie-option-1") is is_set
    address = world.project.app_url.replace("latest", f"upload?input={FILE}&name=a.csv")
    assert client.post(address, b"a", content_type="text/plain").status_code == (201 if is_set else 400)
    session = sessions.open_app(version=world.project.publication.version, person=person, visitor="", values={})
    assert set(input_values.set_values(session_id=session.pk, given=values, by=name, play=False)) == {NAME}, (
        "by default"
    )


async def test_who_is_lowered_with_an_open_window_is_sent_less_from_then_on(world):
    """carol's window stays open when she becomes App Only; the door asks her level anew."""
    cast = world.cast
    session = await sync_to_async(shared_session)(world)
    window = await open_window(f"/ws/app/{world.project.pk}/?token={session.token}", cast.carol)
    await window.send(json.dumps({"type": "hello", "sequence": 0}))
    while '"status"' not in (await window.receive())["text"]:
        pass

    def lower() -> None:
        from sharing.services import grants

        grants.grant(project=cast.project, to=cast.carol, level=Level.APP_ONLY, by=cast.alice)

    await sync_to_async(lower)()
    await window.send(json.dumps({"type": "hello", "sequence": 0}))
    heard = ""
    while '"status"' not in heard or MARK in heard:
        heard = (await window.receive())["text"]
        if '"status"' in heard and MARK in heard:  # Rendered before the news was here: asked again.
            await window.send(json.dumps({"type": "hello", "sequence": 0}))
    await window.leave()
    assert "set “" not in heard


def test_a_viewer_is_shown_errors_where_the_author_says_so_but_none_of_a_hidden_cell(world):
    """“Show error details” is about what the app shows."""
    cast = world.cast
    drafts.change(
        draft=cast.draft,
        by=cast.alice,
        edit=lambda book: book.set_settings(replace(book.settings, show_errors=True)),
    )
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.alice)
    publishing.publish(version=version, by=cast.alice, checked=False)
    play_badly(runs.start(version=version, trigger=Run.Trigger.MANUAL, by=cast.alice))
    client = Client()
    client.force_login(cast.dave)
    page = client.get(world.project.app_url).content.decode()
    assert "kanarie-stderr" in page and "kanarie-why" not in page and could_not(ERROR_ID) in page
    project = Project.objects.select_related("publication__version").get(pk=world.project.pk)
    long = Blob.objects.get(media_type="application/vnd.hexlite.stderr")
    assert visibility.may_fetch(cast.dave, project, long.pk)
    assert VIEWER.names(version.notebook) == {"n"}
