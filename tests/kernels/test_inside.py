"""Modules of the sandbox that can be judged outside of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from apps_runtime.kernels.errors import SandboxUnavailable
from apps_runtime.kernels.inside import landlock, processes
from apps_runtime.kernels.sandbox import INSIDE, Layer, probe
from apps_runtime.kernels.settings import HostSettings
from tests.kernels.conftest import KERNEL_PYTHON, ROOT, wait_until


def test_the_inside_imports_nothing_of_the_outside():
    for file in INSIDE.glob("*.py"):
        assert not re.search(r"^\s*(from|import) (django|apps_runtime|projects|hexlite)\b", file.read_text(), re.M), (
            file
        )


def test_without_walls_it_refuses_to_run(monkeypatch, tmp_path):
    monkeypatch.setattr(landlock, "interface", lambda: 0)
    settings = HostSettings(tmp_path, KERNEL_PYTHON, bubblewrap="")
    with pytest.raises(SandboxUnavailable, match="HEXLITE_ALLOW_UNSANDBOXED=1"):
        probe(settings)


def test_without_walls_it_runs_only_when_told_to(monkeypatch, tmp_path):
    monkeypatch.setattr(landlock, "interface", lambda: 0)
    walls = probe(HostSettings(tmp_path, KERNEL_PYTHON, bubblewrap="", allow_unsandboxed=True))
    assert walls.layer is Layer.NONE
    assert "Landlock" in walls.reason


def test_a_bubblewrap_that_fails_is_reported(tmp_path):
    walls = probe(HostSettings(tmp_path, KERNEL_PYTHON, bubblewrap="/bin/false"))
    assert (walls.layer, "status 1" in walls.reason) == (Layer.LANDLOCK, True)


def test_a_family_is_found_and_ended():
    tree = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('up', flush=True); time.sleep(600)"
    root = subprocess.Popen([sys.executable, "-c", tree], stdout=subprocess.PIPE, text=True)
    root.stdout.readline()
    below = processes.descendants(root.pid)
    assert len(below) == 1
    processes.end_family(root.pid)
    root.wait(5)
    wait_until(lambda: not _running(below.pop()) if below else True)
    root.stdout.close()


@pytest.mark.parametrize("network", [True, False])
def test_landlock_takes_rights_away(tmp_path, network):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    source = f"""
import socket, sys
sys.path.insert(0, {str(INSIDE.parent)!r})
from inside import landlock
base = {str(tmp_path)!r}
landlock.restrict(readable=["/usr", sys.base_prefix, base + "/missing"], writable=[base + "/in"], network={network})
open(base + "/in/a", "w")
for attempt in (lambda: open(base + "/out/a", "w"), lambda: socket.create_server(("127.0.0.1", 0))):
    try:
        attempt(); print("allowed")
    except PermissionError:
        print("refused")
"""
    told = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=20, check=True)
    assert told.stdout.split() == ["refused", "allowed" if network or landlock.interface() < 4 else "refused"]


def test_the_look_is_the_designs():
    settings = (INSIDE / "matplotlibrc").read_text()
    for line in ("figure.figsize: 7.0, 3.4", "axes.spines.top: False", "savefig.transparent: True", "figure.dpi: 144"):
        assert line in settings


def test_matplotlib_reads_the_look_without_complaint(tmp_path):
    source = """
import sys; sys.path.insert(0, sys.argv[1])
import matplotlib, matplotlib.pyplot
from inside import plot_style
plot_style.apply()
chosen = matplotlib.rcParams
print(chosen["image.cmap"], matplotlib.colormaps["hexlite"](1.0)[2] > 0.1, chosen["font.family"])
"""
    environment = {"MATPLOTLIBRC": str(INSIDE / "matplotlibrc"), "MPLCONFIGDIR": str(tmp_path), "PATH": os.defpath}
    told = subprocess.run(
        [KERNEL_PYTHON, "-c", source, INSIDE.parent], capture_output=True, text=True, env=environment, timeout=60
    )
    assert (told.stdout, told.stderr) == ("hexlite True ['DejaVu Sans']\n", "")


def test_charts_are_lettered_as_pages_are(tmp_path):
    """Also where a word has a letter that the first file lacks: no warning in the author's cell."""
    source = """
import sys; sys.path.insert(0, sys.argv[1])
import matplotlib, matplotlib.pyplot as plt
from inside import plot_style
plot_style.apply(sys.argv[2])
figure, axes = plt.subplots()
axes.set_title("Turnover, \u20ac; \u0141\u00f3d\u017a, \u03b1\u00b2")
figure.savefig(sys.argv[3])
print(matplotlib.rcParams["font.family"], matplotlib.rcParams["axes.titleweight"])
"""
    environment = {"MATPLOTLIBRC": str(INSIDE / "matplotlibrc"), "MPLCONFIGDIR": str(tmp_path), "PATH": os.defpath}
    fonts = ROOT / "static" / "vendor" / "fonts" / "charts"
    told = subprocess.run(
        [KERNEL_PYTHON, "-c", source, INSIDE.parent, fonts, tmp_path / "chart.png"],
        capture_output=True, text=True, env=environment, timeout=60,
    )  # fmt: skip
    assert (told.stdout, told.stderr) == (
        "['Instrument Sans', 'Instrument Sans Extended', 'DejaVu Sans'] bold\n",
        "",
    )


def _running(number):
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_kernel_killed_with_news_on_its_way_ends_alone(tmp_path):
    """One look of the server finds both: the host's kill, and what the kernel's pipe had to say."""
    source = """
import json, os, socket
from inside.children import Running
from inside.server import ForkServer
host, channel = socket.socketpair()
server = ForkServer(channel)
for kernel in ("a", "b"):
    reader, writer = os.pipe()
    server.running[kernel] = running = Running(kernel, 0, reader)
    server.listen(reader, lambda running=running: server.hear_kernel(running))
    host.sendall(json.dumps({"do": "kill", "kernel": kernel}).encode() + b"\\n")
    os.write(writer, b'{"process": 1}\\n')
host.shutdown(socket.SHUT_WR)
server.serve()
print(host.recv(4096).decode(), end="")
"""
    environment = {**os.environ, "PYTHONPATH": str(INSIDE.parent)}
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=environment, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["event"], one["kernel"]) for one in told] == [("failed", "a"), ("failed", "b")]
