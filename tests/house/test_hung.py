"""A program that lives and answers nothing is ended and started again; one that is only slow is not."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
import redis

from apps_runtime import pulse
from apps_runtime.kernels import KernelGone, KernelHost
from hexlite.children import Child, Family, die_with_parent, python
from hexlite.redis_server import redis_command
from hexlite.signs import AskedSign, Told
from hexlite.work_loops import WorkLoop
from tests.kernel_host import wait_until
from tests.running import ROOT, Hexlite, clean_environment, free_port, running_hexlite

pytestmark = pytest.mark.xdist_group("house")

SILENCE = 10
PARTS = {
    "web": "hexlite.asgi:application",
    "worker": "hexlite.celery:app worker",
    "beat": "hexlite.celery:app beat",
    "kernel host": "apps_runtime.kernels",
    "Redis": "redis-server",
}
# It says that it goes on as long as it can, and then one call holds the interpreter.
HELD = """
import sys, time
from apps_runtime import pulse
pulse.begin(lambda: True)
print("begun", flush=True)
time.sleep(float(sys.argv[1]))
sum(range(10**13))
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Hexlite]:
    with running_hexlite(
        tmp_path_factory.mktemp("hung") / "var", "--no-demo", HEXLITE_SILENCE_SECONDS=str(SILENCE)
    ) as running:
        yield running


class TestOfAWholeInstallation:
    @pytest.mark.parametrize("name", sorted(set(PARTS) - {"kernel host"}))
    def test_what_is_stopped_is_replaced_and_all_is_well_again(self, running, name):
        wait_until(lambda: all_is_well(running), 60)  # Who has not been heard of yet may take two minutes.
        hung = part(running, name)
        hung.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()

        wait_until(lambda: f"The {name} has not answered for" in running.said, SILENCE + 30)

        assert time.monotonic() - stopped > SILENCE - 5, "it had time to answer"
        wait_until(lambda: not hung.is_running(), 10)
        wait_until(lambda: all_is_well(running), 60)
        log = running.folder / "log" / f"{name.lower().replace(' ', '-')}.log"
        assert f"The {name} has not answered for" in log.read_text()

    def test_kernels_go_with_a_host_that_hangs_and_the_next_host_gives_others(self, running, tmp_path):
        host = KernelHost(str(Path(running.environment["HEXLITE_RUN_DIR"]) / "kernels.sock"))
        wait_until(lambda: all_is_well(running), 60)
        kernel = host.start("p", tmp_path)
        process = host.status(kernel.kernel_id).process
        part(running, "kernel host").send_signal(signal.SIGSTOP)
        wait_until(lambda: "The kernel host has not answered for" in running.said, SILENCE + 30)
        wait_until(lambda: all_is_well(running), 60)
        assert not psutil.pid_exists(process)
        with pytest.raises(KernelGone):
            host.status(kernel.kernel_id)
        assert host.start("p", tmp_path).kernel_id != kernel.kernel_id


class TestOfOneProgram:
    @pytest.fixture
    def said(self) -> list[str]:
        return []

    @pytest.fixture
    def family(self, said):
        family = Family(said.append, silence=2)
        yield family
        family.stop(grace=0.2)

    def child(self, tmp_path, program, *arguments: str) -> Child:
        signs = Told(tmp_path / "pulse", seconds=2)
        environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
        return Child("web", python("-c", program, *arguments), environment, tmp_path / "web.log", signs=signs)

    def test_an_interpreter_that_one_call_holds_is_ended_and_says_in_what_it_hung(self, family, said, tmp_path):
        held = family.add(self.child(tmp_path, HELD, "1"))
        first = held.process.pid
        look_until(family, lambda: said)
        assert said[0].startswith("The web has not answered for ")
        log = held.log.read_text()
        assert "Fatal Python error: Aborted" in log and 'File "<string>", line 7' in log
        look_until(family, lambda: held.is_running and held.process.pid != first)

    def test_one_that_goes_on_is_left_alone(self, family, said, tmp_path):
        child = family.add(self.child(tmp_path, HELD, "60"))
        look_until(family, lambda: child.signs.last)
        look_until(family, lambda: time.monotonic() - child.started > 6)
        assert said == []

    def test_one_that_takes_long_to_start_is_left_alone(self, family, said, tmp_path):
        child = family.add(self.child(tmp_path, "import time; time.sleep(60)"))
        look_until(family, lambda: time.monotonic() - child.started > 4)
        assert said == [] and child.is_running

    def test_who_was_asleep_himself_gives_everybody_time(self, family, said, tmp_path, monkeypatch):
        child = family.add(self.child(tmp_path, HELD, "60"))
        look_until(family, lambda: child.signs.last)
        monkeypatch.setattr(family, "_looked", time.monotonic() - 100)
        monkeypatch.setattr(child.signs, "last", time.monotonic() - 100)
        family.look()
        assert said == []

    def test_one_that_answers_is_heard_and_one_that_does_not_is_not(self):
        answers = AskedSign(lambda: True)
        wait_until(lambda: answers.last is not None, 5)
        assert AskedSign(lambda: False).last is None

    def test_nothing_is_sent_where_nobody_listens(self, monkeypatch):
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
        assert pulse.begin(lambda: True) is None


