"""`manage.py up`: what it starts, what it says, and that it leaves nothing behind."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from apps_runtime.kernels import KernelHost
from tests.running import ROOT, Hexlite, clean_environment, free_port, running_hexlite

pytestmark = pytest.mark.xdist_group("house")


@pytest.fixture
def running(tmp_path) -> Iterator[Hexlite]:
    with running_hexlite(tmp_path / "var", "--no-demo") as running:
        yield running


class TestSomebodyStartsAndStopsIt:
    def test_ctrl_c_leaves_no_process_and_no_kernel(self, running, tmp_path):
        family = everything_below(running)
        kernel = a_kernel(running, tmp_path)
        assert kernel.is_running()
        family = {*family, *everything_below(running)}

        running.process.send_signal(signal.SIGINT)

        assert running.process.wait(60) == 0
        assert alive(family) == []

    def test_pressing_ctrl_c_twice_stops_it_once(self, running):
        family = everything_below(running)

        running.process.send_signal(signal.SIGINT)
        running.process.send_signal(signal.SIGTERM)

        assert running.process.wait(60) == 0
        assert "Traceback" not in running.said
        assert alive(family) == []

    def test_being_killed_leaves_no_process_and_no_kernel_either(self, running, tmp_path):
        a_kernel(running, tmp_path)
        family = everything_below(running)
        assert len(family) > 6

        running.process.kill()

        assert until(lambda: not alive(family), seconds=20), alive(family)

    def test_a_pid_of_a_killed_one_is_no_hindrance(self, tmp_path):
        with running_hexlite(tmp_path / "var", "--no-demo") as first:
            family = everything_below(first)
            pid_file = Path(first.environment["HEXLITE_RUN_DIR"]) / "up.pid"
            assert pid_file.read_text() == str(first.process.pid)
            first.process.kill()
            assert until(lambda: not alive(family), seconds=20)
            again = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--no-demo", "--port", str(first.port)],
                cwd=ROOT,
                env=first.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert any("hexlite is ready" in line for line in again.stdout)
            again.terminate()
            assert again.wait(60) == 0
            again.stdout.close()


class TestAPartCrashes:
    def test_the_web_comes_back(self, running):
        web = next(child for child in psutil.Process(running.process.pid).children() if "uvicorn" in child.cmdline())

        web.kill()

        assert until(lambda: "The web ended (code -9); starting it again." in running.said)
        assert until(lambda: answers(running.port))


class TestItCannotStart:
    def test_a_port_in_use(self, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert refusal(clean_environment(tmp_path), "--port", str(port)) == (
                f"CommandError: Port {port} is in use: Address already in use. "
                "Choose another with --port, or stop what uses it."
            )

    def test_a_second_one_in_the_same_folder(self, running):
        assert refusal(running.environment, "--port", str(free_port())) == (
            f"CommandError: hexlite is running from this folder already (process {running.process.pid}). "
            "Stop it there first."
        )

    def test_a_folder_it_may_not_write_to(self, tmp_path):
        (tmp_path / "file").write_text("not a folder")
        sentence = (
            f"hexlite can't write to {tmp_path}/file/var: Not a directory. "
            "Give this user the folder, or set HEXLITE_VAR_DIR to another."
        )
        environment = clean_environment(tmp_path / "file" / "var")
        assert refusal(environment) == f"hexlite: {sentence}"
        # With a key of its own the settings need no folder; the command does.
        assert refusal(environment | {"HEXLITE_SECRET_KEY": "0123456789" * 6}) == f"CommandError: {sentence}"

    def test_a_port_that_is_none(self, tmp_path):
        assert refusal(clean_environment(tmp_path), "--port", "99999") == (
            "CommandError: There is no port 99999. Choose one from 1 to 65535: --port 8000"
        )

    def test_a_database_that_is_no_address(self, tmp_path):
        environment = clean_environment(tmp_path) | {"DATABASE_URL": "//hexlite:secret@db"}
        assert refusal(environment) == (
            "hexlite: DATABASE_URL is not the address of a database; give one such as postgres://user:password@host/name."
        )

    def test_a_redis_that_does_not_answer(self, tmp_path):
        port = free_port()
        environment = clean_environment(tmp_path) | {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        assert refusal(environment, "--port", str(free_port())) == (
            f"CommandError: Redis does not answer: Error 111 connecting to 127.0.0.1:{port}. Connection refused. "
            "See REDIS_URL."
        )

    def test_a_setting_that_makes_no_sense(self, tmp_path):
        environment = clean_environment(tmp_path) | {"HEXLITE_DEBUG": "perhaps"}
        assert refusal(environment) == "hexlite: HEXLITE_DEBUG is 'perhaps'; say yes or no."


def refusal(environment: dict[str, str], *options: str) -> str:
    """The one sentence that `up` ends with."""
    finished = subprocess.run(
        [sys.executable, "manage.py", "up", "--no-demo", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 1
    assert finished.stdout == ""
    return finished.stderr.strip()


def a_kernel(running: Hexlite, tmp_path: Path) -> psutil.Process:
    host = KernelHost(str(Path(running.environment["HEXLITE_RUN_DIR"]) / "kernels.sock"))
    files = tmp_path / "files"
    files.mkdir()
    before = everything_below(running)
    host.start("p", files)
    return next(iter(everything_below(running) - before))


def everything_below(running: Hexlite) -> set[psutil.Process]:
    return set(psutil.Process(running.process.pid).children(recursive=True))


def alive(family: set[psutil.Process]) -> list[psutil.Process]:
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
