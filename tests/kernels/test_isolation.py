"""What a kernel can see and reach: nothing of the host, of other projects, of other visitors (security T15–T19)."""

import os
import socket
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from apps_runtime.kernels import connect, disconnect
from apps_runtime.playing.player import EndState
from tests.kernels.conftest import play, printed, running_host


def test_the_environment_is_built_from_nothing(kernel):
    names = set(printed(play(kernel, "import os; print(*os.environ)")).split())
    assert {"HEXLITE_PROJECT_ID", "DEEPNOTE_PROJECT_ID", "HOME", "MPLCONFIGDIR", "MATPLOTLIBRC"} <= names
    assert not {"JPY_PARENT_PID", "PYTHONPATH", "HEXLITE_SECRET_KEY", "DATABASE_URL"} & names
    assert not {name for name in names if name.startswith(("DJANGO_", "AWS_"))}


def test_no_process_shows_a_secret_of_the_host(kernel):
    source = """
    import glob
    seen = 0
    for path in glob.glob('/proc/*/environ') + glob.glob('/proc/*/cmdline'):
        try:
            text = open(path, 'rb').read()
        except OSError:
            continue
        seen += 1
        assert b'canary-of-the-host' not in text, path
    print(seen > 0)
    """
    assert printed(play(kernel, source)) == "True\n"


def test_only_the_projects_own_processes_exist(kernel):
    commands = printed(play(kernel, "import glob; print(*(open(p).read() for p in glob.glob('/proc/[0-9]*/comm')))"))
    assert set(commands.split()) <= {"bwrap", "python"}


def test_the_host_itself_holds_no_secret(kernel_host):
    """`manage.py kernels` becomes a process without Django: what it was started with is gone."""
    [number] = [one for one in psutil.Process().children() if "apps_runtime.kernels" in one.cmdline()]
    environment = number.environ()
    assert "PATH" in environment
    assert not [name for name in environment if name.startswith(("HEXLITE_", "DJANGO_")) or name.endswith("_URL")]
    assert settings.SECRET_KEY not in " ".join(number.cmdline())


def test_project_id_folder_and_home(kernel, files):
    source = "import os; print(os.environ['HEXLITE_PROJECT_ID'], os.getcwd(), os.path.expanduser('~'), os.listdir())"
    assert printed(play(kernel, source)) == "alpha /work /home/kernel ['data.csv']\n"


def test_project_files_are_read_and_written(kernel, files):
    play(kernel, "open('written.txt', 'w').write(open('data.csv').read())")
    assert (files / "written.txt").read_text() == "a,b\n1,2\n"
    assert (files / "written.txt").stat().st_uid == os.geteuid()
    (files / "written.txt").unlink()


@pytest.mark.parametrize(
    "path",
    [
        "/usr/lib/x", "/etc/passwd", "/opt/hexlite/hexlite_inside/warm.py", "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger", "/x", "/run/hexlite/x",
    ],
)  # fmt: skip
def test_the_system_is_read_only(kernel, path):
    ended = play(kernel, f"open({path!r}, 'w').write('x')")
    assert ended.state is EndState.FAILED
    assert ended.error.name in {"OSError", "PermissionError", "FileNotFoundError"}


def test_the_python_environment_is_read_only(kernel):
    ended = play(kernel, "import numpy, os; open(os.path.join(os.path.dirname(numpy.__file__), 'x'), 'w')")
    assert ended.error.name in {"OSError", "PermissionError"}


