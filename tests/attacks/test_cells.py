"""Cells that take more memory or more of the disk than they may, by ways that nobody counts. Real kernels, on hosts
with small limits."""

import ast
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps_runtime.kernels import Kernel, connect, disconnect
from apps_runtime.playing.player import Ended, EndState
from tests.kernels.conftest import RunningHost, play, printed, running_host, wait_until

MIB = 2**20
DISK = {"project": 48 * MIB, "files": 1500, "free": 0}
MEMORY = {"resident": 300 * MIB}
SHARED = 64 * MIB
WISH = {"preload": [], "standby": 0, "kernel_limits": MEMORY, "disk_limits": DISK, "shared_bytes": SHARED}
TOO_MUCH_MEMORY = "The kernel used more memory than it may and was ended."
TOOLS = "import ctypes, mmap, os, socket, subprocess, threading, time\nMIB = 2**20"


@pytest.fixture(scope="module")
def limited() -> Iterator[RunningHost]:
    with running_host(**WISH) as running:
        yield running


@pytest.fixture
def project(limited) -> Iterator[Callable[..., Kernel]]:
    """`project()` is a kernel of a project whose folder, `project.files()`, is empty; `project("other")` of another."""
    started = []

    def start(name: str = "mine") -> Kernel:
        kernel = connect(limited.client.start(name, folder(name)))
        play(kernel, TOOLS)
        started.append(kernel)
        return kernel

    def folder(name: str = "mine") -> Path:
        place = limited.files / name
        place.mkdir(exist_ok=True)
        return place

    start.files = folder
    yield start
    for kernel in started:
        kernel.kill()
        disconnect(kernel.address)
    for place in limited.files.iterdir():  # The folders themselves are those of warm sandboxes.
        subprocess.run(["find", place, "-mindepth", "1", "-delete"], check=True)


def on_disk(folder: Path) -> int:
    return sum(one.stat().st_blocks * 512 for one in folder.rglob("*") if one.is_file())


# ---- Memory


LETS_GO = """
kept = []
while len(kept) < 40:
    one = mmap.mmap(-1, 20 * MIB)
    one.write(bytes(20 * MIB))
    one.madvise(mmap.MADV_DONTNEED)  # Not resident any more, and kept all the same.
    kept.append(one)
time.sleep(60)
"""
BY_CHILDREN = """
shared = mmap.mmap(-1, 800 * MIB)
for start in range(0, 800 * MIB, 20 * MIB):
    if os.fork() == 0:
        shared[start : start + 20 * MIB] = bytes(20 * MIB)
        os._exit(0)
    os.wait()
time.sleep(60)
"""
IN_SOCKETS = """
kept = []
while len(kept) < 500:
    ends = socket.socketpair()
    ends[0].setblocking(False)
    kept.append(ends)
    try:
        while ends[0].send(bytes(65536)):
            pass
    except BlockingIOError:
        pass
time.sleep(60)
"""


@pytest.mark.parametrize("cell", [LETS_GO, BY_CHILDREN, IN_SOCKETS], ids=["let go", "by children", "in sockets"])
def test_shared_memory_that_no_process_shows_counts_to_the_kernel_that_made_it(project, cell):
    bomb, neighbour = project(), project()
    ended = play(bomb, cell, seconds=50)
    assert (ended.state, ended.sentence) == (EndState.DIED, TOO_MUCH_MEMORY)
    assert play(neighbour, "1").state is EndState.DONE


def test_dev_shm_has_a_size(project):
    kernel = project()
    ended = play(kernel, "for i in range(10): open(f'/dev/shm/{i}', 'wb').write(bytes(20 * MIB))")
    assert ended.sentence == "OSError: [Errno 28] No space left on device"
    source = "print(sum(os.stat(f'/dev/shm/{one}').st_blocks * 512 for one in os.listdir('/dev/shm')) // MIB)"
    assert int(printed(play(kernel, source))) <= SHARED // MIB
    play(kernel, "for one in os.listdir('/dev/shm'): os.unlink(f'/dev/shm/{one}')")


def test_what_is_in_no_folder_and_no_process_can_t_be_made(project):
    """A memfd on its way through a socket, a segment that nobody has attached: refused, as an old system would."""
    source = """
    def refused(attempt):
        try:
            attempt()
        except OSError as problem:
            return os.strerror(problem.errno)
    libc = ctypes.CDLL(None, use_errno=True)
    def call(name, *arguments):
        ctypes.set_errno(0)
        return getattr(libc, name)(*arguments) == -1 and os.strerror(ctypes.get_errno())
    print(refused(lambda: os.memfd_create('x')), call('shmget', 0, 2**30, 0o1600), call('semget', 0, 32000, 0o1600),
          call('msgget', 0, 0o1600), call('syscall', 425, 8, 0), sep=', ')
    """
    assert printed(play(project(), source)) == ", ".join(["Function not implemented"] * 5) + "\n"


