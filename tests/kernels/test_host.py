"""The host's own life, and what it answers."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps_runtime.kernels import (
    KernelAddress,
    KernelGone,
    KernelHost,
    KernelHostFull,
    KernelHostUnreachable,
    KernelStartFailed,
    UnknownKernelspec,
    connect,
    disconnect,
    folders,
)
from apps_runtime.kernels.errors import RunDirectoryTooLong
from apps_runtime.kernels.process_table import ProcessTable
from apps_runtime.kernels.settings import HostSettings
from tests.kernels.conftest import ENVIRONMENT, KERNEL_PYTHON, SERVE, play, printed, running_host, wait_until


def test_a_kernel_is_listed_under_its_label(host, start):
    kernel = start(label="run 7", purpose="preview", person="alice", app="sales")
    status = next(one for one in host.client.kernels() if one.label == "run 7")
    assert (status.kernel_id, status.project_id, status.state) == (kernel.kernel_id, "alpha", "ready")
    assert (status.purpose, status.person, status.app) == ("preview", "alice", "sales")


def test_a_killed_kernel_is_gone_for_all(host, start):
    kernel = start()
    folder = Path(kernel.address.connection["ip"]).parent
    kernel.kill()
    assert not kernel.alive()
    assert not folder.exists()
    with pytest.raises(KernelGone):
        host.client.status(kernel.kernel_id)
    with pytest.raises(KernelGone):
        host.client.interrupt(kernel.kernel_id)
    assert host.client.kill(kernel.kernel_id) is False


def test_connecting_to_a_kernel_that_is_gone_shows_it_dead(host, start):
    address = start().address
    host.client.kill(address.kernel_id)
    disconnect(address)
    assert connect(address).alive() is False


def test_kernels_in_reserve_are_taken_and_replaced(host, start):
    start()
    wait_until(lambda: _reserve(host) == 1)
    asked = time.time()
    taken = start()
    made = Path(taken.address.connection["ip"]).with_name("connection.json").stat().st_mtime
    assert made < asked
    wait_until(lambda: _reserve(host) == 1)


def test_two_kernels_of_one_project_draw_different_numbers(start):
    source = "import random, numpy; print(random.random(), numpy.random.rand(), numpy.random.default_rng().random())"
    drawn = [printed(play(start(), source)).split() for _ in range(3)]
    assert len({number for numbers in drawn for number in numbers}) == 9


def test_use_is_measured(host, start):
    kernel = start()
    status = wait_until(lambda: (one := host.client.status(kernel.kernel_id)).resident and one)
    assert 20e6 < status.resident < 500e6
    assert status.processes == 1
    assert ProcessTable.take().processes[status.process].resident > 20e6


def test_the_host_tells_about_itself(host, start):
    start()
    stats = host.client.stats()
    assert stats["layer"] == "A"
    assert stats["sandboxes"][0]["warm"]["failed"] == {}
    assert stats["sandboxes"][0]["warm"]["threads"] == 1
    assert stats["kernels"]


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"kernelspec": "cobol"}, UnknownKernelspec),
        ({"kernelspec": "../../etc"}, UnknownKernelspec),
        ({"files_dir": "/nonexistent"}, KernelStartFailed),
        ({"files_dir": "relative"}, KernelStartFailed),
    ],
)
def test_what_cannot_be_started_says_why(host, files, wish, problem):
    with pytest.raises(problem):
        host.client.start("alpha", **{"files_dir": files, **wish})


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b"[]\n", b"{}\n", b'{"do": "fly"}\n', b'{"do": "kill"}\n', b'{"do": "start", "x": 1}\n']
)
def test_a_malformed_request_is_refused_and_harms_nobody(host, line):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(host.client.socket_path)
        connection.sendall(line)
        answer = json.loads(connection.makefile().readline())
    assert answer["error"] == "HostRefused"
    assert host.client.stats()["layer"] == "A"


def test_nobody_answers_where_no_host_is(tmp_path):
    with pytest.raises(KernelHostUnreachable, match=r"manage\.py kernels"):
        KernelHost(str(tmp_path / "kernels.sock")).kernels()


def test_who_hangs_up_while_a_kernel_starts_leaves_none_behind(host, files):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(host.client.socket_path)
        request = {"do": "start", "project_id": "hasty", "files": str(files), "label": "hasty"}
        connection.sendall(json.dumps(request).encode() + b"\n")
        wait_until(lambda: "hasty" in str(host.client.stats()["sandboxes"]) or "hasty" in str(host.client.kernels()))
    wait_until(lambda: not [one for one in host.client.kernels() if one.label == "hasty"])


def test_a_second_host_in_the_same_folder_refuses(host):
    wish = json.dumps({"run_dir": str(host.run_dir), "kernel_python": str(KERNEL_PYTHON)})
    second = subprocess.run(
        [sys.executable, SERVE, wish], capture_output=True, text=True, timeout=30, check=False, env=ENVIRONMENT
    )
    assert second.returncode != 0
    assert "Another kernel host already runs" in second.stderr
    assert host.client.stats()["layer"] == "A"


def test_a_small_machine_refuses_with_the_queues_length(files):
    with running_host(host_limits={"host": 1}, standby=1, preload=[]) as small:
        first = small.client.start("p", files)
        for ticket, position in (("a", 1), ("b", 2), ("b", 2)):
            with pytest.raises(KernelHostFull) as caught:
                small.client.start("p", files, ticket=ticket)
            assert (caught.value.limit, caught.value.position, caught.value.waiting) == ("machine", position, position)
        small.client.kill(first.kernel_id)
        with pytest.raises(KernelHostFull):
            small.client.start("p", files, ticket="b")
        small.client.start("p", files, ticket="a")


def test_a_broken_python_is_a_sentence(files, tmp_path):
    wish = {"kernel_python": str(tmp_path / "python")}
    with running_host(**wish) as broken, pytest.raises(KernelStartFailed, match="does not run"):
        broken.client.start("p", files)


def test_a_library_that_is_missing_stops_no_kernel(files):
    with running_host(preload=["no_such_library", "json"], standby=0) as running:
        kernel = connect(running.client.start("p", files))
        assert printed(play(kernel, "print(1)")) == "1\n"
        failed = running.client.stats()["sandboxes"][0]["warm"]["failed"]
        assert "ModuleNotFoundError" in failed["no_such_library"]
        disconnect(kernel.address)


def test_other_kernelspecs_run_in_the_same_walls(files, tmp_path):
    spec = {
        "argv": [str(KERNEL_PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Plain Python",
        "language": "python",
        "interrupt_mode": "message",
        "env": {"COLOUR": "green"},
    }
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "kernel.json").write_text(json.dumps(spec))
    with running_host(kernelspec_dirs=[str(tmp_path)], preload=[]) as running:
        kernel = connect(running.client.start("p", files, "plain"))
        source = "import os; print(os.environ['COLOUR'], os.getcwd(), 'HEXLITE_SECRET_KEY' in os.environ)"
        assert printed(play(kernel, source)) == "green /work False\n"
        ended = play(kernel, "while True: pass", seconds=0.5)
        assert (ended.error.name, ended.kernel_gone) == ("CellTimeout", False)
        kernel.kill()
        wait_until(lambda: not kernel.alive())
        disconnect(kernel.address)


def test_told_to_stop_it_ends_all_and_itself(files):
    with running_host(preload=[]) as running:
        address = running.client.start("p", files)
        family = running.family()
        assert len(family) > 3
        running.client.shutdown()
        assert running.process.wait(10) == 0
        wait_until(lambda: not set(family) & set(ProcessTable.take().processes), seconds=10)
        assert not Path(address.connection["ip"] + "-1").exists()


def test_a_host_starts_where_another_was_killed(files):
    with running_host(preload=[], standby=0) as first:
        first.client.start("p", files)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        wish = json.dumps({"run_dir": str(first.run_dir), "kernel_python": str(KERNEL_PYTHON), "preload": []})
        with subprocess.Popen(
            [sys.executable, SERVE, wish], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as second:
            assert second.stdout.readline() == "ready\n"
            assert first.client.kernels() == ()
            assert isinstance(first.client.start("p", files), KernelAddress)
            second.terminate()


@pytest.mark.parametrize("length", [84, 110])
def test_a_folder_too_long_for_sockets_is_refused(tmp_path, length):
    long = tmp_path / ("x" * (length - len(str(tmp_path)) - 1))
    with pytest.raises(RunDirectoryTooLong, match="HEXLITE_RUN_DIR"):
        folders.take(long)


def test_settings_have_a_socket_in_the_run_folder(tmp_path):
    assert HostSettings(tmp_path, KERNEL_PYTHON).socket_path == tmp_path / "kernels.sock"


def _reserve(host):
    return next(one["standby"] for one in host.client.stats()["sandboxes"] if one["project_id"] == "alpha")