def test_files_of_the_host_are_not_there(kernel, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    source = f"""
    import os
    print(os.path.exists({str(tmp_path / "secret.txt")!r}), os.path.exists('/etc/shadow'), os.path.exists('/var'))
    """
    assert printed(play(kernel, source)) == "False False False\n"


def test_a_link_out_of_the_project_leads_nowhere(kernel, files, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (files / "link").symlink_to(tmp_path / "secret.txt")
    assert play(kernel, "open('link').read()").error.name == "FileNotFoundError"
    (files / "link").unlink()


def test_one_project_reaches_nothing_of_another(start, tmp_path):
    mine, theirs = start(), start("beta", tmp_path)
    play(theirs, "secret_of_beta = 1; open('beta.txt', 'w').write('beta')")
    address = theirs.address.connection
    source = f"""
    import glob, os, socket
    found = [path for path in glob.glob('/work/**', recursive=True) if 'beta' in path]
    sockets = glob.glob('/run/hexlite/*/k-*')
    print(found, os.path.exists({address["ip"] + "-1"!r}), {theirs.kernel_id!r} in str(sockets))
    """
    assert printed(play(mine, source)) == "[] False False\n"


def test_one_visitors_kernel_reaches_not_into_anothers(start):
    mine, theirs = start(), start()
    number = printed(play(theirs, "import os; token = 'x'; print(os.getpid())")).strip()
    source = f"""
    import os, signal
    def refused(attempt):
        try:
            attempt()
        except OSError as problem:
            return type(problem).__name__
    print(
        refused(lambda: os.kill({number}, 0)),
        refused(lambda: open('/proc/{number}/mem', 'rb')),
        refused(lambda: open('/proc/{number}/environ', 'rb').read()),
        refused(lambda: open('/run/hexlite/{theirs.kernel_id}/connection.json')),
        refused(lambda: os.kill(os.getppid(), signal.SIGKILL)),
    )
    """
    assert printed(play(mine, source)) == " ".join(["PermissionError"] * 5) + "\n"
    assert play(theirs, "token").state is EndState.DONE


def test_the_sockets_are_private(host, kernel):
    folder = Path(kernel.address.connection["ip"]).parent
    for path in (folder, folder.parent, folder / "connection.json", host.run_dir, Path(host.client.socket_path)):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_kernel_has_no_new_rights(kernel):
    source = """
    status = dict(line.rstrip('\\n').split(':\\t', 1) for line in open('/proc/self/status'))
    print(status['CapEff'], status['CapBnd'], status['NoNewPrivs'])
    import ctypes
    print(ctypes.CDLL(None).unshare(0x10000000))
    """
    assert printed(play(kernel, source)) == "0000000000000000 0000000000000000 1\n-1\n"


def test_limits_of_a_process_are_set(kernel):
    source = """
    import resource
    print(*(resource.getrlimit(getattr(resource, 'RLIMIT_' + name))[1] for name in ('AS', 'NOFILE', 'FSIZE', 'CORE')))
    """
    assert printed(play(kernel, source)) == f"{4 * 2**30} 1024 {256 * 2**20} 0\n"


def test_without_network_nothing_is_reached(host, start):
    """What is reached with it: test_network.py."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        server.settimeout(0.2)
        source = f"import socket; socket.create_connection((address, {server.getsockname()[1]}), 2)"
        addresses = {one.address for each in psutil.net_if_addrs().values() for one in each}
        kernel = start(network=False)
        for address in [one for one in addresses if "." in one]:
            assert play(kernel, f"address = {address!r}; {source}").state is EndState.FAILED
        with pytest.raises(TimeoutError):
            server.accept()


def test_the_products_own_services_are_out_of_reach_with_the_network_on(host, start):
    """T16: what tasks, news and kernels are asked by are Unix sockets that no sandbox shows, and none is abstract."""
    source = f"""
    import socket
    for address in ({host.client.socket_path!r}, {str(settings.RUN_DIR / "redis.sock")!r}):
        try:
            socket.socket(socket.AF_UNIX).connect(address)
        except FileNotFoundError:
            print('not there')
    names = [line.split()[-1] for line in open('/proc/net/unix').read().splitlines() if '@' in line]
    def reached(name):
        try:
            socket.socket(socket.AF_UNIX).connect(name.replace('@', chr(0), 1))
            return True
        except OSError:
            return False
    print(any(map(reached, names)))
    """
    assert printed(play(start(network=True), source)) == "not there\nnot there\nFalse\n"


def test_uploads_are_shown_beside_the_project(start, tmp_path):
    (tmp_path / "uploads" / "session").mkdir(parents=True)
    (tmp_path / "uploads" / "session" / "given.csv").write_text("a")
    kernel = start("gamma", tmp_path, uploads_dir=tmp_path / "uploads")
    assert kernel.address.uploads == "/uploads"
    assert printed(play(kernel, "print(open('/uploads/session/given.csv').read())")) == "a\n"


def test_landlock_alone_hides_the_host_too(tmp_path):
    """Layer B, where bubblewrap cannot run."""
    files, secret = tmp_path / "files", tmp_path / "secret.txt"
    files.mkdir()
    secret.write_text("secret")
    with running_host(bubblewrap="", preload=[], standby=0) as bare:
        assert bare.client.stats()["layer"] == "B"
        kernel = connect(bare.client.start("p", files))
        source = f"""
        import os
        def refused(attempt):
            try:
                attempt()
            except OSError as problem:
                return type(problem).__name__
        print(
            refused(lambda: open({str(secret)!r})),
            refused(lambda: open('/proc/{os.getpid()}/environ', 'rb').read()),
            refused(lambda: open({str(bare.run_dir / "kernels.lock")!r})),
            refused(lambda: os.kill({os.getpid()}, 0)),
            refused(lambda: open('mine.txt', 'w')),
            'HEXLITE_SECRET_KEY' in os.environ,
        )
        """
        assert printed(play(kernel, source)) == " ".join(["PermissionError"] * 4) + " None False\n"
        assert (files / "mine.txt").exists()
        play(kernel, "import subprocess; subprocess.Popen(['sleep', '4321'], start_new_session=True)")
        family = bare.family()
        kernel.kill()
        disconnect(kernel.address)
        assert len(bare.family()) < len(family)
