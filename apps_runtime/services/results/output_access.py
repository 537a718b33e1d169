"""Which outputs a person may fetch by their digest (specs/permissions, notes 5 and 6).

A digest is no key: whoever saw an output once keeps it. So each use of a blob says whom the result was shown to: the
authors (drafts, previews, runs, hidden blocks, tracebacks), those in one session of the app, or all who may open the
app. What the app showed stays fetchable to them: open pages and sessions of an earlier version still show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q

from apps_runtime import readers
from apps_runtime.models import BlobUse, Run, Session
from apps_runtime.outputs import store
from projects.models import Project
from projects.notebook.document import Notebook
from projects.permissions import Person, rights_of

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
        for digest in set(readers.digests(notebook, stored))
    )


def note_published(run: Run) -> None:
    """Remember that the app shows the results of this run."""
    stored = dict(run.cells.values_list("cell_id", "outputs"))
    _note(
        BlobUse(project_id=run.project_id, blob_id=digest, shown_to=BlobUse.Audience.APP)
        for digest in set(readers.digests(run.version.notebook, stored))
    )


def may_fetch(person: Person, project: Project, digest: str, *, visitor: str = "") -> bool:
    """Whether a person who may open the app may have this output. `visitor`: the key of a stranger's own sessions."""
    enough = Q(shown_to=BlobUse.Audience.APP) | Q(session__token__isnull=False)
    if person.is_authenticated:
        enough |= Q(session__owner=person)
    elif visitor:
        enough |= Q(session__owner=None, session__visitor=visitor)
    reader = readers.reader_of(rights_of(person, project))
    if reader.reads_notebook:
        enough |= Q(shown_to=BlobUse.Audience.AUTHORS)
    uses = BlobUse.objects.filter(enough, project=project, blob_id=digest)
    media_type = uses.values_list("blob__media_type", flat=True).first()
    if media_type is None:
        return False
    publication = getattr(project, "publication", None)
    return reader.may_fetch(publication.version.notebook if publication else None, media_type)


def _note(uses: Iterable[BlobUse]) -> None:
    if uses := list(uses):
        BlobUse.objects.bulk_create(uses, ignore_conflicts=True)
