"""Projects through their service: creating, renaming, duplicating, the trash."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from projects.levels import Level
from projects.models import Project, Publication
from projects.permissions import Action, NotYours, level_of, load, load_trashed, projects_of
from projects.services import projects, workspaces
from tests.cast import published


def test_whoever_creates_a_project_owns_it(cast):
    project = projects.create(workspace=cast.workspace, by=cast.dave, title="  Tide \n heights ")
    assert project.title == "Tide heights"
    assert level_of(cast.dave, project) is Level.FULL_ACCESS
    assert level_of(cast.alice, project) is None
    assert [draft.title for draft in project.drafts.all()] == ["Tide heights"]


def test_a_project_without_a_title_is_untitled(cast):
    assert projects.create(workspace=cast.workspace, by=cast.dave, title=" ").title == "Untitled project"


def test_renaming_is_noted(cast):
    projects.rename(project=cast.project, title="Cubes", by=cast.alice)
    cast.project.refresh_from_db()
    assert cast.project.title == "Cubes"
    assert cast.project.audit_events.get().detail == {"before": "Squares", "after": "Cubes"}


def test_carols_copy_is_hers_alone(cast):
    published(cast)
    copy = projects.duplicate(project=cast.project, by=cast.carol)
    assert copy.title == "Squares (copy)"
    assert level_of(cast.carol, copy) is Level.FULL_ACCESS
    assert level_of(cast.alice, copy) is None
    assert not hasattr(copy, "publication")
    assert not copy.versions.exists()


def test_the_cells_of_a_copy_remember_where_they_came_from(cast):
    copy = projects.duplicate(project=cast.project, by=cast.carol)
    before, after = cast.draft.notebook, copy.drafts.get().notebook
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    assert [cell.lineage for cell in after.cells] == [cell.lineage for cell in before.cells]
    assert not {cell.id for cell in after.cells} & {cell.id for cell in before.cells}


def test_a_copy_brings_plain_files_and_nothing_that_leads_elsewhere(cast, tmp_path):
    (tmp_path / "secret").write_text("of the host")
    folder = cast.project.files_dir
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "tides.csv").write_text("height\n3.1\n")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    copy = projects.duplicate(project=cast.project, by=cast.carol)
    assert (copy.files_dir / "data" / "tides.csv").read_text() == "height\n3.1\n"
    assert sorted(path.name for path in copy.files_dir.iterdir()) == ["data"]


def test_a_copy_that_does_not_fit_leaves_nothing_behind(cast, monkeypatch):
    from projects.services import file_staging

    def full(more):
        raise file_staging.NoRoom("The disk of this installation is nearly full. Tell its administrator.")

    cast.project.files_dir.mkdir(parents=True)
    (cast.project.files_dir / "tides.csv").write_text("3.1")
    monkeypatch.setattr(file_staging, "check_disk", full)
    with pytest.raises(file_staging.NoRoom):
        projects.duplicate(project=cast.project, by=cast.carol)
    assert Project.objects.count() == 1
    assert [path.name for path in cast.project.files_dir.parent.iterdir()] == [str(cast.project.pk)]


def test_a_trashed_project_is_nowhere_to_be_found(cast):
    published(cast)
    projects.trash(project=cast.project, by=cast.alice)
    for person in cast.people.values():
        assert not projects_of(person).exists()
        with pytest.raises(NotYours):
            load(person, "harbour-lab", cast.project.pk, Action.OPEN_APP)


def test_alice_restores_it_with_its_app(cast):
    published(cast)
    projects.trash(project=cast.project, by=cast.alice)
    found = load_trashed(cast.alice, "harbour-lab", cast.project.pk, Action.DELETE_PROJECT)
    projects.restore(project=found, by=cast.alice)
    assert load(cast.dave, "harbour-lab", cast.project.pk, Action.OPEN_APP).publication


def test_the_trash_and_the_way_back_are_told_once(cast, django_capture_on_commit_callbacks):
    heard = []

    def listen(sender, project, by, **more):
        heard.append((project, by))

    projects.trashed.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        projects.trash(project=cast.project, by=cast.alice)
        projects.trash(project=cast.project, by=cast.alice)
    projects.trashed.disconnect(listen)
    assert heard == [(cast.project, cast.alice)]


def test_after_thirty_days_it_is_gone_with_versions_runs_and_files(cast, django_capture_on_commit_callbacks):
    published(cast)
    cast.project.files_dir.mkdir(parents=True)
    (cast.project.files_dir / "tides.csv").write_text("3.1")
    projects.trash(project=cast.project, by=cast.alice)
    assert projects.empty_trash(now=timezone.now() + timedelta(days=29)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert projects.empty_trash(now=timezone.now() + timedelta(days=31)) == 1
    assert not Project.objects.exists()
    assert not Publication.objects.exists()
    assert not cast.project.files_dir.exists()


def test_projects_by_level(cast):
    assert list(projects_of(cast.dave)) == [cast.project]
    assert not projects_of(cast.dave, Level.CAN_VIEW).exists()
    assert list(projects_of(cast.carol, Level.CAN_VIEW)) == [cast.project]
    cast.project.workspace_level = Level.CAN_VIEW
    cast.project.save()
    assert list(projects_of(cast.dave, Level.CAN_VIEW)) == [cast.project]
    assert not projects_of(cast.dave, Level.CAN_EDIT).exists()
    assert not projects_of(cast.mallory).exists()


def test_a_person_without_a_workspace_gets_one(cast):
    own = workspaces.own(by=cast.mallory)
    assert (own.slug, own.name) == ("mallory", "Mallory’s workspace")
    assert workspaces.own(by=cast.mallory) == own
    assert workspaces.own(by=cast.alice) == cast.workspace


def test_a_workspace_never_takes_an_address_of_the_product(cast):
    cast.mallory.username = "Admin"
    cast.mallory.save()
    assert workspaces.own(by=cast.mallory).slug == "admin-2"
