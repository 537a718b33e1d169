"""The list of projects, the workspace's gallery, the palette, the trash."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import get_resolver
from django.utils import timezone

from apps_runtime.models import Participant, Run, Schedule, SchedulePause, Session
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import sessions
from apps_runtime.services.upkeep import sweeping
from apps_runtime.session.state import KernelState, State
from projects.levels import Level
from projects.models import Membership, Project, Version, Workspace
from projects.notebook.settings import AppSettings
from projects.permissions import granted_levels, levels_of
from projects.services import drafts, projects, versions, workspaces
from tests.cast import give, make_project, published
from tests.markup import flat, tight


@pytest.fixture
def page(client, cast):
    """`page("bob", "?q=…")` is bob's home page."""

    def get(name, query=""):
        client.force_login(cast.people[name])
        answer = client.get(f"/{query}")
        assert answer.status_code == 200
        return flat(answer.content.decode())

    return get


def described(project, description):
    draft = project.drafts.get()
    drafts.change(
        draft=draft,
        by=project.created_by,
        edit=lambda notebook: notebook.set_settings(AppSettings(description=description)),
    )


def titles(html):
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', tight(html))


def shared(html):
    return re.findall(r"<strong>([^<]*)</strong><small>", tight(html))


def run_again(project, state, why=""):
    run = runs.start(version=project.publication.version, trigger=Run.Trigger.SCHEDULE, by=None)
    runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    run.refresh_from_db()
    runs.finish(run=run, state=state, why=why)
    return run


# ---- Who sees what


def test_strangers_sign_in_first(client, db):
    assert client.get("/?q=tides")["Location"] == "/sign-in/?next=/%3Fq%3Dtides"


@pytest.mark.parametrize(
    ("name", "in_list", "as_app"),
    [
        ("alice", True, False),
        ("bob", True, True),
        ("carol", True, True),
        ("dave", False, True),
        ("mallory", False, False),
    ],
)
def test_each_level_sees_the_project_its_own_way(cast, page, name, in_list, as_app):
    published(cast)
    html = page(name)
    assert titles(html) == (["Squares"] if in_list else [])
    assert shared(html) == (["Squares"] if as_app else [])


def test_an_unpublished_project_is_no_app(page):
    assert shared(page("dave")) == []


def test_what_is_in_the_trash_is_not_listed(cast, page):
    published(cast)
    projects.trash(project=cast.project, by=cast.alice)
    assert titles(page("alice")) == []
    assert shared(page("dave")) == []


def test_who_has_access_is_shown_to_those_who_may_know(page):
    assert "Dave" in page("bob")
    html = page("carol")
    assert "Alice" in html
    assert "Dave" not in html


def test_only_full_access_offers_rename_and_trash(page):
    assert "Move to trash" in page("alice")
    html = page("bob")
    assert "Move to trash" not in html
    assert "Rename" not in html
    assert "Duplicate" in html


def test_levels_of_many_projects_are_those_of_each(cast):
    other = make_project(cast.workspace, cast.bob, title="Cubes")
    other.workspace_level = Level.CAN_VIEW
    other.save()
    cast.project.workspace_level = Level.APP_ONLY
    cast.project.save()
    for person in cast.people.values():
        found = levels_of(person, [cast.project, other])
        for project in (cast.project, other):
            expected = max(granted_levels(person, project), key=lambda level: level.rank, default=None)
            assert found.get(project.pk) == expected


# ---- Search, filters, order


def test_search_takes_every_word_in_title_or_description(cast, page):
    described(cast.project, "Hourly tide heights")
    make_project(cast.workspace, cast.alice, title="Cubes")
    assert titles(page("alice", "?q=squa")) == ["Squares"]
    assert titles(page("alice", "?q=TIDE+squares")) == ["Squares"]
    assert titles(page("alice", "?q=tide+cubes")) == []
    assert "No project matches “tide cubes”" in page("alice", "?q=tide+cubes")


def test_a_search_with_signs_of_sql_and_html_is_only_text(page):
    html = page("alice", "?q=%25_%3Cb%3E%27")
    assert "No project matches “%_&lt;b&gt;&#x27;”" in html


def test_segments_count_and_narrow(cast, page):
    published(cast)
    run_again(cast.project, Run.State.FAILED)
    make_project(cast.workspace, cast.alice, title="Cubes")
    html = page("alice")
    assert re.findall(r">(\w+)<span class=\"quiet\">(\d+)</span>", tight(html)) == [
        ("All", "2"), ("Published", "1"), ("Scheduled", "0"), ("Failed", "1"),
    ]  # fmt: skip
    assert titles(page("alice", "?show=failed")) == ["Squares"]
    assert titles(page("alice", "?show=scheduled")) == []
    assert titles(page("alice", "?show=nonsense")) == titles(html)


