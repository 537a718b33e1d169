"""hexlite, as `manage.py up` starts it, with the standard app published for everybody: peers have no accounts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench import apps
from bench.stack import running

PUBLIC = """
from projects.models import Project, User
from sharing.services import openness
project = Project.objects.get(pk="{project}")
openness.set_visibility(project=project, visibility=Project.Visibility.PUBLIC, by=User.objects.get(username="alice"))
"""


@contextmanager
def serving() -> Iterator[tuple[str, psutil.Process]]:
    with running(demo=True) as stack, tempfile.TemporaryDirectory() as folder:
        file = apps.write(Path(folder), "standard", apps.STANDARD)
        project = stack.command("import_notebook", str(file), "--owner", "alice").split()[-1]
        stack.command("publish", project)
        stack.command("shell", "-c", PUBLIC.format(project=project))
        yield f"{stack.url}/harbour-lab/hex/{project}/latest", psutil.Process(stack.process.pid)