def test_libraries_find_other_shared_memory(project):
    source = """
    import multiprocessing, multiprocessing.shared_memory
    one = multiprocessing.shared_memory.SharedMemory(create=True, size=MIB)
    with multiprocessing.get_context('fork').Pool(2) as pool:
        print(pool.map(abs, [-1, 2]), multiprocessing.shared_memory.SharedMemory(one.name).size == MIB)
    one.unlink()
    """
    assert printed(play(project(), source)) == "[1, 2] True\n"


def test_empty_files_in_the_sandboxs_own_folders_are_counted(project):
    kernel = project()
    ended = play(kernel, "for i in range(10**6): open(f'/tmp/{i}', 'wb').close()", seconds=50)
    assert ended.state is EndState.FAILED
    assert ended.sentence.startswith("DiskLimit: There are ")
    assert ended.sentence.endswith("and 1,500 is the most. Delete what you do not need any more.")
    play(kernel, "for one in os.listdir('/tmp'): os.path.isfile(f'/tmp/{one}') and os.unlink(f'/tmp/{one}')")


# ---- The disk


TOO_LARGE = "and 48 MB is the most. Delete what you do not need any more, then run again."
TOO_MANY = "DiskLimit: This project has more than 1,500 files, which is the most. Delete"
GROWING = """
for i in range(10**6):
    with open(f'{i % 40}', 'ab') as file:
        file.write(bytes(MIB))
    time.sleep(0.005)
"""


DELETED = """
kept = []
while True:
    kept.append(open('x', 'wb'))
    os.unlink('x')
    kept[-1].write(bytes(MIB))
    time.sleep(0.005)
"""
MAPPED = """
for i in range(10**6):
    with open(f'{i}', 'w+b') as file:
        file.truncate(MIB)
        mmap.mmap(file.fileno(), MIB).write(bytes(MIB))
    time.sleep(0.005)
"""


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (GROWING, TOO_LARGE),
        ("for i in range(10**6):\n    with open(f'{i}', 'wb') as file: file.write(bytes(40_000))", ""),
        ("for i in range(10**6): open(f'{i}', 'wb').close()", TOO_MANY),
        ("for i in range(10**6): os.mkdir(f'{i}')", TOO_MANY),
        ("subprocess.run('for i in $(seq 4000); do head -c 1000000 /dev/zero > $i; done', shell=True)", TOO_LARGE),
        (DELETED, TOO_LARGE),
        (MAPPED, TOO_LARGE),
        ("os.mkdir('closed')\nos.chdir('closed')\nos.chmod('.', 0o300)\n" + GROWING, TOO_LARGE),
        ("for i in range(200):\n    os.mkdir('d')\n    os.chdir('d')\n" + GROWING, "DiskLimit: The f"),
    ],
    ids=["growing", "small files", "empty files", "folders", "a subprocess", "deleted", "mapped", "closed", "deep"],
)  # fmt: skip
def test_a_cell_that_passes_the_projects_quota_is_stopped_and_told_so(project, cell, words):
    kernel, other = project(), project("other")
    (project.files() / "kept.csv").write_text("a,b")
    ended = play(kernel, cell, seconds=50)
    assert ended.state is EndState.FAILED, ended.sentence
    assert ended.sentence.startswith("DiskLimit: ") and words in ended.sentence
    assert printed(play(kernel, "print(1)")) == "1\n"  # The kernel goes on, and may tidy up.
    assert (project.files() / "kept.csv").read_text() == "a,b"
    assert play(other, "open('mine', 'w').write('x')").state is EndState.DONE


def test_a_thread_that_goes_on_writing_after_its_cell_ends_with_its_kernel(project):
    kernel = project()
    play(
        kernel,
        f"def write():\n    {GROWING.replace(chr(10), chr(10) + '    ')}\nthreading.Thread(target=write).start()",
    )
    wait_until(lambda: not kernel.alive(), seconds=40)
    assert play(kernel, "1").sentence.endswith(TOO_LARGE)
    assert on_disk(project.files()) < DISK["project"] * 8


def test_a_cell_that_ignores_the_interrupt_ends_with_its_kernel(project):
    stubborn = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    ended = play(project(), stubborn + GROWING, seconds=50)
    assert (ended.state, ended.sentence[:10]) == (EndState.DIED, "The files ")
    assert ended.sentence.endswith(TOO_LARGE)


