"""Arranging the app of a draft, and its settings: both are part of the notebook."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from projects.models import Draft, User
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.layout import edits
from projects.notebook.settings import AppSettings
from projects.services import cells, drafts
from projects.services.drafts import Edited


def arrange(*, draft: Draft, edit: Callable[[Notebook], Notebook], by: User) -> Edited:
    """Carry out one edit of `projects.notebook.layout.edits`. Raises ArrangementRefused, NoSuchCell."""
    return drafts.change(draft=draft, by=by, edit=edit)


def write_text(*, draft: Draft, new_id: str, source: str, tab: str, after: str | None, by: User) -> Edited:
    """A new text on a page of the app, below the cell `after` (None: at the end)."""

    def edit(notebook: Notebook) -> Notebook:
        if new_id in notebook:
            return notebook
        place = notebook.position(after) + 1 if after is not None and after in notebook else None
        added = notebook.insert(replace(Cell.new(CellKind.MARKDOWN, source), id=new_id), place)
        return edits.put_in(added, new_id, tab)

    cells.check_size(source)
    return drafts.change(draft=draft, by=by, edit=edit)


def change_settings(*, draft: Draft, changes: Mapping[str, Any], by: User) -> Edited:
    """Set some of the app's settings to values that were checked; the others stay as they are by now."""

    def edit(notebook: Notebook) -> Notebook:
        settings: AppSettings = replace(notebook.settings, **changes)
        return notebook.set_settings(settings)

    return drafts.change(draft=draft, by=by, edit=edit)
