"""Writes a project's draft as a Jupyter notebook."""

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser

from apps_runtime.services.runs import exporting
from projects.models import Project


class Command(BaseCommand):
    help = "Prints the draft of a project as .ipynb, with the outputs it shows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT_ID")

    def handle(self, *, project: str, **options) -> None:
        try:
            found = Project.objects.filter(pk=project).first()
        except ValidationError:
            found = None
        if found is None:
            raise CommandError(f"There is no project {project}.")
        self.stdout.write(exporting.as_file(found.app_draft), ending="")
