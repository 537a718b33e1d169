"""A machine with little memory: real sandboxes, more than fit."""

import threading
from pathlib import Path

import pytest

from apps_runtime.kernels import Kernel, KernelHostFull, connect, disconnect
from apps_runtime.kernels.machine import Memory
from apps_runtime.playing.player import EndState
from tests.kernels.conftest import RunningHost, play, printed, running_host, wait_until

MIB = 2**20
# A sandbox with a template keeps some 80 MB here, so three or four of six fit, and the host.
ROOM = 400 * MIB
PROJECTS = [f"project-{number}" for number in range(6)]
CELLS = [("a", "n = 20"), ("b", "print(n)")]


def publish(host: RunningHost, folder: Path, project: str) -> None:
    (folder / project).mkdir(exist_ok=True)
    report = host.client.make_template(project, "v1", CELLS, files_dir=folder / project)
    assert report.ready, report.reason


def memory(host: RunningHost) -> dict:
    return host.client.stats()["memory"]


def sandboxes(host: RunningHost) -> set[str]:
    return {one["project_id"] for one in host.client.stats()["sandboxes"]}


@pytest.fixture(scope="module")
def small():
    with running_host(memory_bytes=ROOM, standby=0) as running:
        yield running


@pytest.fixture
def start(small, tmp_path):
    """Starts kernels of the small machine, which end with the test."""
    started = []

    def start_one(project: str, **wish):
        kernel = connect(small.client.start(project, tmp_path / project, **wish))
        started.append(kernel)
        return kernel

    yield start_one
    for kernel in started:
        kernel.kill()
        disconnect(kernel.address)


def test_what_nobody_uses_goes_for_what_somebody_wants_and_nothing_in_use_does(small, tmp_path, start):
    publish(small, tmp_path, PROJECTS[0])
    session = start(PROJECTS[0], template="v1")
    play(session, "mine = 7")
    for project in PROJECTS[1:]:
        publish(small, tmp_path, project)
        assert memory(small)["kept"] <= ROOM
        wait_until(lambda: memory(small)["kept"] <= ROOM * 9 // 10)
    there = sandboxes(small)
    assert {PROJECTS[0], PROJECTS[-1]} <= there and len(there) < 6, there
    assert memory(small)["evicted"] > 0

    assert printed(play(session, "print(n, mine)")) == "20 7\n", "a session goes on whatever went"
    gone = next(project for project in PROJECTS if project not in there)
    cold = start(gone, template="v1")
    assert cold.address.forked_from == "", "played again, as nothing is left"
    assert printed(play(cold, "n = 3; print(n)")) == "3\n"
    publish(small, tmp_path, gone)
    assert start(gone, template="v1").address.forked_from == "v1"


def test_sandboxes_that_go_while_somebody_starts_from_them_cost_no_start(small, tmp_path):
    """Everybody starts from everything at once, and most has to go for the next."""
    for project in PROJECTS:
        (tmp_path / project).mkdir()
    trouble: list[str] = []

    def admitted(project: str) -> Kernel | None:
        try:
            return connect(small.client.start(project, tmp_path / project, ticket=project))
        except KernelHostFull:
            return None

    def visit(project: str) -> None:
        for number in range(3):
            kernel = wait_until(lambda: admitted(project))
            ended = play(kernel, f"print({number})")
            if ended.state is not EndState.DONE:
                trouble.append(f"{project}: {ended.sentence}")
            kernel.kill()
            disconnect(kernel.address)

    visitors = [threading.Thread(target=visit, args=[project]) for project in PROJECTS]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    assert trouble == []
    wait_until(lambda: memory(small)["kept"] <= ROOM * 9 // 10)


def test_who_does_not_fit_waits_and_comes_when_somebody_goes(small, tmp_path, start):
    for project in PROJECTS:
        (tmp_path / project).mkdir()
    holding = start(PROJECTS[0])
    play(holding, f"kept = bytearray(b'x') * {ROOM}")
    wait_until(lambda: memory(small)["kept"] > ROOM)
    with pytest.raises(KernelHostFull) as caught:
        start(PROJECTS[1], ticket="second")
    assert (caught.value.limit, caught.value.position) == ("memory", 1)
    assert str(caught.value) == "The memory of this machine is in use; you are number 1 of 1 waiting."
    with pytest.raises(KernelHostFull):
        small.client.make_template(PROJECTS[2], "v1", CELLS, files_dir=tmp_path / PROJECTS[2])
    assert play(holding, "len(kept)").state is EndState.DONE, "what is in use stays, whatever it keeps"

    play(holding, "del kept")
    wait_until(lambda: memory(small)["kept"] < ROOM)
    assert printed(play(start(PROJECTS[1], ticket="second"), "print(1)")) == "1\n"


def test_files_in_memory_count(small, tmp_path, start):
    (tmp_path / "files").mkdir()
    kernel = start("files")
    wait_until(lambda: memory(small)["weighed_in"])
    before = next(one["bytes"] for one in small.client.stats()["sandboxes"] if one["project_id"] == "files")
    play(kernel, f"open('/tmp/big', 'wb').write(bytes({100 * MIB})); None")
    size = lambda: next(one["bytes"] for one in small.client.stats()["sandboxes"] if one["project_id"] == "files")  # noqa: E731
    wait_until(lambda: size() > before + 90 * MIB)


def test_a_machine_whose_memory_others_took_keeps_nothing_idle(tmp_path):
    """`free_bytes` more than there is: as if other programs had taken the rest."""
    with running_host(standby=0, free_bytes=Memory.look().available * 2 // 3) as crowded:
        publish(crowded, tmp_path, PROJECTS[0])
        wait_until(lambda: not sandboxes(crowded))
        publish(crowded, tmp_path, PROJECTS[1])


def test_nothing_starts_where_others_took_all(tmp_path):
    with running_host(standby=0, free_bytes=Memory.look().total) as full:
        (tmp_path / "files").mkdir()
        with pytest.raises(KernelHostFull, match="memory of this machine"):
            full.client.start("alone", tmp_path / "files")


GIB_2 = 2 * 2**30


@pytest.mark.parametrize(
    ("files", "total", "available"),
    [
        ({}, 8, 6),
        ({"memory.max": "max\n", "memory.current": "5\n", "memory.stat": "inactive_file 0\n"}, 8, 6),
        (
            {
                "memory.max": f"{GIB_2}\n",
                "memory.current": f"{GIB_2 // 2}\n",
                "memory.stat": f"anon 1\ninactive_file {GIB_2 // 4}\n",
            },
            2,
            1.5,
        ),
        (
            {
                "memory/memory.limit_in_bytes": f"{GIB_2}\n",
                "memory/memory.usage_in_bytes": f"{GIB_2}\n",
                "memory/memory.stat": f"total_inactive_file {GIB_2 // 2}\n",
            },
            2,
            1,
        ),
    ],
)  # fmt: skip
def test_a_container_is_as_large_as_it_may_be(tmp_path, files, total, available):
    (tmp_path / "meminfo").write_text(f"MemTotal: {8 * 2**20} kB\nMemFree: 1 kB\nMemAvailable: {6 * 2**20} kB\n")
    membership = tmp_path / "cgroup"
    membership.write_text("4:memory:/\n0::/\n")
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = Memory.look(tmp_path / "meminfo", tmp_path / "groups", membership)
    assert (found.total / 2**30, found.available / 2**30) == (total, available)
