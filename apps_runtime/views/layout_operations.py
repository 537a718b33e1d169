"""The edits that the App view may ask for: what is shown beside what, tabs, the app's settings."""

from collections.abc import Mapping
from functools import partial

from apps_runtime.views.app_settings import checked
from apps_runtime.views.operation import BadOperation, Edit, Operation
from projects.models import Draft, User
from projects.notebook import arranging
from projects.services import arrangement
from projects.services.drafts import Edited


def _beside(draft: Draft, by: User, asked: Operation) -> Edited:
    """`cell` right of `neighbour`, or left of it."""
    cell, neighbour, after = asked.identity("cell"), asked.identity("neighbour"), asked.flag("after")
    return arrangement.arrange(
        draft=draft, by=by, edit=lambda n: arranging.beside(arranging.shown(n, cell), cell, neighbour, after=after)
    )


def _alone(draft: Draft, by: User, asked: Operation) -> Edited:
    """`cells` in a row of their own above the row of `before`, or at the end of the page `tab`."""
    cells, before, tab = asked.identities(), asked.neighbour("before"), asked.text("tab")
    if not 0 < len(cells) <= 100:
        raise BadOperation("A row has blocks.")

    def edit(notebook):
        for cell in cells:
            notebook = arranging.shown(notebook, cell)
        return arranging.alone(notebook, cells, before=before, tab=tab)

    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _resize(draft: Draft, by: User, asked: Operation) -> Edited:
    edit = partial(arranging.resize, cell=asked.identity("cell"), span=asked.number("span"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _to_tab(draft: Draft, by: User, asked: Operation) -> Edited:
    edit = partial(arranging.to_tab, cell=asked.identity("cell"), tab=asked.text("tab"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _put_in(draft: Draft, by: User, asked: Operation) -> Edited:
    edit = partial(arranging.put_in, cell=asked.identity("cell"), tab=asked.text("tab"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _add_tab(draft: Draft, by: User, asked: Operation) -> Edited:
    edit = partial(arranging.add_tab, identity=asked.identity("tab"), title=asked.text("title"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _rename_tab(draft: Draft, by: User, asked: Operation) -> Edited:
    edit = partial(arranging.rename_tab, identity=asked.identity("tab"), title=asked.text("title"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _move_tab(draft: Draft, by: User, asked: Operation) -> Edited:
    edit = partial(arranging.move_tab, identity=asked.identity("tab"), position=asked.number("position"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _remove_tab(draft: Draft, by: User, asked: Operation) -> Edited:
    edit = partial(arranging.remove_tab, identity=asked.identity("tab"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _put_back(draft: Draft, by: User, asked: Operation) -> Edited:
    """Undo, with what an earlier answer called `undo`."""
    edit = partial(arranging.restored, before=asked.mapping("before"))
    return arrangement.arrange(draft=draft, by=by, edit=edit)


def _write_text(draft: Draft, by: User, asked: Operation) -> Edited:
    return arrangement.write_text(
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
    return arrangement.change_settings(draft=draft, changes=changes, by=by)


LAYOUT_EDITS: Mapping[str, Edit] = {
    "beside": _beside,
    "alone": _alone,
    "resize": _resize,
    "to-tab": _to_tab,
    "put-in": _put_in,
    "add-tab": _add_tab,
    "rename-tab": _rename_tab,
    "move-tab": _move_tab,
    "remove-tab": _remove_tab,
    "put-back": _put_back,
    "write-text": _write_text,
    "settings": _settings,
}
