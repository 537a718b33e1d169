"""One database, Redis, kernel host and worker for all tests here: each leaves them as sane as it found them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from apps_runtime.kernels import KernelHost, KernelStatus
from tests.kernel_host import wait_until
from tests.schedules.stack import Stack, running_stack

PEOPLE = """
from projects.models import User, Workspace
User.objects.create_user("alice", "alice@example.org", "hexlite-demo", first_name="Alice")
answer = Workspace.objects.create(slug="harbour-lab", name="Harbour Lab").pk
"""
PROJECT = """
from dataclasses import replace
from apps_runtime.services.publishing import publishing
from projects.models import User, Workspace
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.services import projects
alice = User.objects.get()
cells = tuple(replace(Cell.new(CellKind.CODE, source), id=f"c{{n}}") for n, source in enumerate({sources!r}, 1))
project = projects.create(
    workspace=Workspace.objects.get(), by=alice, title={title!r}, notebooks=[("Tides", Notebook(cells))]
)
run = publishing.preview(draft=project.drafts.get(), by=alice)
if {publish}:
    publishing.publish(version=run.version, by=alice)
answer = project.pk.hex, run.pk.hex
"""


@dataclass(frozen=True)
class Played:
    """A project of these cells, and the run that plays them."""

    stack: Stack
    project: str
    run: str

    @property
    def state(self) -> str:
        return self.stack.rows(f"SELECT state FROM apps_runtime_run WHERE id = '{self.run}'")[0][0]

    @property
    def why(self) -> str:
        return self.stack.rows(f"SELECT why FROM apps_runtime_run WHERE id = '{self.run}'")[0][0]

    @property
    def cells(self) -> list[tuple[str, str]]:
        """State and outputs of each."""
        rows = f"SELECT state, outputs FROM apps_runtime_runcell WHERE run_id = '{self.run}' ORDER BY position"
        return self.stack.rows(rows)

    def wait_for(self, state: str, seconds: float = 40) -> None:
        self.stack.wait_for(f"SELECT state FROM apps_runtime_run WHERE id = '{self.run}'", [(state,)], seconds)

    def wait_for_text(self, text: str) -> None:
        wait_until(lambda: text in str(self.cells), 40)

    @property
    def kernel(self) -> KernelStatus:
        """The kernel that plays it, with the number of its process."""
        host = KernelHost(self.stack.environment["HEXLITE_RUN_DIR"] + "/kernels.sock")

        def found() -> KernelStatus | None:
            return next((one for one in host.kernels() if self.run in one.label.replace("-", "") and one.process), None)

        return wait_until(found, 20)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("faults")) as stack:
        stack.python(PEOPLE)
        stack.start("worker")
        Played(stack, *_made(stack, "Spare", ["print('spare')"], publish=True)).wait_for("done")
        yield stack


@pytest.fixture
def play(stack: Stack) -> Callable[..., Played]:
    """Has the worker play these cells; with `publish`, as a version that goes live with its results."""

    def play_cells(*sources: str, publish: bool = False) -> Played:
        return Played(stack, *_made(stack, "Tides", list(sources), publish=publish))

    return play_cells


def _made(stack: Stack, title: str, sources: list[str], *, publish: bool) -> tuple[str, str]:
    return stack.python(PROJECT.format(title=title, sources=sources, publish=publish))
