"""scripts/backup and scripts/restore: what was published opens again from an empty folder."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.running import ROOT
from tests.schedules.stack import running_stack
from tests.schedules.test_real_processes import publish

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.xdist_group("stack")]

# More than 2 KB: kept in a file, not in the row.
TIDES = "print('high tide at noon, ' * 400)"
OPENED = """
from django.test import Client
from apps_runtime.models import Blob
from apps_runtime.outputs import store
from projects.models import Project, User
project = Project.objects.get()
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.get())
page = client.get(f"/{project.workspace.slug}/hex/{project.pk}/latest")
kept = [store.read(blob.pk).decode()[:22] for blob in Blob.objects.all()]
answer = [page.status_code, kept, "high tide" in page.text]
"""


def script(name: str, folder: Path, var: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "HEXLITE_VAR_DIR": str(var)}
    environment.pop("DATABASE_URL", None)
    return subprocess.run(
        [ROOT / "scripts" / name, folder], env=environment, capture_output=True, text=True, timeout=60
    )


def test_an_app_opens_from_a_backup(tmp_path):
    kept, again = tmp_path / "kept", tmp_path / "again"
    run_dir = tempfile.mkdtemp(prefix="hx")
    (tmp_path / "one").mkdir()
    with running_stack(tmp_path / "one") as stack:
        publish(stack, words=TIDES)
        before = stack.python(OPENED)
        done = script("backup", kept, stack.folder)  # While it goes on.
        assert done.returncode == 0, done.stderr
        assert script("backup", kept, stack.folder).returncode == 1  # Nothing is overwritten.
        environment = stack.environment
    assert before[0] == 200
    assert before[1] == ["high tide at noon, hig"]
    try:
        done = script("restore", kept, again)
        assert done.returncode == 0, done.stderr
        refused = script("restore", kept, again)
        assert refused.returncode == 1
        assert "holds a hexlite already" in refused.stderr
        opened = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", f"{OPENED}\nprint(answer)"],
            cwd=ROOT,
            env={**environment, "HEXLITE_VAR_DIR": str(again), "HEXLITE_RUN_DIR": run_dir},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert opened.stdout.splitlines()[-1:] == [str(before)], opened.stderr
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)
