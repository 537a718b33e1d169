"""`manage.py doctor`: what is wrong with this installation, and what to do about it."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.checks import ERROR, WARNING, CheckMessage, Tags
from django.core.checks.registry import registry
from django.core.management.base import BaseCommand

from hexlite import doctor  # noqa: F401  (its checks register themselves)
from hexlite.doctor.verdicts import CannotTell


class Command(BaseCommand):
    help = "Looks for missing services, orphaned kernels, stuck work and unsafe settings. Exits with 1 on an error."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[CheckMessage] = []
        for check in _checks("doctor"):
            found += self._examine(check)
        if settings.PRODUCTION:
            found += self._examine(_djangos_own_checks)
        found = [message for message in found if message.level >= WARNING]
        errors = sum(message.level >= ERROR for message in found)
        warnings = len(found) - errors
        self.stdout.write("")
        if not found:
            self.stdout.write("All is well.")
            return
        self.stdout.write(f"{errors} {_plural(errors, 'error')}, {warnings} {_plural(warnings, 'warning')}.")
        if errors:
            sys.exit(1)

    def _examine(self, check: Callable[..., Iterable[CheckMessage]]) -> list[CheckMessage]:
        promise = (check.__doc__ or check.__name__).splitlines()[0]
        try:
            messages = [message for message in check(app_configs=None, databases=None) if not message.is_silenced()]
        except CannotTell:
            self.stdout.write(f"  ?     Can't tell yet: {promise[0].lower()}{promise[1:]}")
            return []
        if not messages:
            self.stdout.write(f"  ok    {promise}")
        for message in messages:
            self._write(message)
        return messages

    def _write(self, message: CheckMessage) -> None:
        if message.level < WARNING:
            self.stdout.write(f"  ok    {message.msg}")
            return
        is_error = message.level >= ERROR
        style = self.style.ERROR if is_error else self.style.WARNING
        self.stdout.write(style(f"  {'ERROR' if is_error else 'warn '} {message.msg}"))
        if message.hint:
            self.stdout.write(f"        {message.hint}")


def _checks(tag: str) -> list[Any]:
    """All that are registered with `tag`, in the order of their modules."""
    chosen = [check for check in registry.get_checks(include_deployment_checks=True) if tag in check.tags]
    return sorted(chosen, key=lambda check: (check.__module__, check.__code__.co_firstlineno))


def _djangos_own_checks(**options: Any) -> Iterable[CheckMessage]:
    """What Django itself says about safety."""
    for check in _checks(Tags.security):
        yield from check(**options)


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
