"""What a link would set: the values of all inputs of a notebook, and why some of the link's were not used."""

import json
from datetime import UTC, datetime

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from projects.management.notebook_files import notebook_of
from projects.notebook import inputs


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Prints as JSON what the query string of a link sets in a notebook: values of all inputs, what was ignored, "
        "and what only a run can judge, because a variable gives the options (held)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a .ipynb or .deepnote file")
        parser.add_argument("query", metavar="QUERY", help="what follows the ? of a link: '_n=20&_city=%%22Rome%%22'")
        parser.add_argument("--now", metavar="ISO", help="the moment relative dates count from (UTC without offset)")

    def handle(self, *, file: str, query: str, now: str | None, **options) -> None:
        moment = _moment(now) if now else timezone.now()
        specs = notebook_of(file).inputs
        parsed = inputs.parse_query(specs, query, moment)
        values = {spec.name: inputs.resolve(spec, parsed.values[spec.name], moment) for spec in specs}
        answer: dict[str, object] = {"values": values, "ignored": dict(parsed.ignored)}
        if parsed.held:
            answer["held"] = dict(parsed.held)
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2, default=_iso))


def _iso(value: object) -> str:
    """Dates as YYYY-MM-DD, datetimes as ISO 8601 with their offset."""
    return value.isoformat()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--now: “{text}” is no moment; write it like 2026-11-21T06:00:00+01:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
