"""The rows of a session and its cells, as every change of an input reads and writes them.

Django makes the text of a statement anew for each: 0.9 ms for a row that SQLite gives in 0.1. An input's change waits
for four reads and six writes, so their text is made once. Values go through the fields, as in Django's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models

from apps_runtime.models import Session, SessionCell
from projects.models import Version

# Columns of a version that playing it does not take; `Version.notebook` keeps what is made of the document.
NOT_TO_PLAY = ("project", "draft", "title", "document", "reason", "note", "created_by")
KEPT = 1024


def read(session_id: object, *, lock: bool = False) -> Session:
    """A session with its version; `lock`: for this transaction. Raises Session.DoesNotExist."""
    key = Session._meta.pk.to_python(session_id)
    where = "{id} = %s" + (" FOR UPDATE" if lock and connection.features.has_select_for_update else "")
    for session in _select(Session, where, [Session._meta.pk.get_db_prep_value(key, connection)]):
        return with_version(session)
    raise Session.DoesNotExist(f"There is no session {session_id}.")


def with_version(session: Session) -> Session:
    """The same, with the version that it has for life; a draft's has none."""
    if session.version_id is not None:
        session.version = _version(session.pk, session.version_id)
    return session


def cells_since(session: Session, sequence: int) -> Iterable[SessionCell]:
    """What its cells did after event `sequence`, in the notebook's order."""
    return _select(SessionCell, "{session} = %s AND {sequence} > %s ORDER BY {position}", [_key_of(session), sequence])


def write(session: Session, fields: Mapping[str, Any]) -> None:
    """Set columns, in the row and in `session`."""
    for name, value in fields.items():
        setattr(session, name, value)
    _update(Session, fields, "{id} = %s", [_key_of(session)])


def write_cells(session: Session, cell_ids: Sequence[str], fields: Mapping[str, Any]) -> int:
    """Set the same columns for several cells; how many of them have a row."""
    places = ", ".join(["%s"] * len(cell_ids))
    return _update(
        SessionCell, fields, f"{{session}} = %s AND {{cell_id}} IN ({places})", [_key_of(session), *cell_ids]
    )


@lru_cache(maxsize=KEPT)
def _version(session_id: UUID, version_id: object) -> Version:
    """A session has one version as long as it lives, and no other session ever has its id."""
    return Version.objects.defer(*NOT_TO_PLAY).get(pk=version_id)


def _key_of(session: Session) -> Any:
    return Session._meta.pk.get_db_prep_value(session.pk, connection)


def _select(model: type[models.Model], where: str, values: list[Any]) -> Any:
    return model._default_manager.raw(_selecting(model, where, connection.vendor), values)


def _update(model: type[models.Model], fields: Mapping[str, Any], where: str, values: list[Any]) -> int:
    given = [
        model._meta.get_field(name).get_db_prep_save(value, connection)  # type: ignore[union-attr]
        for name, value in fields.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_updating(model, tuple(fields), where, connection.vendor), [*given, *values])
        return cursor.rowcount


@lru_cache(maxsize=KEPT)
def _selecting(model: type[models.Model], where: str, vendor: str) -> str:
    columns = ", ".join(_quoted(model).values())
    return f"SELECT {columns} FROM {_table(model)} WHERE {where.format(**_quoted(model))}"  # noqa: S608 (no value in it)


@lru_cache(maxsize=KEPT)
def _updating(model: type[models.Model], names: tuple[str, ...], where: str, vendor: str) -> str:
    columns = _quoted(model)
    changes = ", ".join(f"{columns[name]} = %s" for name in names)
    return f"UPDATE {_table(model)} SET {changes} WHERE {where.format(**columns)}"  # noqa: S608 (no value in it)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _quoted(model: type[models.Model]) -> dict[str, str]:
    return {field.name: connection.ops.quote_name(field.column) for field in model._meta.concrete_fields}