def test_what_takes_no_room_is_not_counted(project):
    """Sparse files, and further names of one file."""
    source = """
    with open('sparse', 'wb') as file:
        file.truncate(200 * MIB)
    with open('one', 'wb') as file:
        file.write(bytes(20 * MIB))
    for i in range(50):
        os.link('one', f'name{i}')
    time.sleep(2.5)
    print('done')
    """
    assert printed(play(project(), source)) == "done\n"


def test_room_on_the_disk_can_t_be_reserved_in_a_moment(project):
    """Another 100 GB in a millisecond: no watch is so fast. Libraries write it instead."""
    source = """
    libc = ctypes.CDLL(None, use_errno=True)
    with open('x', 'wb') as file:
        for mode in (0, 1, 16):
            print(libc.fallocate64(file.fileno(), mode, ctypes.c_long(0), ctypes.c_long(100 * 2**30)))
        print(os.strerror(ctypes.get_errno()))
        os.posix_fallocate(file.fileno(), 0, MIB)
        print(os.stat('x').st_size == MIB)
    """
    assert printed(play(project(), source)) == "-1\n-1\n-1\nOperation not supported\nTrue\n"


def test_a_project_that_is_full_already_can_still_be_worked_in(project):
    for number in range(60):
        (project.files() / str(number)).write_bytes(bytes(MIB))
    kernel = project()
    source = (
        "total = sum(len(open(one, 'rb').read()) for one in os.listdir())\nopen('note', 'w').write('x')\ntime.sleep(2)"
    )
    assert play(kernel, source).state is EndState.DONE
    assert play(kernel, GROWING, seconds=50).sentence.endswith(TOO_LARGE)


def test_the_room_that_is_kept_free_on_the_disk_stays_free(tmp_path):
    """As on a disk that is nearly full: this one's free room is below what is to be kept."""
    room = os.statvfs(tmp_path)
    limits = {"project": 2**40, "files": 10**6, "free": room.f_bavail * room.f_frsize * 2}
    with running_host(preload=[], standby=0, disk_limits=limits) as full:
        kernel, other = connect(full.client.start("p", full.files)), connect(full.client.start("q", tmp_path))
        play(kernel, TOOLS)
        ended = play(kernel, GROWING, seconds=50)
        assert ended.state is EndState.FAILED
        assert ended.sentence.startswith("DiskLimit: This machine's disk is nearly full: ")
        assert ended.sentence.endswith("Tell the administrator of this installation.")
        assert on_disk(full.files) < 10**9
        assert play(other, "sum(range(10**6))").state is EndState.DONE
        for one in (kernel, other):
            one.kill()
            disconnect(one.address)


# ---- Files that would do something outside


def test_no_file_of_a_cell_runs_as_the_account_it_belongs_to(project):
    source = """
    def refused(attempt):
        try:
            attempt()
        except PermissionError:
            return 'refused'
    open('x', 'w').close()
    descriptor = os.open('x', os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    def call(name, *arguments):
        if getattr(libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), name)
    for attempt in (
        lambda: os.chmod('x', 0o4755), lambda: os.chmod('x', 0o2755), lambda: os.fchmod(descriptor, 0o6755),
        lambda: os.open('y', os.O_CREAT | os.O_WRONLY, 0o4755), lambda: os.mknod('z', stat.S_IFREG | 0o4755),
        lambda: call('syscall', 452, -100, b'x', 0o4755, 0), lambda: call('creat', b'y', 0o4755),
        lambda: os.mknod('device', stat.S_IFCHR | 0o666, os.makedev(1, 3)),
    ):
        print(refused(attempt))
    os.chmod('x', 0o755)
    """
    assert printed(play(project(), "import stat\n" + source.replace("\n    ", "\n"))) == "refused\n" * 8
    modes = [stat.S_IMODE(one.lstat().st_mode) for one in project.files().iterdir()]
    assert modes == [0o755]


def test_what_a_cell_writes_is_for_the_account_of_the_host_alone(project):
    play(project(), "open('x', 'w').close(); os.mkdir('d'); subprocess.run('touch y', shell=True)")
    assert {one.name: stat.S_IMODE(one.stat().st_mode) for one in project.files().iterdir()} == {
        "x": 0o600, "y": 0o600, "d": 0o700,
    }  # fmt: skip


def test_a_set_uid_file_of_before_loses_that_as_soon_as_its_project_is_counted(project):
    old = project.files() / "old"
    old.write_text("x")
    old.chmod(0o4755)
    play(project(), "open('new', 'wb').write(bytes(MIB))")
    wait_until(lambda: stat.S_IMODE(old.stat().st_mode) == 0o755)