def test_the_list_is_ordered_by_last_edit_and_can_be_by_title(cast, page):
    make_project(cast.workspace, cast.alice, title="Cubes")
    assert titles(page("alice")) == ["Cubes", "Squares"]
    assert titles(page("alice", "?sort=edited")) == ["Squares", "Cubes"]
    assert titles(page("alice", "?sort=title")) == ["Cubes", "Squares"]
    assert titles(page("alice", "?sort=-title")) == ["Squares", "Cubes"]
    assert 'aria-sort="descending"' in page("alice")


def test_a_long_list_has_pages(cast, page):
    for number in range(51):
        make_project(cast.workspace, cast.alice, title=f"Project {number:02}")
    assert len(titles(page("alice"))) == 50
    html = page("alice", "?page=2")
    assert "51 to 52 of 52" in html
    assert len(titles(html)) == 2
    assert len(titles(page("alice", "?page=99"))) == 2


def test_one_workspace_at_a_time(cast, page):
    notes = Workspace.objects.create(slug="field-notes", name="Field notes")
    Membership.objects.create(workspace=notes, user=cast.alice)
    make_project(notes, cast.alice, title="Herons")
    assert sorted(titles(page("alice"))) == ["Herons", "Squares"]
    assert titles(page("alice", "?workspace=field-notes")) == ["Herons"]
    assert sorted(titles(page("alice", "?workspace=unknown"))) == ["Herons", "Squares"]


# ---- How an app is doing


def status(html):
    [found] = re.findall(r'<td><span class="state"(?: data-state="(\w+)")?>([^<]*)(?:<|$)', tight(html))
    return found[0], found[1].strip()


def test_not_published(page):
    assert status(page("alice")) == ("", "Not published")


def test_published_then_changed_then_changed_back(cast, page):
    published(cast)
    assert status(page("alice")) == ("live", "Published")
    before = cast.draft.notebook.cell("other").source
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda notebook: notebook.replace_source("other", "pass"))
    assert status(page("alice")) == ("changed", "Unpublished changes")
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda notebook: notebook.replace_source("other", before))
    assert status(page("alice")) == ("live", "Published")


def test_a_new_title_is_an_unpublished_change(cast, page):
    published(cast)
    projects.rename(project=cast.project, title="Cubes", by=cast.alice)
    assert status(page("alice")) == ("changed", "Unpublished changes")


def test_a_failed_run_says_which_results_are_shown(cast, page):
    published(cast)
    run_again(cast.project, Run.State.FAILED)
    html = page("alice")
    assert status(html) == ("failed", "Last run failed")
    assert "Shows today’s results" in html


def test_a_later_good_run_takes_the_failure_back(cast, page):
    published(cast)
    run_again(cast.project, Run.State.FAILED)
    run_again(cast.project, Run.State.DONE)
    assert status(page("alice")) == ("live", "Published")


def test_a_run_that_goes_on_counts_its_cells(cast, page):
    published(cast)
    run = runs.start(version=cast.project.publication.version, trigger=Run.Trigger.SCHEDULE, by=None)
    assert status(page("alice")) == ("queued", "Queued")
    runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.record(run=run, cells={"count": {"state": "done", "outputs": []}})
    html = page("alice")
    assert status(html) == ("running", "Running")
    assert "1 of 3" in html
    assert "Scheduled run of version 1" in html


def test_an_open_list_looks_again_sooner_while_something_runs_and_notices_each_cell(cast, page):
    def list_of() -> tuple[str, str]:
        return re.search(
            r'<live-part id="project-rows" data-seconds="(\d+)" data-stamp="(\w+)">', page("alice")
        ).groups()

    published(cast)
    resting = list_of()
    assert resting == list_of()
    run = runs.start(version=cast.project.publication.version, trigger=Run.Trigger.SCHEDULE, by=None)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    seen = [resting, list_of()]
    for cell in ("count", "other", "squares"):
        runs.record(run=run, cells={cell: {"state": "done", "outputs": []}})
        seen.append(list_of())
    runs.finish(run=run, state=Run.State.DONE)
    seen.append(list_of())
    assert [seconds for seconds, _ in seen] == ["5", "2", "2", "2", "2", "5"]
    assert len({stamp for _, stamp in seen}) == 6


