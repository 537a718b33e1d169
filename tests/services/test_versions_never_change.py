"""Versions are immutable in code and in the database, whoever writes SQL."""

import pytest
from django.db import IntegrityError, connection, transaction

from projects.models import Erasure, Project, Version, VersionsAreImmutable
from projects.notebook.document import Notebook
from projects.services import notebooks, projects, versions
from tests.cast import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(cast) -> Version:
    return versions.save_version(draft=cast.draft, reason=Version.Reason.NAMED, by=cast.alice, note="As it is")


def write(statement: str, *arguments) -> None:
    """SQL of somebody who goes past the code."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, arguments)


def test_the_code_changes_and_deletes_none(version):
    version.title = "Another"
    for attempt in (
        version.save,
        version.delete,
        Version.objects.all().delete,
        lambda: Version.objects.update(title="Another"),
    ):
        with pytest.raises(VersionsAreImmutable):
            attempt()


@pytest.mark.parametrize("column", ["title", "digest", "reason", "note"])
def test_the_database_refuses_another_text(version, column):
    with pytest.raises(IntegrityError, match="never changes"):
        write(f"UPDATE projects_version SET {column} = 'x' WHERE id = %s", version.pk)
    version.refresh_from_db()
    assert version.title == "Squares"


@pytest.mark.parametrize("change", ["document = '{}'", "number = 99", "created_at = '2020-01-01 00:00:00+00:00'"])
def test_the_database_refuses_another_content_number_or_time(version, change):
    with pytest.raises(IntegrityError, match="never changes"):
        write(f"UPDATE projects_version SET {change}")


def test_the_database_refuses_another_author_and_another_notebook(cast, version):
    notebooks.copy(draft=cast.draft, by=cast.bob)
    another = "SELECT d.id FROM projects_draft d WHERE d.id <> projects_version.draft_id"
    for change in (f"created_by_id = {cast.bob.pk}", f"draft_id = ({another})"):
        with pytest.raises(IntegrityError, match="never changes"):
            write(f"UPDATE projects_version SET {change}")


def test_the_database_refuses_to_delete_one(version):
    with pytest.raises(IntegrityError, match="only with its whole project"):
        write("DELETE FROM projects_version WHERE id = %s", version.pk)
    assert Version.objects.filter(pk=version.pk).exists()


def test_a_version_outlives_its_notebook(cast, version):
    notebooks.copy(draft=cast.draft, by=cast.alice)
    first = cast.project.drafts.first()
    kept = notebooks.delete(draft=first, by=cast.alice)
    assert kept.draft_id is None and kept.notebook == Notebook.from_json(version.document)


def test_a_project_that_is_deleted_for_good_takes_them_along(cast):
    published(cast)
    projects.delete_for_good(project=cast.project)
    assert not Project.objects.exists() and not Version.objects.exists() and not Erasure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_guards_are_back_after_a_flush(cast, version):
    """Tests with transactions empty the database; what comes after them is guarded as before."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    assert not Version.objects.exists()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'hexlite_versions_%%'"
            )
        else:
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'hexlite_versions_%%'")
        assert cursor.fetchone() == (2,)
