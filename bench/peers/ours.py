"""hexlite, as `manage.py up` starts it, with the standard app published."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench import apps
from bench.sessions import Person
from bench.stack import Stack, running


@contextmanager
def serving() -> Iterator[tuple[Stack, str, psutil.Process]]:
    with running(demo=True) as stack, tempfile.TemporaryDirectory() as folder:
        file = apps.write(Path(folder), "standard", apps.STANDARD)
        project = stack.command("import_notebook", str(file), "--owner", "alice").split()[-1]
        stack.command("publish", project)
        yield stack, f"{stack.url}/harbour-lab/hex/{project}/latest", psutil.Process(stack.process.pid)


def signed_in(stack: Stack) -> list[dict[str, str]]:
    """The cookies of a viewer who has just signed in: somebody whom the app has not seen."""
    return [{"name": one.name, "value": one.value, "url": stack.url} for one in Person(stack, "alice").jar]
