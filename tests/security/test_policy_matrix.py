"""Every address × everybody: done, or refused in the way that the specification says (specs/permissions)."""

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps_runtime.models import ApiToken
from projects.levels import Level
from projects.models import Draft, Project, User, Version
from projects.notebook.document import Notebook
from projects.permissions import Action, check, level_of, may, projects_of
from projects.services import drafts, projects, uploads, versions
from tests.security.addresses import parameters
from tests.security.policy import COLUMNS, MATRIX, ROUTES, Address, Column, Elsewhere, allows
from tests.security.world import Case, World, cases, make_world

pytestmark = pytest.mark.django_db

CASES = list(cases())
ADDRESSES = [
    (name, row)
    for name, rows in ROUTES.items()
    if not isinstance(rows, Elsewhere)
    for row in (rows if isinstance(rows, tuple) else [rows])
]

# What a column gives at all; None is "no access", which must look like "no such project".
LEVELS = {
    Column.LINK_HOLDER: Level.VISITOR,
    Column.ANYONE: Level.VISITOR,
    Column.APP_ONLY: Level.APP_ONLY,
    Column.VIEW: Level.CAN_VIEW,
    Column.EDIT: Level.CAN_EDIT,
    Column.FULL: Level.FULL_ACCESS,
    Column.SUPERUSER: Level.FULL_ACCESS,
}


@pytest.fixture
def world(db) -> World:
    return make_world()


