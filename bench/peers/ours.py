"""hexlite, as `manage.py up` starts it, with the standard app published for everybody: peers have no accounts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench import apps
from bench.stack import Stack, running

PUBLIC = """
import time
from apps_runtime.models import InstantStart
from projects.models import Project, User
from sharing.services import visibility as openness
project = Project.objects.get(pk="{project}")
openness.set_visibility(project=project, visibility=Project.Visibility.PUBLIC, by=User.objects.get(username="alice"))
# Peers are warm when they are asked, and so are we: the process for instant starts is made once, after a publish.
for _ in range(150):
    if InstantStart.objects.filter(project=project).exists():
        break
    time.sleep(0.2)
"""


# The standard app's chart has the resolution of our pages, twice as many pixels as some peers'; this one has theirs.
COARSE = [
    (kind, content.replace("figsize=(8, 3.5)", "figsize=(8, 3.5), dpi=100") if kind == "code" else content)
    for kind, content in apps.STANDARD
]


@contextmanager
def serving() -> Iterator[tuple[str, str, psutil.Process]]:
    """The address of the standard app, that of the same with a coarser chart, and the process above all others."""
    with running(demo=True) as stack, tempfile.TemporaryDirectory() as folder:
        addresses = [_published(stack, Path(folder), *app) for app in (("standard", apps.STANDARD), ("coarse", COARSE))]
        yield *addresses, psutil.Process(stack.process.pid)


def _published(stack: Stack, folder: Path, name: str, cells: list[tuple[str, object]]) -> str:
    project = stack.command("import_notebook", str(apps.write(folder, name, cells)), "--owner", "alice").split()[-1]
    stack.command("publish", project)
    stack.command("shell", "-c", PUBLIC.format(project=project))
    return f"{stack.url}/harbour-lab/hex/{project}/latest"
