"""Gives a person a level on a project, from a shell."""

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser

from projects.levels import Level
from projects.models import Project, User
from sharing.services import grants
from sharing.services.grants import LastOwner


class Command(BaseCommand):
    help = 'Gives a person a level on a project: share PROJECT_ID --user bob --level "Can Edit"'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT_ID")
        parser.add_argument("--user", metavar="NAME", required=True, help="the name the person signs in with")
        parser.add_argument("--level", required=True, help=", ".join(f'"{level.label}"' for level in Level.grantable()))

    def handle(self, *, project: str, user: str, level: str, **options) -> None:
        try:
            wanted = Level.from_label(level)
        except ValueError as problem:
            raise CommandError(str(problem)) from None
        person = User.objects.filter(username=user).first()
        if person is None:
            raise CommandError(f"There is no account “{user}”.")
        try:
            found = Project.objects.kept().filter(pk=project).first()
        except ValidationError:
            found = None
        if found is None:
            raise CommandError(f"There is no project {project}.")
        try:
            grants.grant(project=found, to=person, level=wanted, by=None)
        except LastOwner as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{person.name} has {wanted.label} on “{found.title}”.")
