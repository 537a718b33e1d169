"""The pages of administrators: every model is there, its rows lead to each other, and no content of a project is."""

import re
from datetime import time

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from apps_runtime.models import (
    ApiToken,
    Diagnosis,
    DueTime,
    InstantStart,
    LinkFollower,
    LinkProblem,
    Participant,
    Run,
    SavedLink,
    Schedule,
    Session,
    VersionAnalysis,
)
from apps_runtime.pages import dashboard
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from apps_runtime.services.sessions import participants, sessions
from apps_runtime.session.operations import Ask
from apps_runtime.session.state import Phase, Request, State, Wanted
from projects.levels import Level
from projects.models import Erasure, Project, User, VersionName
from projects.services import access, projects
from sharing.models import Identity
from sharing.services import invitations
from tests.cast import Cast, make_cast, make_project, published
from tests.markup import tight

pytestmark = pytest.mark.django_db

OURS = [model for label in ("projects", "apps_runtime", "sharing") for model in apps.get_app_config(label).get_models()]
# A row of it lives for one transaction only.
MODELS = [model for model in OURS if model is not Erasure]
CANARY = "canary-in-the-project"


@pytest.fixture
def cast(db) -> Cast:
    """With a row of every model, and the canary in code, outputs, values and errors."""
    cast = make_cast()
    failed = {"output_type": "error", "ename": "E", "evalue": CANARY, "traceback": [CANARY * 100]}
    shown = published(
        cast,
        outputs={"squares": [{"output_type": "stream", "name": "stdout", "text": f"<script>{CANARY}" * 99}, failed]},
    )
    runs.record(run=shown.run, cells={"squares": {"error_line": CANARY}})
    session = sessions.open_app(version=shown.version, person=cast.dave, visitor="", values={"n": 43_217})
    participants.join(session_id=session.pk, person=cast.dave, channel="one")
    group = Group.objects.create(name="Desk")
    group.user_set.add(cast.carol)
    access.write_level(project=cast.project, principal=group, level=Level.CAN_VIEW)
    schedule = make_schedule(cast)
    schedules.pause(schedule=schedule, by=cast.bob)
    schedules.save_inputs(project=cast.project, name="Winter", values={"n": 43_217}, by=cast.bob)
    DueTime.objects.create(schedule=schedule, at=shown.run.created_at, outcome=DueTime.Outcome.STARTED, run=shown.run)
    invitations.invite(project=cast.project, email="guest@example.net", level=Level.APP_ONLY, by=cast.alice)
    Identity.objects.create(person=cast.carol, issuer="https://id.example.org", subject="squares")
    ApiToken.make(person=cast.bob, name="nightly")
    Diagnosis.objects.create(run=shown.run)
    VersionAnalysis.objects.create(version=shown.version, edition="e", content="c", graph={"nodes": CANARY})
    InstantStart.objects.create(project=shown.run.project, machine="local", key="1.1", ready=False, seconds=0.1)
    SavedLink.objects.create(project=cast.project, token="t", digest="d", values={"n": 43_217})
    LinkFollower.objects.create(project=cast.project, name="n", follower="d", last_at=shown.run.created_at)
    LinkProblem.objects.create(project=cast.project, sentence="No such input", last_at=shown.run.created_at)
    VersionName.objects.create(version=shown.version, name="The first", by=cast.alice)
    other = make_project(cast.workspace, cast.alice, title="Old")
    projects.trash(project=other, by=cast.alice)
    return cast


def make_schedule(cast: Cast, by: User | None = None) -> Schedule:
    rule = Recurrence(Every.DAY, at=time(6))
    return schedules.create(project=cast.project, recurrence=rule, time_zone="UTC", by=by or cast.bob)


