"""A token for the API, made on the server."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps_runtime.models import ApiToken
from projects.models import User


class Command(BaseCommand):
    help = "Make a token with which a program may do through the API what USER may. It is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the name for signing in")
        parser.add_argument("--name", default="manage.py create_token", help="what the token is called in the list")
        parser.add_argument("--days", type=int, help="good for so many; without, as the settings say")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["user"], is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active account called {options['user']}.")
        most = settings.HEXLITE_TOKEN_DAYS_MOST
        if options["days"] is not None and not 1 <= options["days"] <= most:
            raise CommandError(f"A token is good for 1 to {most} days.")
        _, text = ApiToken.make(person=person, name=options["name"], days=options["days"])
        self.stdout.write(text)
