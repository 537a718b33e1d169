"""Editing drafts. Every edit goes through `change`, which holds the draft's lock and counts its revision."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from projects.models import Draft, Project, User
from projects.notebook.document import Notebook

# Sent on commit, with `draft` and `by`: the runtime brings the live session and other windows up to date.
draft_changed = Signal()


class EditConflict(Exception):
    """Somebody else changed the same cell since this person began; nothing was overwritten."""

    def __init__(self, *, cell_id: str, theirs: str | None, yours: str, who: User, when: datetime) -> None:
        self.cell_id, self.theirs, self.yours, self.who, self.when = cell_id, theirs, yours, who, when
        fact = "deleted this cell" if theirs is None else "changed this cell"
        super().__init__(f"{who.name} {fact} while you were editing it. Nothing is lost: choose which text to keep.")


@dataclass(frozen=True)
class Edited:
    draft: Draft
    before: Notebook
    after: Notebook


def source_digest(source: str) -> str:
    """Sixteen hexadecimal digits of sha-256: names a cell's text in edits and in what a kernel has played."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def create(*, project: Project, title: str, notebook: Notebook, by: User) -> Draft:
    """A new notebook at the end of the project's list."""
    last = project.drafts.order_by("-position").values_list("position", flat=True).first()
    return Draft.objects.create(
        project=project,
        title=title[:200],
        position=0 if last is None else last + 1,
        document=notebook.to_json(),
        digest=notebook.content_digest(),
        edited_at=timezone.now(),
        edited_by=by,
    )


def change(*, draft: Draft, by: User, edit: Callable[[Notebook], Notebook]) -> Edited:
    """Apply `edit` to the newest state of the draft. An edit that changes nothing writes nothing."""
    with transaction.atomic():
        locked = Draft.objects.select_for_update().select_related("project__workspace").get(pk=draft.pk)
        before = locked.notebook
        after = edit(before)
        document = after.to_json()
        if document == locked.document:
            return Edited(locked, before, before)
        locked.document = document
        locked.digest = after.content_digest()
        locked.revision += 1
        locked.edited_at = timezone.now()
        locked.edited_by = by
        locked.save(update_fields=["document", "digest", "revision", "edited_at", "edited_by"])
        transaction.on_commit(lambda: draft_changed.send(Draft, draft=locked, by=by))
    return Edited(locked, before, after)


def write_source(*, draft: Draft, cell_id: str, source: str, base: str, by: User) -> Edited:
    """Replace a cell's text. `base` is the digest of the text the person started from.

    Raises EditConflict when the cell's text is another one by now, or the cell is gone.
    """

    def edit(notebook: Notebook) -> Notebook:
        cell = next((cell for cell in notebook.cells if cell.id == cell_id), None)
        if cell is None or source_digest(cell.source) not in {base, source_digest(source)}:
            draft.refresh_from_db()
            raise EditConflict(
                cell_id=cell_id,
                theirs=None if cell is None else cell.source,
                yours=source,
                who=draft.edited_by,
                when=draft.edited_at,
            )
        return notebook.replace_source(cell_id, source)

    return change(draft=draft, by=by, edit=edit)
