"""Makes a project of a notebook file, from a shell."""

from django.core.management import BaseCommand, CommandError, CommandParser

from apps_runtime.services.publishing import importing
from projects.management.notebook_files import file_content
from projects.models import User, Workspace
from projects.notebook.files.unreadable import UnreadableNotebook
from projects.services import workspaces


class Command(BaseCommand):
    help = "Makes a project of a .ipynb or .deepnote file. The last line printed is the project's id alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--owner", metavar="USER", required=True, help="who gets Full Access")
        parser.add_argument("--workspace", metavar="SLUG", help="without it: the first workspace of the owner")

    def handle(self, *, file: str, owner: str, workspace: str | None, **options) -> None:
        person = User.objects.filter(username=owner).first()
        if person is None:
            raise CommandError(f"There is no account “{owner}”.")
        try:
            imported = importing.import_file(
                name=file, content=file_content(file), workspace=_workspace(person, workspace), by=person
            )
        except UnreadableNotebook as refusal:
            raise CommandError(str(refusal)) from None
        project = imported.project
        for note in imported.notes:
            self.stdout.write(note)
        self.stdout.write(f"Imported “{project.title}” into {project.workspace}: {project.get_absolute_url()}")
        self.stdout.write(str(project.pk))


def _workspace(person: User, slug: str | None) -> Workspace:
    if slug is None:
        return workspaces.own(by=person)
    found = Workspace.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no workspace “{slug}”.")
    return found
