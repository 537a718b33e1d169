"""The notebooks of a project: adding, naming, copying and removing drafts."""

from django.db import transaction
from django.dispatch import Signal

from projects.models import Draft, Project, User, Version
from projects.notebook.document import Notebook, duplicate
from projects.services import audit, drafts, versions

MAXIMUM_NOTEBOOKS = 50

# Sent in the transaction that copies, with `source` and `copy`, two drafts whose cells are the same in number and
# order: the runtime brings the results along.
copied = Signal()


class NotebookRefused(ValueError):
    """What somebody wanted to do with a notebook of the project can't be done; the text says why."""


def add(*, project: Project, by: User, title: str = "") -> Draft:
    """An empty notebook at the end of the list."""
    _check_room(project)
    return drafts.create(
        project=project, title=_free_title(project, title or "Untitled"), notebook=Notebook.empty(), by=by
    )


def rename(*, draft: Draft, title: str, by: User) -> Draft:
    wanted = title.strip()[:200]
    if not wanted:
        raise NotebookRefused("A notebook needs a name.")
    Draft.objects.filter(pk=draft.pk).update(title=wanted)
    draft.title = wanted
    return draft


def copy(*, draft: Draft, by: User) -> Draft:
    """A notebook with the same cells, which remember where they come from (specs/publishing, "Deepnote's way")."""
    _check_room(draft.project)
    with transaction.atomic():
        made = drafts.create(
            project=draft.project,
            title=_free_title(draft.project, f"{draft.title}, copy"),
            notebook=duplicate(draft.notebook),
            by=by,
        )
        copied.send(Draft, source=draft, copy=made)
    return made


def delete(*, draft: Draft, by: User) -> Version:
    """Remove a notebook. Its content is kept as a version, which is returned: `bring_back` undoes it."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=draft.project_id)
        if project.drafts.count() == 1:
            raise NotebookRefused("A project has at least one notebook. Add another before you delete this one.")
        version = versions.save_version(
            draft=draft, reason=Version.Reason.AUTOMATIC, by=by, note=f"Before “{draft.title}” was deleted"
        )
        audit.record(project=project, by=by, action="deleted a notebook", title=draft.title)
        draft.delete()
    version.refresh_from_db()
    return version


def bring_back(*, project: Project, version: Version, title: str, by: User) -> Draft:
    """A notebook with the content of a version, such as the one `delete` kept."""
    _check_room(project)
    return drafts.create(
        project=project, title=_free_title(project, title), notebook=Notebook.from_json(version.document), by=by
    )


def _check_room(project: Project) -> None:
    if project.drafts.count() >= MAXIMUM_NOTEBOOKS:
        raise NotebookRefused(f"A project can have {MAXIMUM_NOTEBOOKS} notebooks.")


def _free_title(project: Project, title: str) -> str:
    """The title, or the first of "title 2", "title 3" … that no notebook of the project has."""
    taken = set(project.drafts.values_list("title", flat=True))
    numbered = (f"{title} {number}" for number in range(2, len(taken) + 3))
    return title if title not in taken else next(candidate for candidate in numbered if candidate not in taken)