def test_the_table_has_a_row_for_every_action_and_a_letter_for_every_column():
    assert set(MATRIX) == set(Action)
    assert {len(letters) for letters in MATRIX.values()} == {len(COLUMNS)}


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("viewers_run", [True, False], ids=["viewers run", "viewers look"])
def test_the_rule_is_the_table(world, case: Case, viewers_run: bool):
    """`check` and `may`, which pages, sockets, tasks and templates all ask."""
    if not viewers_run:
        let_viewers_look(world)
    account = case.prepare(world)
    project = Project.objects.select_related("publication__version").get(pk=world.project.pk)
    person = User.objects.get(pk=account.pk) if account else AnonymousUser()
    wrong = [
        action
        for action in Action
        if may(person, project, action) != allows(action, case.column, viewers_run=viewers_run)
    ]
    assert not wrong
    assert level_of(person, project) == LEVELS.get(case.column)
    for action in Action:
        if allows(action, case.column, viewers_run=viewers_run):
            assert check(person, project, action) == level_of(person, project)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_address_does_what_the_table_says(world, case: Case):
    account = case.prepare(world)
    world.project.refresh_from_db()
    assert not wrongly_answered(world, case, account, ADDRESSES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_where_viewers_only_look_nobody_below_can_edit_runs(world, case: Case):
    let_viewers_look(world)
    account = case.prepare(world)
    world.project.refresh_from_db()
    running = [(name, row) for name, row in ADDRESSES if "r" in MATRIX[row.action]]
    assert {row.action for _, row in running} == {Action.RUN_APP, Action.SHARE_SESSION}
    assert not wrongly_answered(world, case, account, running, viewers_run=False)


def wrongly_answered(world: World, case: Case, account: User | None, addresses, *, viewers_run: bool = True) -> dict:
    """What each address answers that it should not."""
    client = Client(raise_request_exception=False)
    if account:
        client.force_login(account)
    wrong = {}
    for name, row in addresses:
        status, location = ask(client, world, name, row, account)
        expected = expectation(row, case, account, viewers_run=viewers_run)
        got = "done" if status < 400 else status
        if status in {400, 409, 413, 422, 429}:
            got = "done"  # The person may; the request of the test was not the best.
        if status == 401 or location.startswith("/sign-in/"):
            got = "sign in"
        if got != expected:
            wrong[name, row.action] = f"expected {expected}, got {got} ({status})"
    return wrong


def test_a_child_of_another_project_is_not_there(world):
    """Alice owns both; under the address of one, the other's drafts, runs, sessions, outputs are 404 (T24)."""
    client = Client()
    client.force_login(world.cast.alice)
    walked = set()
    for name, row in ADDRESSES:
        for parameter in parameters(name) - {"workspace", "project_id", "cell_id", "name"}:
            arguments = arguments_of(world, name, world.cast.alice) | {parameter: world.others_children[parameter]}
            response = send(client, row, reverse(name, kwargs=arguments), world, world.cast.alice)
            assert response.status_code == 404, (name, parameter)
            walked.add(parameter)
    assert walked == {"number", "token", "digest", "draft_id", "schedule_id"}


def test_nothing_is_changed_without_the_token_of_the_page(world):
    """Cross-site requests carry the cookie, not the token (T7)."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.alice)
    for name, row in ADDRESSES:
        if row.method != "GET" and not row.token:
            address = reverse(name, kwargs=arguments_of(world, name, world.cast.alice))
            assert send(client, row, address, world, world.cast.alice).status_code == 403, name


def test_a_cookie_is_no_token(world):
    """Addresses for programs are exempt from the token of the page, so the cookie must not count there (T7)."""
    client = Client()
    client.force_login(world.cast.alice)
    for name, row in ADDRESSES:
        if row.token:
            address = reverse(name, kwargs=arguments_of(world, name, world.cast.alice))
            assert send(client, row, address, world, None).status_code == 401, name


def test_looking_with_a_link_that_runs_starts_nothing(world):
    client = Client()
    client.force_login(world.cast.alice)
    before = world.project.runs.count(), world.project.sessions.count()
    client.get(world.project.app_url + "?__run=true&_n=9")
    assert (world.project.runs.count(), world.project.sessions.count()) == before


@pytest.mark.parametrize("name", [name for name, row in ROUTES.items() if isinstance(row, Elsewhere) and row.account])
def test_lists_of_ones_own_take_an_account(client, world, name):
    address = reverse(name, kwargs=ROUTES[name].arguments)
    answers = [client.get(address), client.post(address)]
    assert {answer.status_code for answer in answers} <= {302, 405}
    assert any(answer.headers.get("Location", "").startswith("/sign-in/") for answer in answers)


def test_a_project_that_takes_the_number_of_a_deleted_one_inherits_nobody(world):
    """Grants go with their project (T25, M20)."""
    identity, workspace = world.project.pk, world.project.workspace
    projects.delete_for_good(project=world.project)
    again = Project.objects.create(pk=identity, workspace=workspace, title="Again", created_by=world.cast.alice)
    for name, person in world.cast.people.items():
        assert level_of(person, again) is None, name


def test_a_model_permission_is_no_level(world):
    """guardian returns everything for people with the permission on the model, unless told not to (M20)."""
    world.cast.mallory.user_permissions.add(*Permission.objects.filter(content_type__app_label="projects"))
    mallory = User.objects.get(pk=world.cast.mallory.pk)
    assert level_of(mallory, world.project) is None
    assert not projects_of(mallory).exists()


# ---- One request


def expectation(row: Address, case: Case, account: User | None, *, viewers_run: bool = True) -> str | int:
    is_stranger = account is None or not account.is_active
    if row.token and is_stranger:
        return "sign in"  # Programs always show a token, for public apps too.
    if allows(row.action, case.column, viewers_run=viewers_run):
        return "done"
    if is_stranger and not allows(row.action, case.column):
        return "sign in"
    return 404 if LEVELS.get(case.column) is None else 403


def ask(client: Client, world: World, name: str, row: Address, account: User | None) -> tuple[int, str]:
    """Ask, and take back whatever it did."""
    with transaction.atomic():
        if row.trashed:
            projects.trash(project=world.project, by=world.cast.alice)
        address = reverse(name, kwargs=arguments_of(world, name, account or world.cast.alice))
        response = send(client, row, address, world, account)
        if response.streaming:
            list(response.streaming_content)
        transaction.set_rollback(True)
    restore_files(world)
    return response.status_code, response.headers.get("Location", "")


def send(client: Client, row: Address, address: str, world: World, account: User | None):
    headers, address = {}, address + row.query
    if row.token and account:
        headers["Authorization"] = f"Bearer {ApiToken.make(person=account, name='test')[1]}"
        client = Client(raise_request_exception=False)  # Without a cookie: the token alone counts.
    words = world.words()
    data = {key: words.get(value, value) if isinstance(value, str) else value for key, value in row.data.items()}
    if row.method == "GET":
        return client.get(address, {} if row.token else data, headers=headers)
    if row.json:
        return client.post(address, json.dumps(data), content_type="application/json", headers=headers)
    return client.post(address, data, headers=headers)


def arguments_of(world: World, name: str, person: User) -> dict[str, Any]:
    values = {"workspace": world.project.workspace.slug, "project_id": world.project.pk, **world.children}
    wanted = parameters(name)
    if name == "upload":
        upload = uploads.begin(
            project=world.project, folder=PurePosixPath(), name="x.csv", size=3, replace=False, by=person
        )
        values["name"] = upload.name
    return {key: values[key] for key in wanted}


def restore_files(world: World) -> None:
    """The folder is not in the transaction."""
    (world.project.files_dir / "data.csv").parent.mkdir(parents=True, exist_ok=True)
    (world.project.files_dir / "data.csv").write_bytes(b"a,b\n1,2\n")
    for name in ("raw", "other.csv"):
        path = world.project.files_dir / name
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)


def let_viewers_look(world: World) -> None:
    """Publish the app with "viewers run" off."""
    draft = Draft.objects.get(pk=world.cast.draft.pk)
    drafts.change(draft=draft, by=world.cast.alice, edit=_look_only)
    draft.refresh_from_db()
    version = versions.save_version(draft=draft, reason=Version.Reason.PUBLISH, by=world.cast.alice)
    versions.publish(version=version, by=world.cast.alice, checked=False)


def _look_only(notebook: Notebook) -> Notebook:
    return notebook.set_settings(replace(notebook.settings, viewers_run=False))
