"""Projects: creating, renaming, duplicating, and the trash.

Whoever calls has asked `projects.permissions` first; these functions write, note it in the audit trail, and tell
others on commit.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from projects.levels import Level
from projects.models import Draft, Erasure, Project, Trashing, User, Workspace
from projects.notebook.document import Notebook
from projects.notebook.document import duplicate as duplicate_notebook
from projects.services import access, audit, drafts, folders, notebooks

UNTITLED = "Untitled project"
LONGEST_TITLE = 200
KEPT_IN_TRASH = timedelta(days=30)

# Each is sent on commit with `project` and `by`: the runtime closes windows, stops runs, pauses schedules.
trashed = Signal()
restored = Signal()


def create(
    *,
    workspace: Workspace,
    by: User,
    title: str = "",
    notebooks: Iterable[tuple[str, Notebook]] = (),
    identity: UUID | None = None,
) -> Project:
    """A project that `by` has Full Access to, with these (title, notebook) pairs, or one with an empty cell.

    `identity` is its id where that must be known beforehand.
    """
    title = clean_title(title)
    with transaction.atomic():
        project = Project.objects.create(pk=identity or uuid4(), workspace=workspace, title=title, created_by=by)
        access.write_level(project=project, principal=by, level=Level.FULL_ACCESS)
        for name, notebook in notebooks or [(title, Notebook.empty())]:
            drafts.create(project=project, title=name, notebook=notebook, by=by)
        audit.record(project=project, by=by, action="created the project")
    return project


def rename(*, project: Project, title: str, by: User) -> None:
    """The published app keeps its title until the next version is published."""
    title, before = clean_title(title), project.title
    if title == before:
        return
    with transaction.atomic():
        project.title = title
        project.save(update_fields=["title"])
        audit.record(project=project, by=by, action="renamed the project", before=before, after=title)


def duplicate(*, project: Project, by: User, workspace: Workspace | None = None) -> Project:
    """A copy of notebooks, of what they show, and of files, that belongs to `by`; cells remember their lineage.

    What is not copied: versions, the app, runs, schedules, grants (specs/permissions, note 8).
    """
    title = f"{project.title[: LONGEST_TITLE - 8]} (copy)"
    sources = list(project.drafts.all())
    with transaction.atomic():
        copy = create(
            workspace=workspace or project.workspace,
            by=by,
            title=title,
            notebooks=[(draft.title, duplicate_notebook(draft.notebook)) for draft in sources],
        )
        copy.kernelspec = project.kernelspec
        copy.save(update_fields=["kernelspec"])
        for source, made in zip(sources, copy.drafts.all(), strict=True):
            notebooks.copied.send(Draft, source=source, copy=made)
        audit.record(project=project, by=by, action="duplicated the project", copy=str(copy.pk))
        # Last, so that nothing can fail after it and leave a folder without a project.
        folders.copy(source=project, target=copy)
    return copy


def trash(*, project: Project, by: User) -> None:
    """Out of every list and address; everything is kept for 30 days."""
    with transaction.atomic():
        _, new = Trashing.objects.get_or_create(project=project, defaults={"by": by})
        if new:
            audit.record(project=project, by=by, action="moved the project to the trash")
            transaction.on_commit(lambda: trashed.send(Project, project=project, by=by))


def restore(*, project: Project, by: User) -> None:
    with transaction.atomic():
        deleted, _ = Trashing.objects.filter(project=project).delete()
        if deleted:
            audit.record(project=project, by=by, action="restored the project")
            transaction.on_commit(lambda: restored.send(Project, project=project, by=by))


def delete_for_good(*, project: Project) -> None:
    """With everything that belongs to it; the folder goes once the rows are gone."""
    folder_of = Project(pk=project.pk)  # Deleting takes the key away from `project`.
    with transaction.atomic():
        erasure = Erasure.objects.create(project_id=project.pk)
        project.delete()
        erasure.delete()
        transaction.on_commit(lambda: folders.delete(folder_of))


def empty_trash(*, now: datetime | None = None) -> int:
    """Delete what has been in the trash for 30 days; returns how many projects that were."""
    old = Project.objects.filter(trashing__at__lt=(now or timezone.now()) - KEPT_IN_TRASH)
    projects = list(old)
    for project in projects:
        delete_for_good(project=project)
    return len(projects)


def clean_title(title: str) -> str:
    """One line of at most 200 characters, and never empty."""
    return " ".join(title.replace("\0", "").split())[:LONGEST_TITLE] or UNTITLED