def test_a_schedule_that_paused_itself_says_why(cast, page):
    published(cast)
    schedule = Schedule.objects.create(
        project=cast.project,
        recurrence={"every": "day", "at": "06:00"},
        time_zone="UTC",
        created_by=cast.alice,
        looked_until=timezone.now(),
    )
    html = page("alice")
    assert "06:00" in html
    SchedulePause.objects.create(schedule=schedule, why="5 failures in a row")
    html = page("alice")
    assert status(html) == ("paused", "Schedule paused")
    assert "5 failures in a row" in html


def test_the_last_runs_are_ticks(cast, page):
    published(cast)
    for state in (Run.State.DONE, Run.State.FAILED, Run.State.CANCELLED):
        run_again(cast.project, state)
    html = page("alice")
    ticks = re.search(r'<ol class="strip history".*?</ol>', html, re.DOTALL)[0]
    assert re.findall(r'data-state="(\w+)"', ticks) == ["done", "failed", "skipped"]


def test_bob_at_work_is_seen(cast, page):
    session = sessions.of_draft(draft=cast.draft)
    Participant.objects.create(session=session, user=cast.bob, name="Bob", channel="a", seen_at=timezone.now())
    html = page("alice")
    assert "Bob is editing" in html
    assert 'aria-label="Bob, here now"' in html
    assert "Bob is editing" not in page("bob")


# ---- Speed


def test_the_list_takes_the_same_queries_however_long_it_is(cast, client, django_assert_num_queries):
    def full(title):
        project = make_project(cast.workspace, cast.alice, title=title)
        for person in (cast.bob, cast.carol, cast.dave):
            give(person, project, Level.CAN_EDIT)
        version = Version.objects.create(
            project=project, draft=project.drafts.get(), number=1, title=title, document=project.drafts.get().document,
            digest="d", reason=Version.Reason.PUBLISH, created_by=cast.alice,
        )  # fmt: skip
        versions.publish(version=version, by=cast.alice)
        project.refresh_from_db()
        for _ in range(3):
            run_again(project, Run.State.DONE)
        Schedule.objects.create(
            project=project, recurrence={"every": "hour"}, time_zone="UTC", created_by=cast.alice,
            looked_until=timezone.now(),
        )  # fmt: skip
        runs.start(version=version, trigger=Run.Trigger.MANUAL, by=cast.alice)

    for number in range(2):
        full(f"Project {number}")
    client.force_login(cast.bob)
    client.get("/")  # Pictures are made once in a process.
    with django_assert_num_queries(15):
        client.get("/")
    for number in range(2, 7):
        full(f"Project {number}")
    client.get("/")
    with django_assert_num_queries(15):
        client.get("/")


# ---- New here


def test_somebody_new_is_shown_how_to_begin(page):
    html = page("mallory")
    assert "No projects yet" in html
    assert "Import a notebook" in html


def test_alice_starts_a_project(client, cast):
    client.force_login(cast.alice)
    assert 'value="field-notes"' not in client.get("/new/").content.decode()
    answer = client.post("/new/", {"title": "Tide heights"})
    project = Project.objects.get(title="Tide heights")
    assert answer["Location"] == f"/harbour-lab/project/{project.pk}/"
    assert client.get("/new/", headers={"X-Fragment": "dialogue"}).content.decode().lstrip().startswith("<dialog")


def test_mallory_gets_a_workspace_of_her_own_with_her_first_project(client, cast):
    client.force_login(cast.mallory)
    answer = client.post("/new/", {"title": ""})
    assert answer["Location"].startswith("/mallory/project/")


def test_nobody_puts_a_project_into_a_strangers_workspace(client, cast):
    client.force_login(cast.mallory)
    assert client.post("/new/", {"title": "x", "workspace": "harbour-lab"}).status_code == 404
    assert not Project.objects.filter(title="x").exists()


# ---- Row by row


@pytest.mark.parametrize(
    ("action", "least"),
    [("rename", Level.FULL_ACCESS), ("duplicate", Level.CAN_VIEW), ("trash", Level.FULL_ACCESS)],
)
def test_actions_take_their_level(client, cast, action, least):
    for name, person in cast.people.items():
        level = {
            "alice": Level.FULL_ACCESS,
            "bob": Level.CAN_EDIT,
            "carol": Level.CAN_VIEW,
            "dave": Level.APP_ONLY,
        }.get(name)
        if level and level.includes(least):
            continue
        client.force_login(person)
        answer = client.post(f"/harbour-lab/project/{cast.project.pk}/{action}/", {"title": "x"})
        assert answer.status_code == (403 if level else 404), name
    cast.project.refresh_from_db()
    assert cast.project.title == "Squares"


