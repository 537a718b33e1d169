"""Lines of the log: as people read them, or as JSON for a collector (HEXLITE_LOG_FORMAT=json).

Every line says what it is about: the request, the run, the session. Whoever begins such work says so with `about`; all
that is logged meanwhile, in libraries too, carries it.
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_about: ContextVar[dict[str, str] | None] = ContextVar("what lines of the log are about", default=None)
LONGEST_REFUSAL = 300  # characters; what was wrong may be 64 KB long
# What the first argument of a task is.
TASKS = {"play_run": "run", "unwatched": "run", "play_session": "session", "make_template": "project"}


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """Lines logged within carry these facts beside those from around it."""
    token = _about.set({**(_about.get() or {}), **facts})
    try:
        yield
    finally:
        _about.reset(token)


class About(logging.Filter):
    """Puts the facts on each record: as `about` for lines, one by one for JSON."""

    def filter(self, record: logging.LogRecord) -> bool:
        facts = {"machine": settings.HEXLITE_MACHINE, **(_about.get() or {})}
        record.about = " ".join(f"{name}={value}" for name, value in facts.items() if name != "machine")
        record.about = f" [{record.about}]" if record.about else ""
        for name, value in facts.items():
            setattr(record, name, value)
        return True


class Addresses(logging.Filter):
    """Keeps what was asked for out of the lines: addresses hold tokens and values of inputs.

    What a stranger sent wrongly is one line, and no error of ours.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if not isinstance(request, HttpRequest):
            return True
        del record.request  # JSON would show it, with its query.
        asked = request.path.encode("unicode_escape").decode("ascii")  # as Django's log_response
        if isinstance(record.args, tuple):
            record.args = tuple(place_of(request) if part == asked else part for part in record.args)
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
            record.msg = str(record.msg)[:LONGEST_REFUSAL]
            if record.levelno > logging.WARNING:
                record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def place_of(request: HttpRequest) -> str:
    """The pattern of its address; of one that is none, the first part."""
    if request.resolver_match:
        return f"/{request.resolver_match.route}"
    first, _, more = request.path.lstrip("/").partition("/")
    return f"/{ascii(first[:40])[1:-1]}{'/…' if more else ''}"


def of_task(name: str, arguments: list | tuple) -> dict[str, str]:
    """What a task's lines are about."""
    short = name.rpartition(".")[2]
    subject = TASKS.get(short)
    return {"task": short, **({subject: str(arguments[0])} if subject and arguments else {})}


class RequestNamed:
    """Gives each request a name, the one its proxy gave it where that is a plain one; the answer carries it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if given.isascii() and given.isalnum() and len(given) <= 64 else uuid.uuid4().hex
        with about(request=name):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = name
        return response


def configuration(*, form: str, level: str) -> dict:
    """Django's LOGGING, which the web server's own lines follow."""
    formatters = {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s%(about)s"},
        # Its package is imported only where it is asked for.
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            "reserved_attrs": [*_reserved(), "about"],
        },
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"about": {"()": "hexlite.logs.About"}, "addresses": {"()": "hexlite.logs.Addresses"}},
        "formatters": {form: formatters[form]},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["addresses", "about"]}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "axes": {"level": "WARNING"},  # It has four lines to say about every sign-in.
            "uvicorn": {"handlers": ["console"], "propagate": False},
            # Addresses hold values of inputs and tokens; a configuration undoes uvicorn's own --no-access-log, and each
            # handshake of a socket is a line of uvicorn.error.
            "uvicorn.access": {"level": "WARNING"},
            "uvicorn.error": {"level": "WARNING"},
        },
    }


def of_the_kernel_host(configured: dict, *, machine: str) -> dict:
    """The same for a process that has no Django, and must not get it by a filter: its lines are about the machine."""
    [(form, formatter)] = configured["formatters"].items()
    if form == "json":
        formatter = {**formatter, "static_fields": {"machine": machine}}
    else:
        formatter = {"format": formatter["format"].removesuffix("%(about)s")}
    console = {name: value for name, value in configured["handlers"]["console"].items() if name != "filters"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {form: formatter},
        "handlers": {"console": console},
        "root": configured["root"],
    }


def _reserved() -> list[str]:
    """What every record has, and a line need not say."""
    return [*vars(logging.makeLogRecord({})), "message", "asctime"]