# ---- Every place that can be written to


def test_each_file_system_of_a_sandbox_that_can_be_written_to_has_a_bound(project):
    source = """
    import json
    found = []
    for line in open('/proc/self/mountinfo'):
        before, after = line.split(' - ')
        options = before.split()[5].split(',')
        kind, _, more = after.split()
        if 'ro' not in options:
            found.append([before.split()[4], kind, options, more.split(',')])
    print(json.dumps(found))
    """
    mounts = json.loads(printed(play(project(), source)))
    places = {place: (kind, options, more) for place, kind, options, more in mounts}
    sizes = {"/tmp": "size=262144k", "/home/kernel": "size=262144k", "/dev/shm": f"size={SHARED // 1024}k"}
    for place, size in sizes.items():
        kind, options, more = places.pop(place)
        assert (kind, size in more, {"nosuid", "nodev"} <= set(options)) == ("tmpfs", True, True), place
    for place in ("/work", "/run/hexlite"):  # Counted, both: the tests above, and the next.
        assert {"nosuid", "nodev"} <= set(places.pop(place)[1])
    assert "nosuid" in places.pop("/proc")[1]
    assert places.pop("/dev/pts")[0] == "devpts"
    devices = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console"}
    assert set(places) <= devices


def test_no_other_folder_of_a_sandbox_can_be_written_to(project):
    source = """
    written = set()
    for folder, folders, _ in os.walk('/'):
        folders[:] = [one for one in folders if not os.path.islink(f'{folder}/{one}')]
        if os.statvfs(folder).f_flag & os.ST_RDONLY or folder.startswith('/proc'):
            continue
        try:
            open(f'{folder}/x', 'w').close()
        except OSError:
            continue
        written.add('/'.join(folder.split('/')[:3]))
    for folder in ('/', '/dev', '/run', '/run/hexlite', '/opt', '/home', '/uploads', '/etc', '/proc', '/proc/self'):
        try:
            open(f'{folder}/x', 'w').close()
        except OSError:
            continue
        written.add(folder)
    print(sorted(written))
    """
    kernel = project()
    own = f"/run/hexlite/{kernel.kernel_id}"
    told = printed(play(kernel, source + f"\n    open('{own}/x', 'w').close()"))
    assert set(ast.literal_eval(told)) <= {"/work", "/tmp", "/home/kernel", "/dev/shm"}


def test_the_folder_of_a_kernels_sockets_counts_to_its_project(project):
    kernel = project()
    ended = play(kernel, f"os.chdir('/run/hexlite/{kernel.kernel_id}')\n{GROWING}", seconds=50)
    assert ended.sentence.endswith(TOO_LARGE)


# ---- Other accounts, other walls


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="this is an ordinary account already")
def test_a_host_without_any_right_over_the_machine_sees_as_much():
    """As root's tests it would see more of /proc than the account that hexlite runs as."""
    with running_host(within=("setpriv", "--bounding-set=-all", "--inh-caps=-all"), **WISH) as ordinary:
        for cell in (LETS_GO, DELETED):
            kernel = connect(ordinary.client.start("p", ordinary.files))
            play(kernel, TOOLS)
            words = play(kernel, cell, seconds=50).sentence
            assert words == TOO_MUCH_MEMORY if cell is LETS_GO else words.endswith(TOO_LARGE)
            kernel.kill()
            disconnect(kernel.address)


@contextmanager
def bare_kernel() -> Iterator[tuple[RunningHost, Kernel]]:
    with running_host(bubblewrap="", **WISH) as bare:
        kernel = connect(bare.client.start("p", bare.files))
        play(kernel, TOOLS)
        yield bare, kernel
        kernel.kill()
        disconnect(kernel.address)


def test_in_layer_b_the_same_holds_by_watching():
    with bare_kernel() as (bare, kernel):
        assert bare.client.stats()["layer"] == "B"
        assert play(kernel, "os.memfd_create('x')").sentence == "OSError: [Errno 38] Function not implemented"
        assert play(kernel, "open('x', 'w').close(); os.chmod('x', 0o4755)").state is EndState.FAILED
        assert play(kernel, GROWING, seconds=50).sentence.endswith(TOO_LARGE)
        play(kernel, "for one in os.listdir(): os.unlink(one)")
        home = f"os.chdir(os.environ['TMPDIR'])\n{GROWING}\n"
        ended: Ended = play(kernel, home, seconds=50)
        assert ended.sentence.endswith(TOO_LARGE)