@pytest.fixture
def root(cast: Cast, client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.org", first_name="Root"))
    return client


def staff(cast: Cast, *codenames: str) -> Client:
    """mallory, a member of the staff who may do only this."""
    cast.mallory.is_staff = True
    cast.mallory.save()
    cast.mallory.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(cast.mallory)
    return client


def changelist(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def act(client: Client, model, action: str, *rows, **more):
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}
    return client.post(changelist(model), data, follow=True)


# ---- Every model


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_its_rows_can_be_listed_searched_filtered_and_opened(root, model):
    page = admin.site._registry[model]
    assert len(page.list_display) > 1 and page.search_fields and page.list_filter
    assert model.objects.exists(), "the test's world has no such row"
    for query in ("", "?q=squares", "?o=1"):
        answer = root.get(changelist(model) + query)
        assert answer.status_code == 200
        # A link inside a link is torn apart by browsers: the row's own link would be empty.
        assert not re.search(r"<a [^>]*>\s*<a ", answer.content.decode()), "choose list_display_links"
    for field in page.list_filter:
        name = getattr(field, "parameter_name", None)
        for value in ("yes", "no"):
            assert not name or root.get(changelist(model), {name: value}).status_code == 200
    for row in model.objects.all()[:5]:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        assert root.get(address).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_list_asks_the_database_for_each_row(root, model, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        root.get(changelist(model))


def test_no_page_shows_what_is_in_a_project(root):
    for model in MODELS:
        pages = [changelist(model)]
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        pages += [reverse(name, args=[row.pk]) for row in model.objects.all()[:20]]
        for address in [*pages, reverse("admin:now")]:
            html = root.get(address).content.decode()
            assert CANARY not in html and "43217" not in html, address
            assert "range(n)" not in html and "<script>c" not in html, address


def test_every_link_of_every_list_leads_somewhere(root):
    seen = set()
    for model in MODELS:
        seen |= set(
            re.findall(r'href="(/admin/[^"#]+/\?[a-z_]+__exact=[^"]+)"', root.get(changelist(model)).content.decode())
        )
    assert len(seen) > 10
    for address in seen:
        answer = root.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200 and "e=1" not in answer.request["QUERY_STRING"], address


def test_secrets_of_kernels_and_links_are_nowhere(root, cast):
    session = Session.objects.get(owner=cast.dave)
    session.kernel = {"kernel_id": "k1", "connection": {"key": "the-key-of-the-kernel"}}
    session.token = "the-token-of-the-link"
    session.save()
    for address in (changelist(Session), reverse("admin:apps_runtime_session_change", args=[session.pk])):
        html = root.get(address).content.decode()
        assert "the-key" not in html and "the-token" not in html


# ---- Actions


def test_stopping_what_runs_in_a_project(root, cast):
    run = runs.start(version=cast.project.publication.version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    session = Session.objects.get(owner=cast.dave)
    sessions.submit(session.pk, Ask(Request(Wanted.ALL)))
    answer = act(root, Project, "stop", cast.project)
    assert "Runs and sessions that are stopped: 2." in answer.content.decode()
    run.refresh_from_db()
    session.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    state = State.from_json(session.state)
    assert (state.phase, state.why) == (Phase.RESTING, "An administrator stopped it.")


def test_stopping_a_session_ends_its_kernel(root, cast, monkeypatch, django_capture_on_commit_callbacks):
    from celery import current_app

    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **more: sent.append((name, args)))
    session = Session.objects.get(owner=cast.dave)
    kernel = {"kernel_id": "k1"}
    state = State.from_json(session.state)
    Session.objects.filter(pk=session.pk).update(kernel=kernel, state=state.to_json() | {"kernel": "ready"})
    with django_capture_on_commit_callbacks(execute=True):
        act(root, Session, "stop", session)
    session.refresh_from_db()
    assert session.kernel is None
    assert ("apps_runtime.kill_kernel", (kernel,)) in sent


def test_pausing_all_schedules_of_a_project_and_resuming_one(root, cast):
    schedule = make_schedule(cast)
    answer = act(root, Project, "pause_schedules", cast.project)
    assert "Schedules that are paused now: 1." in answer.content.decode()
    assert Schedule.objects.get(pk=schedule.pk).pause.why == "An administrator paused it."
    act(root, Schedule, "resume", schedule)
    assert not Schedule.objects.get(pk=schedule.pk).is_paused


def test_transferring_ownership_asks_to_whom_and_hands_over(root, cast):
    mine = make_schedule(cast, by=cast.alice)
    page = tight(act(root, Project, "transfer", cast.project).content.decode())
    assert "Transfer ownership" in page and "Squares</a>, of Alice" in page
    answer = act(root, Project, "transfer", cast.project, to=cast.mallory.pk, left="")
    assert "Projects that Mallory owns now: 1." in answer.content.decode()
    cast.project.refresh_from_db()
    assert cast.project.created_by == cast.mallory
    assert access.granted_level(cast.project, cast.mallory) is Level.FULL_ACCESS
    assert access.granted_level(cast.project, cast.alice) is None
    mine.refresh_from_db()
    assert mine.created_by == cast.mallory
    event = cast.project.audit_events.get(action="transferred the project")
    assert (event.by.username, event.detail) == ("root", {"before": "Alice", "after": "Mallory"})


def test_the_owner_before_may_keep_a_level(root, cast):
    act(root, Project, "transfer", cast.project, to=cast.bob.pk, left="can_edit")
    assert access.granted_level(cast.project, cast.alice) is Level.CAN_EDIT
    assert access.granted_level(cast.project, cast.bob) is Level.FULL_ACCESS


def test_nobody_owns_anything_with_a_closed_account(root, cast):
    cast.bob.is_active = False
    cast.bob.save()
    page = act(root, Project, "transfer", cast.project, to=cast.bob.pk, left="").content.decode()
    assert "Select a valid choice" in page
    cast.project.refresh_from_db()
    assert cast.project.created_by == cast.alice


def test_closing_accounts_leaves_ones_own(root, cast):
    me = User.objects.get(username="root")
    act(root, User, "close", cast.bob, me)
    cast.bob.refresh_from_db()
    me.refresh_from_db()
    assert (cast.bob.is_active, me.is_active) == (False, True)


def test_taking_back_an_invitation(root, cast):
    from sharing.models import Invitation

    act(root, Invitation, "take_back", Invitation.objects.get())
    assert not Invitation.objects.exists()
    assert cast.project.audit_events.filter(action="took back an invitation", by__username="root").exists()


# ---- Members of the staff


def test_staff_may_stop_and_pause_but_not_take_a_project(cast):
    client = staff(cast, "view_project", "change_project")
    act(client, Project, "stop", cast.project)
    act(client, Project, "transfer", cast.project, to=cast.mallory.pk, left="")
    cast.project.refresh_from_db()
    assert cast.project.created_by == cast.alice
    assert access.granted_level(cast.project, cast.mallory) is None
    assert client.get(cast.project.get_absolute_url()).status_code == 404


def test_staff_that_may_change_accounts_become_nobody_else(cast):
    client = staff(cast, "view_user", "change_user")
    root = User.objects.create_superuser("root", "root@example.org")
    address = reverse("admin:projects_user_change", args=[cast.mallory.pk])
    fields = {"username": "mallory", "time_zone": "UTC", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    inline = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert client.post(address, fields | inline).status_code == 302
    cast.mallory.refresh_from_db()
    assert not cast.mallory.is_superuser
    of_alice = client.get(reverse("admin:projects_user_change", args=[cast.alice.pk])).content.decode()
    assert "alice@example.org" in of_alice and cast.alice.password not in of_alice
    assert client.get(reverse("admin:auth_user_password_change", args=[cast.alice.pk])).status_code == 403
    assert client.post(reverse("admin:projects_user_change", args=[root.pk]), fields | inline).status_code == 403
    act(client, User, "close", root)
    root.refresh_from_db()
    assert root.is_active


def test_staff_see_the_models_that_were_given_to_them(cast):
    client = staff(cast, "view_run")
    assert client.get(changelist(Run)).status_code == 200
    assert client.get(changelist(Project)).status_code == 403
    assert client.get(reverse("admin:now")).status_code == 403
    assert staff(cast, "view_run", "view_session").get(reverse("admin:now")).status_code == 200


def test_who_is_no_staff_is_told_in_words(client, cast):
    client.force_login(cast.alice)
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.status_code == 403
    assert "This page is for administrators." in answer.content.decode()


# ---- What goes on now


def test_the_page_of_what_goes_on(root, cast, monkeypatch):
    session = Session.objects.get(owner=cast.dave)
    Session.objects.filter(pk=session.pk).update(kernel={"kernel_id": "k1"}, worker="local")
    run = runs.start(version=cast.project.publication.version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    run = runs.claim(run_id=str(run.pk), worker="local", now=run.created_at)
    runs.finish(run=run, state=Run.State.FAILED, why="KeyError")
    runs.start(version=cast.project.publication.version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    status = {"kernel_id": "k1", "project_id": "p", "label": "", "state": "ready", "age_seconds": 75.0}
    more = {"resident": 300 * 2**20, "processes": 2}
    nobodys = {**status, **more, "kernel_id": "k2", "resident": 2**20, "purpose": "jupyter"}
    told = {"kernels": [{**status, **more}, nobodys], "sandboxes": [{}], "waiting": 3, "most": 8, "layer": "bubblewrap"}
    told |= {"shares_network": True, "lacks_network": False, "shares_network_because": "slirp4netns is not installed"}
    told |= {"memory": {"kept": 3 * 2**30, "idle": 2**30, "most": 16 * 2**30, "evicted": 4}}
    monkeypatch.setattr(dashboard.kernels, "stats", lambda: told)
    monkeypatch.setattr(dashboard, "queue_lengths", lambda names: [dashboard.Queue(name, 2) for name in names])
    html = " ".join(root.get(reverse("admin:now")).content.decode().split())
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\xa0", " ")
    assert "Kernels 2 of 8 on this machine" in words
    assert "Memory of kernels 301.0 MB 1 sandbox, layer bubblewrap" in words
    assert "Memory kept 3.0 GB of 16.0 GB; 1.0 GB of it idle" in words
    assert "loopback and link-local addresses: slirp4netns is not installed. Install slirp4netns" in words
    assert "Waiting for a kernel 3" in words
    assert "Tasks in queues 4" in words
    assert "Runs 0 running, 1 waiting" in words
    assert "Failed runs 1 in 24 hours" in words
    assert "App, Version 1 Squares dave local ready 1 min 15 s 300.0 MB 2" in words
    assert "jupyter k2" in words
    assert f"{run} Squares By hand Failed" in words
    assert "Every day at 06:00 UTC Squares" in words
    assert "KeyError" not in words


def test_it_says_when_the_kernel_host_does_not_answer(root, settings, tmp_path):
    settings.RUN_DIR = tmp_path
    html = root.get(reverse("admin:now")).content.decode()
    assert "No kernel host answers" in html and "Memory and waiting kernels are not known." in html


def test_queues_are_counted_by_the_broker():
    from celery import current_app

    with current_app.connection_for_write() as connection:
        queue = connection.SimpleQueue("sessions.counted")
        queue.clear()
        for number in range(3):
            queue.put({"number": number}, serializer="json")
        lengths = {
            found.name: found.length for found in dashboard.queue_lengths(["sessions.counted", "sessions.never"])
        }
        queue.clear()
        queue.close()
    assert lengths == {"sessions.counted": 3, "sessions.never": 0}


def test_a_broker_that_is_gone_is_said(monkeypatch):
    from celery import current_app
    from kombu.exceptions import OperationalError

    def refuse(**options):
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "connection_for_read", refuse)
    assert dashboard.queue_lengths(["runs"]) == [dashboard.Queue("runs", None)]


def test_the_index_leads_there(root):
    html = root.get(reverse("admin:index")).content.decode()
    assert reverse("admin:now") in html and changelist(Run) in html and changelist(Schedule) in html
    assert Participant._meta.verbose_name_plural.capitalize() in html
