"""What the cells of a notebook read and write, and which of them a changed input runs."""

import json

from django.core.management import BaseCommand, CommandError, CommandParser

from projects.management.notebook_files import notebook_of
from projects.notebook.reactivity.description import UnknownInput, describe
from projects.notebook.reactivity.sources import graph_of


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Prints the dependency graph of a notebook as JSON; with --changed also the cells that would run, in order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a .ipynb or .deepnote file")
        parser.add_argument("--changed", metavar="NAME", action="append", help="an input that changed; may be repeated")

    def handle(self, *, file: str, changed: list[str] | None, **options) -> None:
        try:
            answer = describe(graph_of(notebook_of(file)), changed)
        except UnknownInput as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
