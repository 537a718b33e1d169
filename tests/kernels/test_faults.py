"""What breaks a kernel, and what the author reads then. Real kernels; the promises are those of the faults table."""

import os
import resource
import signal
import time
from pathlib import Path

import pytest

from apps_runtime.kernels import KernelGone, connect, disconnect
from apps_runtime.kernels.process_table import ProcessTable
from apps_runtime.outputs.area import OutputLimits
from apps_runtime.playing.player import EndState, Player, PlayLimits
from tests.kernels.conftest import play, printed, running_host, wait_until

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os; os._exit(0)", "The kernel's process ended itself (status 0)."),
        ("import os; os._exit(7)", "The kernel's process ended itself (status 7)."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "The kernel died (SIGKILL)."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "The kernel died (SIGTERM)."),
        ("import ctypes; ctypes.string_at(0)", "The kernel died (SIGSEGV)."),
    ],
)
def test_a_kernel_that_dies_is_noticed_at_once(kernel, source, words):
    began = time.monotonic()
    # What a process wrote in its very last millisecond is still in its own memory when it dies.
    ended = play(kernel, f"print('before', flush=True)\nimport time; time.sleep(0.1)\n{source}")
    assert (ended.state, ended.sentence, ended.kernel_gone) == (EndState.DIED, words, True)
    assert printed(ended) == "before\n"
    assert time.monotonic() - began < 1
    assert not kernel.alive()


@pytest.mark.parametrize("call", ["exit()", "quit()", "exit", "get_ipython().ask_exit()"])
def test_exit_ends_the_kernel_and_is_no_success(kernel, call):
    ended = play(kernel, call)
    assert (ended.state, ended.error.name, ended.kernel_gone) == (EndState.EXITED, "KernelExited", True)
    assert play(kernel, "1").state is EndState.DIED


@pytest.mark.parametrize(
    ("source", "name"), [("import sys; sys.exit(3)", "SystemExit"), ("input('Name?')", "StdinNotImplementedError")]
)
def test_what_is_only_an_error_leaves_the_kernel_alone(kernel, source, name):
    ended = play(kernel, source)
    assert (ended.state, ended.error.name) == (EndState.FAILED, name)
    assert play(kernel, "1").state is EndState.DONE


def test_a_dead_kernel_plays_nothing(kernel):
    kernel.kill()
    assert play(kernel, "1").state is EndState.DIED
    assert kernel.complete("a", 1).matches == ()
    kernel.interrupt()
    kernel.kill()


def test_one_kernel_dies_and_its_neighbour_does_not(start):
    victim, neighbour = start(), start()
    play(neighbour, "x = 5")
    wait_until(lambda: victim.host.status(victim.kernel_id).process)
    os.kill(victim.host.status(victim.kernel_id).process, signal.SIGKILL)
    wait_until(lambda: not victim.alive())
    assert printed(play(neighbour, "print(x)")) == "5\n"


@pytest.mark.parametrize(
    "source",
    [
        "while True: print('x' * 1000)",
        "import os\nwhile True: os.write(1, b'x' * 1000)",
        "print('x' * 100_000_000)",
        "import subprocess; subprocess.run(['yes'])",
    ],
)
def test_a_flood_of_text_is_stopped_and_its_ends_are_kept(kernel, source):
    limits = PlayLimits(outputs=OutputLimits(stream_bytes=100_000))
    ended = play(kernel, f"print('the first line')\n{source}", limits=limits)
    assert ended.state is EndState.OUTPUT_LIMIT
    assert "stopped" in ended.sentence
    text = printed(ended)
    assert text.startswith("the first line")
    assert len(text) < 220_000


def test_a_flood_of_displays_is_stopped(kernel):
    ended = play(kernel, "while True: display(1)")
    assert (ended.state, len(ended.outputs) <= 202) == (EndState.OUTPUT_LIMIT, True)


def test_a_flood_of_updates_is_stopped(kernel):
    source = "handle = display(0, display_id=True)\nwhile True: handle.update(1)"
    ended = play(kernel, source, seconds=60, limits=PlayLimits(messages=2000))
    assert (ended.state, len(ended.outputs)) == (EndState.OUTPUT_LIMIT, 1)


def test_one_giant_output_is_left_out_with_a_word(kernel):
    ended = play(kernel, "from IPython.display import HTML\nHTML('x' * 60_000_000)")
    assert ended.state is EndState.DONE
    assert "60 MB left out" in printed(ended)


@pytest.mark.parametrize(
    "junk",
    [
        "s.send_raw(k.iopub_socket, [b'x'])",
        "k.iopub_socket.send_multipart([b'<IDS|MSG>', b'', b'{', b'{', b'{', b'{'])",
        "k.iopub_socket.send_multipart([b'<IDS|MSG>', s.sign([b'[1]'] * 4), b'[1]', b'[1]', b'[1]', b'[1]'])",
        "s.send(k.iopub_socket, 'stream', {'name': 3, 'text': [1]}, parent=k.get_parent())",
        "s.send(k.iopub_socket, 'no such type', {}, parent=k.get_parent())",
    ],
)
def test_junk_on_the_wire_is_passed_over(kernel, junk):
    ended = play(
        kernel, f"k = get_ipython().kernel; s = k.session\ntry:\n    {junk}\nexcept Exception: pass\nprint('ok')"
    )
    assert (ended.state, printed(ended)) == (EndState.DONE, "ok\n")


