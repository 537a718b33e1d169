"""The edits that the App view may ask for: what is shown beside what, tabs, the app's settings."""

from collections.abc import Callable, Mapping
from functools import partial
from operator import methodcaller
from typing import Any

from apps_runtime.views.app_settings import checked
from apps_runtime.views.operation import BadOperation, Edit, Operation
from projects.models import Draft, User
from projects.notebook.document import Notebook
from projects.notebook.layout import edits
from projects.services import layout
from projects.services.drafts import Edited

Reader = Callable[[Operation], Any]
CELL: Reader = methodcaller("identity", "cell")
TAB: Reader = methodcaller("identity", "tab")
PAGE: Reader = methodcaller("text", "tab")  # The id of a tab, or nothing where the app has none.
TITLE: Reader = methodcaller("text", "title")


def _beside(draft: Draft, by: User, asked: Operation) -> Edited:
    """`cell` right of `neighbour`, or left of it."""
    cell, neighbour, after = asked.identity("cell"), asked.identity("neighbour"), asked.flag("after")
    return layout.arrange(
        draft=draft, by=by, edit=lambda n: edits.beside(edits.shown(n, cell), cell, neighbour, after=after)
    )


def _alone(draft: Draft, by: User, asked: Operation) -> Edited:
    """`cells` in a row of their own above the row of `before`, or at the end of the page `tab`."""
    cells, before, tab = asked.identities(), asked.neighbour("before"), asked.text("tab")
    if not 0 < len(cells) <= 100:
        raise BadOperation("A row has blocks.")

    def edit(notebook):
        for cell in cells:
            notebook = edits.shown(notebook, cell)
        return edits.alone(notebook, cells, before=before, tab=tab)

    return layout.arrange(draft=draft, by=by, edit=edit)


def _arranging(edit: Callable[..., Notebook], **reads: Reader) -> Edit:
    """An edit of the arrangement; `reads` takes each of its arguments from what is asked."""

    def arrange(draft: Draft, by: User, asked: Operation) -> Edited:
        arguments = {name: read(asked) for name, read in reads.items()}
        return layout.arrange(draft=draft, by=by, edit=partial(edit, **arguments))

    return arrange


def _write_text(draft: Draft, by: User, asked: Operation) -> Edited:
    return layout.write_text(
        draft=draft,
        new_id=asked.identity("id"),
        source=asked.text("source"),
        tab=asked.text("tab"),
        after=asked.neighbour("after"),
        by=by,
    )


def _settings(draft: Draft, by: User, asked: Operation) -> Edited:
    """Some of the app's settings, by name."""
    changes = checked(draft.notebook, asked.mapping("settings"))
    return layout.change_settings(draft=draft, changes=changes, by=by)


LAYOUT_EDITS: Mapping[str, Edit] = {
    "beside": _beside,
    "alone": _alone,
    "resize": _arranging(edits.resize, cell=CELL, span=methodcaller("number", "span")),
    "to-tab": _arranging(edits.to_tab, cell=CELL, tab=PAGE),
    "put-in": _arranging(edits.put_in, cell=CELL, tab=PAGE),
    "add-tab": _arranging(edits.add_tab, identity=TAB, title=TITLE),
    "rename-tab": _arranging(edits.rename_tab, identity=TAB, title=TITLE),
    "move-tab": _arranging(edits.move_tab, identity=TAB, position=methodcaller("number", "position")),
    "remove-tab": _arranging(edits.remove_tab, identity=TAB),
    # Undo, with what an earlier answer called `undo`.
    "put-back": _arranging(edits.restored, before=methodcaller("mapping", "before")),
    "write-text": _write_text,
    "settings": _settings,
}
