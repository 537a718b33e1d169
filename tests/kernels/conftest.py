"""Real kernels of a real host, started once for all tests; each test takes kernels of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps_runtime.kernels import Kernel, KernelHost, connect, disconnect
from apps_runtime.kernels.process_table import ProcessTable
from apps_runtime.playing.player import Ended, EndState, Player, PlayLimits

ROOT = Path(__file__).resolve().parents[2]
KERNEL_PYTHON = Path(os.environ.get("HEXLITE_KERNEL_PYTHON", ROOT / ".venv-kernel" / "bin" / "python"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "HEXLITE_SECRET_KEY": "canary-of-the-host"}
SERVE = Path(__file__).with_name("serve.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All on one process of a parallel run: they share a host, and a warm sandbox."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("kernels"))


@dataclass
class RunningHost:
    """A kernel host in a process of its own."""

    run_dir: Path
    process: subprocess.Popen
    client: KernelHost
    files: Path  # an empty folder for a project's

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def family(self) -> list[int]:
        return ProcessTable.take().family(self.process.pid)


@contextmanager
def running_host(
    *, within: Sequence[str] = (), environment: Mapping[str, str] | None = None, **settings: object
) -> Iterator[RunningHost]:
    """A host with these settings, in a short folder below /tmp: Unix sockets have short addresses.

    `within` are words before its command, which must become it; `environment` is added to its own.
    """
    with tempfile.TemporaryDirectory(prefix="hk-", dir="/tmp") as folder:
        run_dir = Path(folder) / "run"
        files = Path(folder) / "files"
        files.mkdir()
        wish = {"run_dir": str(run_dir), "kernel_python": str(KERNEL_PYTHON), **settings}
        process = subprocess.Popen(
            [*within, sys.executable, SERVE, json.dumps(wish)],
            stdout=subprocess.PIPE, text=True, env=ENVIRONMENT | dict(environment or {}),
        )  # fmt: skip
        try:
            line = process.stdout.readline()
            assert line == "ready\n", f"the host did not start: {line!r}"
            yield RunningHost(run_dir, process, KernelHost(str(run_dir / "kernels.sock")), files)
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(20)
            process.stdout.close()


@pytest.fixture(scope="session")
def host() -> Iterator[RunningHost]:
    with running_host(standby=1) as running:
        yield running


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the project most tests use: one sandbox for all of them."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "data.csv").write_text("a,b\n1,2\n")
    return folder


@pytest.fixture
def start(host: RunningHost, files: Path) -> Iterator[Callable[..., Kernel]]:
    """Starts kernels that end with the test."""
    started = []

    def start_one(project: str = "alpha", folder: Path = files, **wish: object) -> Kernel:
        kernel = connect(host.client.start(project, folder, **wish))
        started.append(kernel)
        return kernel

    yield start_one
    for kernel in started:
        kernel.kill()
        disconnect(kernel.address)


@pytest.fixture
def kernel(start: Callable[..., Kernel]) -> Kernel:
    return start()


def play(
    kernel: Kernel, source: str, *, seconds: float = 20, limits: PlayLimits | None = None, **wish: object
) -> Ended:
    """Play a cell to its end."""
    *_, ended = Player(kernel, limits).play(source, cell_id="cell", deadline_seconds=seconds, **wish)
    return ended


def printed(ended: Ended) -> str:
    """What the cell wrote to its streams. Fails on a cell that raised."""
    assert ended.state is not EndState.FAILED, ended.sentence
    return "".join(output["text"] for output in ended.outputs if output["output_type"] == "stream")


def wait_until(condition: Callable[[], object], *, seconds: float = 30) -> object:
    """The condition's first true value. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {condition}")
