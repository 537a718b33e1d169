"""A confined process has nothing of the one that asks it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from projects import confined
from tests.confined import work

pytestmark = pytest.mark.django_db


def test_no_secrets_no_sockets_no_database(monkeypatch):
    monkeypatch.setenv("HEXLITE_SECRET_KEY", "sk-SECRET-42")
    found = confined.call(work.facts)
    assert not [name for name in found["environment"] if "HEXLITE" in name or "SECRET" in name or "DATABASE" in name]
    sockets = [name for name in found["open"] if name.startswith("socket:")]
    assert len(sockets) == 1  # The one it is asked over.
    assert not [name for name in found["open"] if "sqlite" in name]
    assert found["threads"] == 1


def test_no_core_no_files(tmp_path):
    found = confined.call(work.facts)
    assert found["core"] == found["file"] == (0, 0)
    with pytest.raises(confined.Failed):
        confined.call(work.write, str(tmp_path / "file"))
    assert not (tmp_path / "file").exists() or not (tmp_path / "file").stat().st_size


PARENT = """
import os, sys, threading
os.environ["DJANGO_SETTINGS_MODULE"] = "hexlite.settings"
import django; django.setup()
from projects import confined
from tests.confined import work
print(confined.call(work.facts)["pid"], flush=True)
threading.Thread(target=confined.call, args=[work.burn], kwargs={"seconds": 60}, daemon=True).start()
print("burning", flush=True)
threading.Event().wait()
"""


def test_they_die_with_who_asks_even_while_they_work():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    with parent:
        pid = int(parent.stdout.readline())
        parent.stdout.readline()
        assert Path(f"/proc/{pid}").exists()
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _of_pool(pid):
        assert time.monotonic() < deadline, "it lives without its parent"
        os.sched_yield()


def _of_pool(pid: int) -> bool:
    try:
        return b"confined" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
