"""The kernel host that workers under test speak to: the real one, on the settings' own socket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hexlite.children import die_with_parent

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def kernel_host() -> Iterator[None]:
    """`manage.py kernels`, once for all tests that play cells."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "kernels"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        preexec_fn=die_with_parent(os.getpid()),
    )
    assert process.stdout.readline() == "kernel host ready\n"
    yield
    process.terminate()
    process.wait(20)
    process.stdout.close()


def wait_until(condition, seconds: float = 15):
    """The first true answer of `condition`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"Not within {seconds} s: {condition}")


__all__ = ["kernel_host", "wait_until"]