def test_alice_renames(client, cast):
    client.force_login(cast.alice)
    address = f"/harbour-lab/project/{cast.project.pk}/rename/"
    assert 'value="Squares"' in client.get(address).content.decode()
    assert client.post(address, {"title": "Cubes"})["Location"] == "/"
    cast.project.refresh_from_db()
    assert cast.project.title == "Cubes"


def test_carol_duplicates_and_comes_to_her_copy(client, cast):
    client.force_login(cast.carol)
    answer = client.post(f"/harbour-lab/project/{cast.project.pk}/duplicate/")
    copy = Project.objects.get(title="Squares (copy)")
    assert answer["Location"] == copy.get_absolute_url()


def test_a_guests_copy_goes_to_a_workspace_of_their_own(client, cast):
    give(cast.mallory, cast.project, Level.CAN_VIEW)
    client.force_login(cast.mallory)
    client.post(f"/harbour-lab/project/{cast.project.pk}/duplicate/")
    assert Project.objects.get(title="Squares (copy)").workspace == workspaces.own(by=cast.mallory)


def test_the_trash_and_the_way_back(client, cast):
    client.force_login(cast.alice)
    address = f"/harbour-lab/project/{cast.project.pk}/"
    client.post(f"{address}trash/")
    html = client.get("/").content.decode()
    assert "Moved “Squares” to the trash" in html
    assert f'action="{address}restore/"' in html  # Undo
    assert client.get(address).status_code == 404
    assert "Squares" in client.get("/trash/").content.decode()
    client.post(f"{address}restore/")
    assert titles(client.get("/").content.decode()) == ["Squares"]


def test_nothing_goes_on_in_a_trashed_project(client, cast, django_capture_on_commit_callbacks):
    published(cast)
    run = runs.start(version=cast.project.publication.version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    session = sessions.of_draft(draft=cast.draft)
    with_kernel = replace(State.from_json(session.state), kernel=KernelState.READY)
    Session.objects.filter(pk=session.pk).update(state=with_kernel.to_json(), kernel={"host": "elsewhere", "id": "k"})
    client.force_login(cast.alice)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/harbour-lab/project/{cast.project.pk}/trash/")
    run.refresh_from_db()
    session.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert session.kernel is None


def test_the_trash_is_emptied_by_itself(cast):
    projects.trash(project=cast.project, by=cast.alice)
    sweeping.sweep(now=timezone.now() + timedelta(days=29))
    assert Project.objects.trashed().exists()
    sweeping.sweep(now=timezone.now() + timedelta(days=31))
    assert not Project.objects.exists()


def test_the_trash_is_for_those_who_may_restore(client, cast):
    projects.trash(project=cast.project, by=cast.alice)
    for name, code in [("bob", 403), ("carol", 403), ("dave", 403), ("mallory", 404)]:
        client.force_login(cast.people[name])
        assert "Squares" not in client.get("/trash/").content.decode()
        assert client.post(f"/harbour-lab/project/{cast.project.pk}/restore/").status_code == code
        assert client.post(f"/harbour-lab/project/{cast.project.pk}/delete/").status_code == code
    assert Project.objects.trashed().exists()


def test_deleting_for_good_is_asked_once_and_only_in_the_trash(client, cast):
    client.force_login(cast.alice)
    address = f"/harbour-lab/project/{cast.project.pk}/delete/"
    assert client.post(address).status_code == 404
    projects.trash(project=cast.project, by=cast.alice)
    assert "go for good" in client.get(address).content.decode()
    assert Project.objects.exists()
    assert client.post(address)["Location"] == "/trash/"
    assert not Project.objects.exists()


# ---- The workspace


def test_strangers_see_public_apps_only(client, cast):
    published(cast)
    hidden = make_project(cast.workspace, cast.alice, title="Hidden")
    Project.objects.filter(pk=cast.project.pk).update(visibility=Project.Visibility.PUBLIC)
    html = client.get("/harbour-lab/").content.decode()
    assert "One app is open to everyone." in html
    assert "Squares" in html
    assert hidden.title not in html


@pytest.mark.parametrize("visibility", [Project.Visibility.WORKSPACE, Project.Visibility.LINK])
def test_a_workspace_with_nothing_public_is_not_there_for_strangers(client, cast, visibility):
    published(cast)
    Project.objects.filter(pk=cast.project.pk).update(visibility=visibility)
    existing, missing = client.get("/harbour-lab/"), client.get("/nowhere/")
    assert existing["Location"] == "/sign-in/?next=/harbour-lab/"
    assert missing["Location"] == "/sign-in/?next=/nowhere/"
    client.force_login(cast.mallory)
    assert client.get("/harbour-lab/").status_code == client.get("/nowhere/").status_code == 404


def test_dave_sees_the_app_that_is_shared_with_him(client, cast):
    published(cast)
    client.force_login(cast.dave)
    html = client.get("/harbour-lab/").content.decode()
    assert "One app you can open." in html
    assert cast.project.app_url in html


def test_the_gallery_says_the_apps_title_and_description(client, cast):
    described(cast.project, "The first squares, one by one.")
    drafts.change(
        draft=cast.draft,
        by=cast.alice,
        edit=lambda notebook: notebook.set_settings(AppSettings(title="Squares & more", description="One by one.")),
    )
    published(cast)
    client.force_login(cast.dave)
    html = client.get("/harbour-lab/").content.decode()
    assert "Squares &amp; more" in html
    assert "One by one." in html
    assert "Results from" in html


def test_a_member_of_an_empty_workspace_is_told_so(client, cast):
    client.force_login(cast.carol)
    Project.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert "No app here is published yet" in client.get("/harbour-lab/").content.decode()


def test_a_hidden_picture_is_not_in_the_gallery(client, cast):
    import base64

    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 3000).decode()
    picture = [{"output_type": "display_data", "data": {"image/png": png}, "metadata": {}}]
    client.force_login(cast.dave)
    published(cast, outputs={"squares": picture})
    assert "<img" in client.get("/harbour-lab/").content.decode()
    drafts.change(
        draft=cast.draft,
        by=cast.alice,
        edit=lambda notebook: notebook.set_show("squares", type(notebook.cell("squares").show)(output=False)),
    )
    published(cast, outputs={"squares": picture})
    assert "<img" not in client.get("/harbour-lab/").content.decode()


