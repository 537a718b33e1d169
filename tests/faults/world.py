"""What must hold when a fault is over, whatever it was (docs/faults.md, I1 to I5)."""

from pathlib import Path

import psutil

from apps_runtime.kernels import KernelHost
from tests.kernel_host import wait_until
from tests.schedules.stack import Stack

TERMINAL = "('done', 'failed', 'cancelled', 'lost', 'denied')"
UNFINISHED = f"SELECT id, state, lease_until FROM apps_runtime_run WHERE state NOT IN {TERMINAL}"
# A version that visitors see is there, and so is what it shows of it.
BROKEN_POINTERS = """
    SELECT p.id FROM projects_publication p
    LEFT JOIN projects_version v ON v.id = p.version_id AND v.project_id = p.project_id
    LEFT JOIN apps_runtime_publishedresults r ON r.publication_id = p.id
    LEFT JOIN apps_runtime_run u ON u.id = r.run_id
    WHERE v.id IS NULL OR (u.id IS NOT NULL AND (u.project_id != p.project_id OR u.state NOT IN ('done', 'failed')))
"""
ANOTHER_RUN = """
from apps_runtime.models import Run
from apps_runtime.services.runs import runs
from projects.models import Version
version = Version.objects.filter(project__title="Spare").latest("pk")
answer = runs.start(version=version, trigger=Run.Trigger.MANUAL, by=version.project.created_by).pk.hex
"""


def assert_world_sane(stack: Stack, *, another_run: bool = True) -> None:
    """I1 every run has ended · I2 no kernel and no process is left of one · I3 what is published is whole · I4 no file
    is half written · I5 the worker takes a new run (not asked with `another_run=False`)."""
    wait_until(lambda: not stack.rows(UNFINISHED), 90)
    host = KernelHost(stack.environment["HEXLITE_RUN_DIR"] + "/kernels.sock")
    wait_until(lambda: _kernels_of_nobody(stack, host) == [], 15)
    wait_until(lambda: _strangers(stack) == [], 5)
    assert stack.rows(BROKEN_POINTERS) == []
    assert _half_written(stack.folder / "media") == []
    assert _half_written(stack.folder / "files") == []
    if another_run:
        run = stack.python(ANOTHER_RUN)
        stack.wait_for(f"SELECT state FROM apps_runtime_run WHERE id = '{run}'", [("done",)], seconds=15)


def _kernels_of_nobody(stack: Stack, host: KernelHost) -> list[str]:
    """Kernels that somebody is said to hold, but no session of the database does."""
    kept = " ".join(kernel or "" for (kernel,) in stack.rows("SELECT kernel FROM apps_runtime_session"))
    return [kernel.label for kernel in host.kernels() if kernel.label and kernel.kernel_id not in kept]


def _strangers(stack: Stack) -> list[str]:
    """Processes below the kernel host that are neither a sandbox nor one of its Pythons: left by somebody's code."""
    [host] = [one for one in stack.processes if "kernels" in one.args]
    children = psutil.Process(host.pid).children()
    family = psutil.Process(host.pid).children(recursive=True)
    uplinks = [one for one in children if one.name() == "slirp4netns"]
    sandboxes = [one for one in children if one.name() == "bwrap"]
    known = ("bwrap", "python", "python3", "slirp4netns")
    left = [one.name() for one in uplinks[len(sandboxes) :]]
    return left + [one.name() for one in family if one.is_running() and one.name() not in known]


def _half_written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.is_file()]
