"""Visitors without an account run apps within limits for each network address (specs/permissions, note 2)."""

import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from celery import current_app
from django.utils import timezone

from apps_runtime.models import Session
from apps_runtime.playing import run_playing, session_playing
from apps_runtime.services.limits import visitors
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import Ask
from apps_runtime.session.state import Phase, Request, State, Wanted
from projects.models import Project, User
from projects.permissions import NotEnough
from tests.cast import Cast, make_cast, published
from tests.security.windows import Window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db) -> Cast:
    cast = make_cast()
    cast.project.visibility = Project.Visibility.LINK
    cast.project.save()
    published(cast)
    return cast


def begun(cast: Cast, visitor: str = "one", owner: User | None = None) -> Session:
    version = cast.project.publication.version
    return sessions.open_app(version=version, person=owner, visitor=visitor, values={})


def with_kernel(session: Session) -> Session:
    Session.objects.filter(pk=session.pk).update(kernel={"kernel_id": "k"})
    session.refresh_from_db()
    return session


def test_so_many_of_one_address_and_those_who_run_go_on(cast, settings):
    settings.HEXLITE_STRANGER_SESSIONS = 2
    running = [begun(cast, visitor) for visitor in ("one", "two")]
    for session in running:
        visitors.admit(session=session, address="203.0.113.7")
        with_kernel(session)
    third = begun(cast, "three")
    with pytest.raises(NotEnough, match="Visitors at your network address run 2 apps already"):
        visitors.admit(session=third, address="203.0.113.7")
    visitors.admit(session=third, address="203.0.113.8")
    visitors.admit(session=running[0], address="203.0.113.7")
    Session.objects.filter(pk=running[1].pk).update(kernel=None)
    visitors.admit(session=begun(cast, "four"), address="203.0.113.7")


def test_sessions_of_people_with_an_account_do_not_count(cast, settings):
    settings.HEXLITE_STRANGER_SESSIONS = 0
    visitors.admit(session=begun(cast, owner=cast.dave), address="203.0.113.7")
    with pytest.raises(NotEnough):
        visitors.admit(session=begun(cast), address="203.0.113.7")


def test_an_address_is_kept_as_a_digest_and_of_ipv6_its_network(cast):
    session = begun(cast)
    visitors.admit(session=session, address="203.0.113.7")
    session.refresh_from_db()
    assert session.from_address and "203.0.113" not in session.from_address
    assert visitors.digest_of("2001:db8:1:2::7") == visitors.digest_of("2001:db8:1:2:ffff::1")
    assert visitors.digest_of("2001:db8:1:2::7") != visitors.digest_of("2001:db8:1:3::7")
    assert visitors.digest_of("::ffff:203.0.113.7") == visitors.digest_of("203.0.113.7")


async def test_a_stranger_too_many_is_told_and_stays(cast, settings):
    settings.HEXLITE_STRANGER_SESSIONS = 0
    window = Window(f"/ws/app/{cast.project.pk}/", [(b"origin", settings.ORIGIN.encode())])
    window.communicator.scope["client"] = ("203.0.113.7", 5000)
    assert await window.connect()
    await window.send(json.dumps({"type": "set", "values": {"n": 9}}))
    said = json.loads((await window.receive())["text"])
    assert said["type"] == "error" and "Try again in some minutes, or sign in." in said["sentence"]
    assert await sync_to_async(lambda: not any(_busy(session) for session in Session.objects.all()))()
    await window.leave()


async def test_a_stranger_begins_so_many_sessions_a_minute_and_those_begun_go_on(cast, settings):
    settings.HEXLITE_STARTS_ADDRESS = 1
    windows = [Window(f"/ws/app/{cast.project.pk}/", [(b"origin", settings.ORIGIN.encode())]) for _ in range(3)]
    for window, address in zip(windows, ("203.0.113.7", "203.0.113.7", "203.0.113.8"), strict=True):
        window.communicator.scope["client"] = (address, 5000)
        assert await window.connect()
    first, second, elsewhere = windows
    for value in (9, 8, 7):
        await first.send(json.dumps({"type": "set", "values": {"n": value}, "message": f"m{value}"}))
        assert await _answers(first, "heard")
    await second.send(json.dumps({"type": "set", "values": {"n": 9}}))
    sentence = (await _answers(second, "error"))["sentence"]
    assert sentence.startswith("Visitors at your network address may begin 1 session a minute. Sign in, or wait. Try")
    await elsewhere.send(json.dumps({"type": "set", "values": {"n": 9}}))
    assert await _answers(elsewhere, "session")
    assert await sync_to_async(Session.objects.count)() == 2
    for window in windows:
        await window.leave()


async def _answers(window: Window, kind: str) -> dict:
    while (said := json.loads((await window.receive())["text"]))["type"] != kind:
        assert said["type"] in {"session", "fragment", "heard"}
    return said


def _busy(session: Session) -> bool:
    return State.from_json(session.state).is_busy


def test_who_comes_too_late_waits_and_is_asked_for_again(cast, monkeypatch):
    session, sent = begun(cast, owner=cast.dave), []
    sessions.submit(session.pk, Ask(Request(Wanted.ALL)))

    def full(session):
        raise run_playing.kernels.KernelHostFull(limit="person", most=4, position=1, waiting=1)

    monkeypatch.setattr(session_playing, "new_kernel", full)
    monkeypatch.setattr(
        current_app, "send_task", lambda name, args, **more: sent.append((name, args, more["countdown"]))
    )
    session_playing.play_session(session_id=str(session.pk), worker="here")
    session.refresh_from_db()
    state = State.from_json(session.state)
    assert (state.phase, session.lease_until) == (Phase.QUEUED, None)
    assert state.why == (
        "You run 4 apps already; close one, or wait. You are number 1 of 1 in the queue, and yours starts by itself."
    )
    assert sent == [("apps_runtime.play_session", (str(session.pk),), 2)]


def test_nobody_waits_for_whom_has_left(cast, monkeypatch):
    session = begun(cast, owner=cast.dave)
    sessions.submit(session.pk, Ask(Request(Wanted.ALL)))
    Session.objects.filter(pk=session.pk).update(seen_at=timezone.now() - timedelta(minutes=5))

    def full(session):
        raise run_playing.kernels.KernelHostFull(limit="machine", most=8, position=3, waiting=3)

    monkeypatch.setattr(session_playing, "new_kernel", full)
    session_playing.play_session(session_id=str(session.pk), worker="here")
    session.refresh_from_db()
    assert State.from_json(session.state).phase is Phase.RESTING


@pytest.mark.parametrize("who", ["dave", None])
def test_the_kernel_host_is_told_what_its_limits_count_by(cast, monkeypatch, who):
    owner = cast.people[who] if who else None
    session = begun(cast, owner=owner)
    asked = {}

    class Enough(Exception):
        """The kernel was asked for."""

    def start(*arguments, **wish):
        asked.update(wish)
        raise Enough

    monkeypatch.setattr(run_playing.kernels, "start", start)
    with pytest.raises(Enough):
        session_playing.new_kernel(session)
    assert (asked["app"], asked["person"]) == (str(cast.project.pk), str(owner.pk) if owner else "")
    assert asked["ticket"] == str(session.pk)