def test_no_workspace_can_take_an_address_of_the_product():
    first_parts = set()
    for pattern in get_resolver().url_patterns:
        prefix = str(pattern.pattern)
        for each in [pattern] if prefix else pattern.url_patterns:
            first_parts.add(str(each.pattern).split("/")[0])
    words = {part for part in first_parts if part and "<" not in part and not part.endswith((".txt", ".xml"))}
    assert words <= workspaces.RESERVED, words - workspaces.RESERVED


# ---- The palette


def found(client, query="", scope=""):
    html = client.get("/palette", {"q": query, "scope": scope}).content.decode()
    assert html.startswith('<template data-fragment="palette-found">')
    return re.findall(r'data-address="([^"]*)"', html)


def test_the_palette_finds_what_the_reader_may_open(client, cast):
    published(cast)
    project, app = cast.project.get_absolute_url(), cast.project.app_url
    for name, expected in [("bob", [project, app]), ("carol", [project, app]), ("dave", [app]), ("mallory", [])]:
        client.force_login(cast.people[name])
        assert [address for address in found(client, "squares") if "#" not in address] == expected


def test_the_palette_finds_text_of_cells(client, cast):
    client.force_login(cast.carol)
    address = f"{cast.project.get_absolute_url()}#cell-other"
    assert found(client, "'untouched'", "cells") == [address]
    client.force_login(cast.dave)
    assert found(client, "'untouched'", "cells") == []


def test_the_palette_finds_other_letters(client, cast):
    drafts.change(
        draft=cast.draft, by=cast.bob, edit=lambda notebook: notebook.replace_source("other", 'name = "Ångström ≥ 3"')
    )
    client.force_login(cast.bob)
    assert found(client, '"Ångström ≥', "cells") == [f"{cast.project.get_absolute_url()}#cell-other"]


def test_the_palette_marks_what_was_found_and_nothing_else(client, cast):
    client.force_login(cast.alice)
    html = client.get("/palette", {"q": "squ<b>"}).content.decode()
    assert "<b>" not in html
    html = client.get("/palette", {"q": "squ"}).content.decode()
    assert "<mark>Squ</mark>ares" in html


def test_the_palette_opens_with_things_to_do(client, cast):
    client.force_login(cast.alice)
    html = client.get("/palette", headers={"X-Fragment": "dialogue"}).content.decode()
    assert "<dialog" in html
    assert "New project" in html


def test_the_palette_is_not_for_strangers(client, db):
    assert client.get("/palette").status_code == 302
