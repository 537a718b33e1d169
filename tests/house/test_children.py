"""Children of `up`: started again after a crash, given up in the end, never left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hexlite.children import Child, Family, GaveUp, open_lock, python

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"
)

SAYS_WHEN_IT_ENDS = """
import signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("up", flush=True)
signal.sigwait([signal.SIGTERM])
print(time.monotonic(), flush=True)
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def family(said):
    family = Family(said.append)
    yield family
    family.stop()


def child(tmp_path: Path, program: str, name: str = "web", *, foundation: bool = False) -> Child:
    return Child(name, python("-c", program), os.environ, tmp_path / f"{name}.log", foundation)


def test_a_crash_is_said_and_mended(family, said, tmp_path):
    web = family.add(child(tmp_path, "import time; time.sleep(60)"))
    first = web.process.pid
    web.process.kill()
    web.process.wait()

    look_until(family, lambda: web.is_running)

    assert web.process.pid != first
    assert said == [f"The web ended (code -9); starting it again. Its log is {tmp_path}/web.log"]


def test_one_that_crashes_again_and_again_is_given_up_with_the_end_of_its_log(family, tmp_path, monkeypatch):
    monkeypatch.setattr("hexlite.children.PAUSE_SECONDS", 0.01)
    family.add(child(tmp_path, "import sys; sys.exit('no such table: projects')"))

    with pytest.raises(GaveUp) as problem:
        look_until(family, lambda: False)

    assert "The web ended 5 times within a minute." in str(problem.value)
    assert str(problem.value).endswith("no such table: projects")


def test_one_that_does_not_listen_is_killed(family, tmp_path, monkeypatch):
    monkeypatch.setattr("hexlite.children.GRACE_SECONDS", 0.2)
    web = family.add(child(tmp_path, STUBBORN))
    look_until(family, lambda: "here" in web.last_lines())

    family.stop()

    assert web.process.returncode == -signal.SIGKILL


def test_foundations_outlive_those_that_lean_on_them(family, tmp_path):
    redis = family.add(child(tmp_path, SAYS_WHEN_IT_ENDS, "redis", foundation=True))
    web = family.add(child(tmp_path, SAYS_WHEN_IT_ENDS, "web"))
    look_until(family, lambda: "up" in redis.last_lines() and "up" in web.last_lines())

    family.stop()

    assert float(web.last_lines(1)) < float(redis.last_lines(1))


def test_a_long_log_is_put_aside(family, tmp_path, monkeypatch):
    monkeypatch.setattr("hexlite.children.LOG_BYTES", 10)
    (tmp_path / "web.log").write_text("a line of long ago\n")

    family.add(child(tmp_path, "print('new')"))

    assert (tmp_path / "web.log.1").read_text() == "a line of long ago\n"


def test_a_lock_is_held_by_one_process_and_freed_when_it_dies(tmp_path):
    path = tmp_path / "up.pid"
    holder = subprocess.Popen(
        python(
            "-c",
            "import sys, time; from pathlib import Path; from hexlite.children import open_lock\n"
            "lock = open_lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)",
            str(path),
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "held\n"
    assert open_lock(path) is None
    assert path.read_text() == str(holder.pid)

    holder.kill()
    holder.wait()
    holder.stdout.close()

    with open_lock(path) as lock:
        assert lock is not None
        assert path.read_text() == str(os.getpid())


def look_until(family: Family, condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        family.look()
        time.sleep(0.01)
