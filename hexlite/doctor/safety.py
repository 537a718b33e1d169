"""Settings that are right on one's own machine and wrong where others come."""

import os

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError

from hexlite.doctor.verdicts import CannotTell
from hexlite.environment import is_own_machine

DEMO_PASSWORD = "hexlite-demo"  # noqa: S105  (looked for, not used)


@register("doctor", deploy=True)
def nothing_is_open_that_should_not_be(**options: object) -> list[CheckMessage]:
    """The settings are safe for where this hexlite is served."""
    found: list[CheckMessage] = []
    if settings.HEXLITE_ALLOW_UNSANDBOXED:
        sentence = "Kernels may run without a sandbox: notebooks can read everything this account can."
        found.append(Warning(sentence, hint="Unset HEXLITE_ALLOW_UNSANDBOXED.", id="hexlite.W040"))
    if "pickle" in settings.CELERY_ACCEPT_CONTENT:
        found.append(Error("Workers accept pickle: whoever reaches Redis runs code here.", id="hexlite.E040"))
    if is_own_machine(settings.ORIGIN):
        return found
    if not settings.PRODUCTION:
        hint = "Serve it over https, and say so in HEXLITE_ORIGIN."
        found.append(Error("Passwords travel unprotected: the address is not https.", hint=hint, id="hexlite.E041"))
    if settings.DEBUG:
        hint = "Unset HEXLITE_DEBUG."
        found.append(Error("DEBUG is on: errors show settings and code to visitors.", hint=hint, id="hexlite.E042"))
    if "*" in settings.ALLOWED_HOSTS:
        hint = "List the names in HEXLITE_HOSTS."
        found.append(Error("Any host name is answered.", hint=hint, id="hexlite.E043"))
    if hasattr(os, "getuid") and os.getuid() == 0:
        hint = "Run it under an account of its own."
        found.append(Warning("hexlite runs as root.", hint=hint, id="hexlite.W041"))
    return found


@register("doctor", deploy=True)
def nobody_has_the_password_of_the_demo(**options: object) -> list[CheckMessage]:
    """No account that others can reach has the demo's password."""
    if is_own_machine(settings.ORIGIN):
        return []
    try:
        names = ["alice", "bob", "carol", "dave", "mallory"]
        people = get_user_model().objects.filter(username__in=names, is_active=True)
        known = [person.username for person in people if person.check_password(DEMO_PASSWORD)]
    except DatabaseError as problem:
        raise CannotTell from problem
    if not known:
        return []
    hint = "Delete the demo's accounts, or give them passwords: `manage.py changepassword NAME`."
    return [Error(f"Everybody knows the password of {', '.join(known)}.", hint=hint, id="hexlite.E044")]
