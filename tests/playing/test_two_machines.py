"""Two machines with a worker and a kernel host each, on one database and one Redis: real processes."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kernel_host import wait_until
from tests.schedules.stack import CELERY, Stack, running_stack

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.xdist_group("stack")]

PUBLISHED = """
from dataclasses import replace
from apps_runtime.services.publishing import publishing
from projects.models import User, Workspace
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import projects

alice = User.objects.create_user("alice", "alice@example.org", "hexlite-demo", first_name="Alice")
workspace = Workspace.objects.create(slug="harbour-lab", name="Harbour Lab")
inputs = [InputSpec(InputKind.NUMBER, name, default=default) for name, default in (("depth", 2), ("width", 3))]
cells = [replace(Cell.new_input(spec), id=spec.name) for spec in inputs]
cells.append(replace(Cell.new(CellKind.CODE, "print('area', depth * width)"), id="area"))
project = projects.create(workspace=workspace, by=alice, title="Tides", notebooks=[("Tides", Notebook(tuple(cells)))])
run = publishing.preview(draft=project.drafts.get(), by=alice)
publishing.publish(version=run.version, by=alice)
answer = str(run.version_id)
"""
MOVED = """
from apps_runtime.models import Session
from apps_runtime.services.sessions import sessions
from apps_runtime.session.operations import SetValues
from projects.models import User, Version
session = Session.objects.filter(pk={session!r} or None).first() or sessions.open_app(
    version=Version.objects.get(pk={version!r}), person=User.objects.get(), visitor="", values={{}}
)
sessions.submit(session.pk, SetValues({values!r}))
answer = str(session.pk)
"""
SESSION = "SELECT worker, kernel, state FROM apps_runtime_session WHERE id = '{}'"
AREA = "SELECT outputs FROM apps_runtime_sessioncell WHERE session_id = '{}' AND cell_id = 'area'"


class Machine:
    """A worker and a kernel host, with a name and a folder for sockets of their own."""

    def __init__(self, stack: Stack, name: str, run_dir: Path) -> None:
        self.name, self.stack = name, stack
        self.environment = {**stack.environment, "HEXLITE_MACHINE": name, "HEXLITE_RUN_DIR": str(run_dir)}
        self.host = self._start(sys.executable, "manage.py", "kernels")
        self.worker = self._start(
            *(*CELERY, "worker", "--pool", "threads", "--concurrency", "8", "--loglevel", "INFO"),
            *("--queues", f"runs,sessions.{name}", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        )

    def _start(self, *command: str):
        shared, self.stack.environment = self.stack.environment, self.environment
        try:
            return self.stack.spawn(command, log=f"machine-{self.name}")
        finally:
            self.stack.environment = shared

    def lose(self) -> None:
        """The power goes."""
        for process in (self.worker, self.host):
            self.stack.kill(process)


@contextmanager
def running_machines(stack: Stack, *names: str) -> Iterator[dict[str, Machine]]:
    folders = [Path(tempfile.mkdtemp(prefix="hx")) for _ in names]
    # All on the Redis of the stack, whose socket is in the stack's own folder.
    stack.environment["REDIS_URL"] = f"unix://{stack.environment['HEXLITE_RUN_DIR']}/redis.sock"
    try:
        yield {name: Machine(stack, name, folder) for name, folder in zip(names, folders, strict=True)}
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def heard_of(stack: Stack) -> list[str]:
    return stack.python(
        "from django.utils import timezone\nfrom apps_runtime.messaging import machines\n"
        "answer = sorted(machines.alive(now=timezone.now()))"
    )


def move(stack: Stack, version: str, session: str = "", **values: int) -> str:
    return stack.python(MOVED.format(session=session, version=version, values=values))


def shows(stack: Stack, session: str, area: int) -> tuple[str, str]:
    """Wait until the session shows this; the machine and the kernel it has then."""

    def resting() -> tuple[str, str] | None:
        [(worker, kernel, state)] = stack.rows(SESSION.format(session.replace("-", "")))
        [(outputs,)] = stack.rows(AREA.format(session.replace("-", "")))
        return (worker, kernel) if f"area {area}" in outputs and '"phase": "resting"' in state else None

    try:
        return wait_until(resting, 60)
    except AssertionError:
        logs = "\n".join(path.read_text()[-4000:] for path in stack.folder.glob("machine-*.log"))
        raise AssertionError(f"{stack.rows(SESSION.format(session.replace('-', '')))}\n{logs}") from None


def test_sessions_of_two_machines_side_by_side_and_one_machine_is_lost(tmp_path):
    with running_stack(tmp_path) as stack, running_machines(stack, "east", "west") as machines:
        version = stack.python(PUBLISHED)
        wait_until(lambda: heard_of(stack) == ["east", "west"], 60)

        # Side by side: the second session goes where there are fewer kernels.
        first = move(stack, version, depth=10)
        at_first = shows(stack, first, 30)
        second = move(stack, version, depth=20)
        at_second = shows(stack, second, 60)
        assert {at_first[0], at_second[0]} == {"east", "west"}

        # A session follows its host.
        move(stack, version, first, width=5)
        move(stack, version, second, width=6)
        assert shows(stack, first, 50) == at_first
        assert shows(stack, second, 120) == at_second

        # A lost host's session is rebuilt elsewhere, with the values it had; the other one is not touched.
        machines[at_second[0]].lose()
        wait_until(lambda: heard_of(stack) == [at_first[0]], 60)
        move(stack, version, second, width=7)
        worker, kernel = shows(stack, second, 140)
        assert worker == at_first[0]
        assert kernel != at_second[1]
        move(stack, version, first, width=8)
        assert shows(stack, first, 80) == at_first


def test_a_session_goes_on_elsewhere_when_only_the_kernel_host_is_gone(tmp_path):
    with running_stack(tmp_path) as stack, running_machines(stack, "east", "west") as machines:
        version = stack.python(PUBLISHED)
        wait_until(lambda: heard_of(stack) == ["east", "west"], 60)
        session = move(stack, version, depth=10)
        worker, _ = shows(stack, session, 30)
        stack.kill(machines[worker].host)
        # At once: its worker is still heard of, finds no host, and hands the session over.
        move(stack, version, session, width=4)
        assert shows(stack, session, 40)[0] != worker
