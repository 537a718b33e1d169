"""`flush`: Django's own, on SQLite too. There it deletes row by row, which the guards of versions refuse."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.commands import flush
from django.db import connections


class Command(flush.Command):
    def handle(self, **options) -> None:
        with _without_triggers(options["database"]):
            super().handle(**options)


@contextmanager
def _without_triggers(alias: str) -> Iterator[None]:
    connection = connections[alias]
    if connection.vendor != "sqlite":  # PostgreSQL truncates, which asks no row.
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
        try:
            yield
        finally:
            for _, statement in triggers:
                cursor.execute(statement)