def test_a_giant_message_neither_arrives_nor_blocks(kernel):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source = """
    k = get_ipython().kernel
    k.session.send(k.iopub_socket, 'stream', {'name': 'stdout', 'text': 'x' * 200_000_000}, parent=k.get_parent())
    """
    play(kernel, source, seconds=30)
    assert printed(play(kernel, "print('on')")) == "on\n"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 200_000_000


def test_a_memory_bomb_ends_its_kernel_only():
    limits = {"resident": 400 * 2**20}
    with running_host(kernel_limits=limits, standby=0, preload=[]) as small:
        bomb = connect(small.client.start("p", small.files))
        neighbour = connect(small.client.start("p", small.files))
        ended = play(bomb, "kept = []\nwhile True: kept.append(bytearray(b'x') * 10_000_000)")
        assert (ended.state, ended.sentence) == (
            EndState.DIED,
            "The kernel used more memory than it may and was ended.",
        )
        assert play(neighbour, "1").state is EndState.DONE
        disconnect(neighbour.address)


def test_too_many_addresses_are_a_memory_error(kernel):
    ended = play(kernel, "bytearray(6 * 2**30)")
    assert (ended.state, ended.error.name) == (EndState.FAILED, "MemoryError")
    assert play(kernel, "1").state is EndState.DONE


def test_a_file_cannot_grow_beyond_its_limit(kernel):
    source = "with open('/tmp/big', 'wb') as handle:\n    handle.truncate(300 * 2**20)"
    ended = play(kernel, source)
    assert (ended.state, ended.error.name) == (EndState.FAILED, "OSError")


def test_a_fork_bomb_is_ended_whole_and_alone(start):
    bomb, neighbour = start(), start()
    source = "import os, time\nfor _ in range(300):\n    if os.fork() == 0:\n        time.sleep(600)\ntime.sleep(600)"
    ended = play(bomb, source)
    assert (ended.state, ended.sentence) == (
        EndState.DIED,
        "The kernel started more processes and threads than it may and was ended.",
    )
    assert play(neighbour, "1").state is EndState.DONE


def test_a_sandbox_has_only_so_many_processes():
    limits = {"processes": 60, "family": 1000}
    with running_host(kernel_limits=limits, standby=0, preload=[]) as small:
        if os.geteuid() == 0 and not small.client.stats()["groups"]:
            pytest.skip("RLIMIT_NPROC does not concern root, and this machine lets nobody make a pids group")
        kernel = connect(small.client.start("p", small.files))
        source = """
        import os, time
        made = 0
        try:
            while made < 300:
                if os.fork() == 0:
                    time.sleep(600)
                made += 1
        except BlockingIOError:
            print('refused')
        print(made < 60)
        """
        assert printed(play(kernel, source)) == "refused\nTrue\n"
        kernel.kill()
        disconnect(kernel.address)


def test_nothing_a_kernel_started_outlives_it(host, start):
    kernel = start()
    play(kernel, "import subprocess; subprocess.Popen(['sleep', '4321'], start_new_session=True)")
    play(
        kernel,
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.fork() or time.sleep(1234)\n    os._exit(0)",
    )
    assert len(_sleepers(host)) >= 1
    kernel.kill()
    wait_until(lambda: not _sleepers(host), seconds=10)


def test_what_an_exiting_kernel_leaves_is_swept(host, start):
    kernel = start()
    play(kernel, "import subprocess, os; subprocess.Popen(['sleep', '4321'], start_new_session=True); os._exit(0)")
    wait_until(lambda: not _sleepers(host), seconds=10)


def test_a_thread_that_prints_later_reaches_no_other_cell(kernel):
    play(kernel, "import threading; threading.Timer(0.2, lambda: print('late')).start()")
    ended = play(kernel, "import time; time.sleep(0.5); print('mine')")
    assert printed(ended) == "mine\n"


def test_the_host_killed_takes_all_kernels_along():
    with running_host(standby=1) as doomed:
        kernel = connect(doomed.client.start("p", doomed.files))
        play(kernel, "import subprocess; subprocess.Popen(['sleep', '999'], start_new_session=True)")
        family = doomed.family()
        assert len(family) > 4
        events = Player(kernel).play("print('on', flush=True); sum(range(10**13))", cell_id="a", deadline_seconds=60)
        next(events)
        next(events)
        doomed.kill()
        *_, ended = events
        assert (ended.state, ended.kernel_gone) == (EndState.DIED, True)
        wait_until(lambda: not set(family) & set(ProcessTable.take().processes), seconds=10)
        disconnect(kernel.address)


def test_a_held_kernel_goes_with_its_worker(host, files):
    address = host.client.start("alpha", files)
    kernel = connect(address, hold=True)
    disconnect(address)
    assert kernel.closed
    with pytest.raises(KernelGone):
        wait_until(lambda: host.client.status(address.kernel_id) and False, seconds=10)


def _sleepers(host):
    return [
        number
        for number in host.family()
        if b"sleep" in _command(number) or b"4321" in _command(number) or b"1234" in _command(number)
    ]


def _command(number):
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""
