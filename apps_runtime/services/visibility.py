"""Which outputs a person may fetch by their digest (specs/permissions, notes 5 and 6).

A digest is no key: whoever saw an output once keeps it. So each use of a blob says whom the result was shown to: the
authors (drafts, previews, runs, hidden blocks, tracebacks), those in one session of the app, or all who may open the
app. What the app showed stays fetchable to them: open pages and sessions of an earlier version still show it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q

from apps_runtime.models import BlobUse, Run, Session
from apps_runtime.outputs import store
from projects.models import Project
from projects.notebook.document import Notebook
from projects.permissions import Action, Person, may

Stored: TypeAlias = Sequence[Mapping[str, Any]]


def note_outputs(project_id: UUID, stored: Iterable[Stored]) -> None:
    """Remember that results for authors hold these outputs."""
    digests = {reference["sha256"] for outputs in stored for reference in store.references(outputs)}
    _note(BlobUse(project_id=project_id, blob_id=digest) for digest in digests)


def note_session_outputs(session: Session, notebook: Notebook, stored: Mapping[str, Stored]) -> None:
    """Remember that a session holds these outputs (cell id → outputs)."""
    if session.is_draft:
        note_outputs(session.project_id, stored.values())
        return
    _note(
        BlobUse(project_id=session.project_id, blob_id=digest, session=session, shown_to=BlobUse.Audience.SESSION)
        for digest in set(_shown(notebook, stored))
    )


def note_published(run: Run) -> None:
    """Remember that the app shows the results of this run."""
    stored = dict(run.cells.values_list("cell_id", "outputs"))
    _note(
        BlobUse(project_id=run.project_id, blob_id=digest, shown_to=BlobUse.Audience.APP)
        for digest in set(_shown(run.version.notebook, stored))
    )


def may_fetch(person: Person, project: Project, digest: str, *, visitor: str = "") -> bool:
    """Whether a person who may open the app may have this output. `visitor`: the key of a stranger's own sessions."""
    enough = Q(shown_to=BlobUse.Audience.APP) | Q(session__token__isnull=False)
    if person.is_authenticated:
        enough |= Q(session__owner=person)
    elif visitor:
        enough |= Q(session__owner=None, session__visitor=visitor)
    if may(person, project, Action.VIEW_NOTEBOOK):
        enough |= Q(shown_to=BlobUse.Audience.AUTHORS)
    return BlobUse.objects.filter(enough, project=project, blob_id=digest).exists()


def _shown(notebook: Notebook, stored: Mapping[str, Stored]) -> Iterator[str]:
    """Digests of what viewers are sent addresses of: no hidden blocks, and of errors no traceback."""
    for cell_id, outputs in stored.items():
        show = notebook.cell(cell_id).show if cell_id in notebook else None
        if show and show.cell and show.output:
            for reference in store.references(outputs):
                if reference["media_type"] != store.TRACEBACK_TYPE:
                    yield reference["sha256"]


def _note(uses: Iterable[BlobUse]) -> None:
    if uses := list(uses):
        BlobUse.objects.bulk_create(uses, ignore_conflicts=True)