class TestOfAContainer:
    def test_a_program_that_hangs_is_started_again_and_ends_when_it_is_told_to(self, tmp_path):
        environment = {**os.environ, "HEXLITE_SILENCE_SECONDS": "2"}
        with (tmp_path / "log").open("w") as log:
            first = subprocess.Popen(
                python("-m", "hexlite.watched", "web", sys.executable, "-c", HELD, "1"),
                cwd=ROOT, env=environment, stdout=log, stderr=log, preexec_fn=die_with_parent(os.getpid()),
            )  # fmt: skip
        wait_until(lambda: (tmp_path / "log").read_text().count("begun") >= 2, 30)
        assert "The web has not answered for" in (tmp_path / "log").read_text()
        below = psutil.Process(first.pid).children(recursive=True)
        first.send_signal(signal.SIGTERM)
        assert first.wait(20) == 0
        assert not [one for one in below if one.is_running()]


class TestOfALoop:
    @pytest.fixture
    def broker(self, tmp_path) -> Iterator[dict[str, str]]:
        environment = clean_environment(tmp_path)
        folder = Path(environment["HEXLITE_RUN_DIR"])
        server = subprocess.Popen(list(map(str, redis_command(folder, tmp_path / "redis"))), stdout=subprocess.DEVNULL)
        wait_until(lambda: (folder / "redis.sock").exists(), 10)
        yield environment
        server.kill()
        server.wait()

    def test_a_worker_whose_loop_stands_still_is_not_heard_of_any_more(self, broker, tmp_path):
        signs = Told(Path(broker["HEXLITE_RUN_DIR"]) / "pulse", seconds=4)
        command = python("-m", "celery", "-A", "tests.house.stuck_worker:app", "worker", "--pool", "threads")
        with (tmp_path / "log").open("w") as log:
            worker = subprocess.Popen(
                [*command, "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"],
                cwd=ROOT, env={**broker, **signs.environment}, stdout=log, stderr=log,
                preexec_fn=die_with_parent(os.getpid()),
            )  # fmt: skip
        try:
            wait_until(lambda: signs.last is not None, 60)
            wait_until(lambda: time.monotonic() - signs.last > 8, 60)
            assert worker.poll() is None
        finally:
            worker.kill()
            worker.wait()

    def test_a_loop_that_waits_for_redis_is_not_hung(self, monkeypatch):
        loop = WorkLoop()
        assert loop.goes_on(), "it has not begun"
        loop.ticked = time.monotonic() - 1000
        monkeypatch.setattr("apps_runtime.messaging.machines.broker", lambda: _Away())
        assert loop.goes_on()
        monkeypatch.setattr("apps_runtime.messaging.machines.broker", lambda: _There())
        assert loop.goes_on(), "it has as long again"
        loop.ticked = time.monotonic() - 1000
        assert not loop.goes_on()


class _Away:
    def ping(self):
        raise redis.ConnectionError


class _There:
    def ping(self):
        return True


def part(running: Hexlite, name: str) -> psutil.Process:
    children = psutil.Process(running.process.pid).children()
    return next(child for child in children if PARTS[name] in " ".join(child.cmdline()))


def all_is_well(running: Hexlite) -> bool:
    """Web, database, Redis, a worker with a kernel host, and beat, each heard of lately."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=5)
    try:
        connection.request("GET", "/readyz?parts=all", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def look_until(family: Family, condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        family.look()
        time.sleep(0.02)


def test_the_web_says_that_it_goes_on(tmp_path):
    """uvicorn loads the application before there is a loop: what began then would ask none."""
    address = str(tmp_path / "notify.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(60)
        web = subprocess.Popen(
            [*python("-m", "uvicorn", "hexlite.asgi:application", "--port", str(free_port()), "--lifespan", "on")],
            cwd=ROOT,
            env={**os.environ, "NOTIFY_SOCKET": address},
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent(os.getpid()),
        )
        try:
            assert listener.recv(100) == pulse.GOES_ON
        finally:
            web.terminate()
            assert web.wait(20) in (0, -signal.SIGTERM)
