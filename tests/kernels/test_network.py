"""Kernels with the network on: the outside is reached, the machine's loopback and link-local addresses are not (T16).

The machine is a network namespace of the test's own, so that it has every kind of address, for root or not.
"""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import psutil
import pytest

from apps_runtime.kernels import connect, disconnect, network, sandbox
from apps_runtime.kernels.environments import Environment
from apps_runtime.kernels.process_table import ProcessTable
from tests.kernels import machine
from tests.kernels.conftest import play, printed, running_host, wait_until

TOOLS = network.Tools("/bin/slirp4netns", "/bin/nsenter", "/sbin/ip")
REACH = """
import socket, time

def reach(address, kind='TCP', device='', port=7777, said=b'?', seconds=3):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    with socket.socket(family, {'TCP': socket.SOCK_STREAM, 'UDP': socket.SOCK_DGRAM}[kind]) as line:
        line.settimeout(seconds)
        try:
            if device:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            line.connect((address, port))
            line.send(said)
            return line.recv(100).decode()
        except OSError as problem:
            return type(problem).__name__
"""


# ---- What it is told to do


def test_the_command_of_slirp4netns():
    words = network.slirp_words(TOOLS, network.Namespace(network=7, owner=8), ready=9, lifeline=10, six=False)
    assert words == [
        "/bin/nsenter", "--preserve-credentials", "--user=/proc/self/fd/8", "--",
        "/bin/slirp4netns", "--configure", "--mtu=65520", "--cidr=198.18.0.0/24", "--disable-host-loopback",
        "--enable-sandbox", "--enable-seccomp", "--ready-fd=9", "--exit-fd=10",
        "--netns-type=path", "/proc/self/fd/7", "tap0",
    ]  # fmt: skip
    six = network.slirp_words(TOOLS, network.Namespace(network=7, owner=8), ready=9, lifeline=10, six=True)
    assert set(six) - set(words) == {"--enable-ipv6"}


@pytest.mark.parametrize(
    ("networked", "birth", "unshared", "resolver"),
    [(True, 5, True, "resolv.conf.uplink"), (True, None, False, "resolv.conf"), (False, None, True, "resolv.conf")],
)
def test_the_command_of_bubblewrap(tmp_path, networked, birth, unshared, resolver):
    walls = sandbox.Walls(sandbox.Layer.BUBBLEWRAP, "/bin/bwrap")
    environment = Environment("x", tmp_path / "python", (tmp_path,), ())
    outside = sandbox.Outside(tmp_path, tmp_path, None, None, tmp_path, None)
    inside = sandbox.places(walls, environment, outside)
    words = sandbox.command(
        walls,
        environment,
        outside,
        inside,
        network=networked,
        scratch_bytes=1,
        shared_bytes=2,
        variables={},
        birth=birth,
    )
    assert ("--unshare-net" in words) is unshared
    assert ("--info-fd 5" in " ".join(words)) is (birth is not None)
    assert f"--ro-bind {tmp_path / resolver} /etc/resolv.conf" in " ".join(words)
    assert "--size 2 --tmpfs /dev/shm --remount-ro /dev" in " ".join(words)


@pytest.mark.parametrize(
    ("machines", "six", "expected"),
    [
        ("nameserver 192.0.2.53\n", False, "nameserver 198.18.0.3\n"),
        ("nameserver 127.0.0.53\n", True, "nameserver 198.18.0.3\n"),
        ("# by hand\nsearch a.example b.example\noptions edns0\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n", False,
         "search a.example b.example\noptions edns0\nnameserver 198.18.0.3\n"),
        ("nameserver 2001:db8::53\n", True, "nameserver fd00::3\n"),
        ("nameserver 2001:db8::53\n", False, "nameserver 198.18.0.3\n"),
        ("nameserver 192.0.2.53\nnameserver 2001:db8::53\n", True, "nameserver 198.18.0.3\nnameserver fd00::3\n"),
        ("nameserver\n", False, "nameserver 198.18.0.3\n"),
        ("", False, "nameserver 198.18.0.3\n"),
    ],
)  # fmt: skip
def test_names_are_asked_through_slirp4netns(monkeypatch, machines, six, expected):
    monkeypatch.setattr(network, "speaks_6", lambda: six)
    assert network.resolver_file(machines) == expected


def test_a_way_out_by_ipv6_is_a_default_route(tmp_path):
    zeros, rest = "0" * 32, "00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003"
    table = tmp_path / "ipv6_route"
    assert not network.speaks_6(table)
    table.write_text(f"{zeros} 00 {zeros} {rest} lo\nfd{'0' * 30} 40 {zeros} {rest} eth0\n")
    assert not network.speaks_6(table)
    table.write_text(f"{zeros} 00 {zeros} {rest} lo\n{zeros} 00 {zeros} {rest} eth0\n")
    assert network.speaks_6(table)


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(network.shutil, "which", lambda name, path: None if name == "slirp4netns" else f"/bin/{name}")
    assert network.find_tools() == (None, "slirp4netns is not installed")
    monkeypatch.setattr(network.shutil, "which", lambda name, path: None if name != "nsenter" else f"/bin/{name}")
    assert network.find_tools() == (None, "slirp4netns and ip are not installed")


# ---- What is reached


@pytest.fixture(scope="module")
def needs_uplinks() -> None:
    """Skips where sandboxes can't have a network of their own, and says why. CI installs what it takes."""
    with running_host(preload=[], standby=0) as running:
        told = running.client.stats()
    if told["shares_network"]:
        pytest.skip(told["shares_network_because"])


@pytest.fixture(scope="module")
def world(needs_uplinks, tmp_path_factory):
    """A host, a kernel and a listener on a machine whose resolver is on its loopback."""
    names = tmp_path_factory.mktemp("etc") / "resolv.conf"
    names.write_text(f"nameserver {machine.RESOLVER}\n")
    with running_host(within=(*machine.COMMAND, str(names)), preload=[], standby=0) as running:
        assert running.client.stats()["shares_network_because"] == ""
        with machine.listening(running.process.pid) as listener:
            kernel = connect(running.client.start("p", running.files))
            play(kernel, REACH)
            yield kernel, listener
            disconnect(kernel.address)


def tried(world, source: str) -> tuple[str, list[str]]:
    """What the cell printed, and who came to the listener meanwhile."""
    kernel, listener = world
    told = printed(play(kernel, f"{source}\nend = reach({machine.OUTSIDE!r}, 'UDP', said=b'end')"))
    return told, [line.strip() for line in iter(listener.stdout.readline, "end\n")]


@pytest.mark.parametrize("address", [machine.OUTSIDE, machine.OUTSIDE_6])
def test_the_outside_is_reached(world, address):
    told, came = tried(world, f"print(reach({address!r}), reach({address!r}, 'UDP'))")
    assert (told, came) == ("welcome welcome\n", [f"TCP {address}", f"UDP {address}"])


def test_names_are_found_although_the_resolver_is_on_the_machines_loopback(world):
    told, _ = tried(world, "print(socket.gethostbyname('db.example'))")
    assert told == f"{machine.OUTSIDE}\n"


@pytest.mark.parametrize("device", ["", "tap0"])
@pytest.mark.parametrize(
    "address",
    [
        # The machine's loopback, by all its names, and those that the loopback has in a network of slirp4netns.
        "127.0.0.1", "127.0.0.53", "localhost", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1",
        "198.18.0.2", "198.18.0.3", "10.0.2.2", "10.0.2.3", "fd00::2", "fd00::3", "255.255.255.255",
        # Link-local addresses.
        machine.METADATA, f"::ffff:{machine.METADATA}", "fe80::5", "fe80::2",
    ],
)  # fmt: skip
def test_the_machines_own_addresses_are_not_reached(world, address, device):
    ways = f"reach({address!r}, kind, {device!r}, seconds=0.3)"
    told, came = tried(world, f"print(*({ways} for kind in ('TCP', 'UDP')))")
    assert came == []
    assert "welcome" not in told


def test_link_local_addresses_are_refused_at_once(world):
    began = time.monotonic()
    told, came = tried(world, f"print(reach({machine.METADATA!r}), reach({machine.METADATA!r}, 'UDP'))")
    assert (told, came) == ("PermissionError PermissionError\n", [])
    assert time.monotonic() - began < 1


def test_a_kernel_cannot_open_what_is_closed(world):
    source = """
    import subprocess
    def done(words):
        path = {'PATH': '/usr/sbin:/usr/bin:/sbin'}
        return subprocess.run(words.split(), capture_output=True, text=True, env=path)
    print(done('ip rule').stdout.count('prohibit'), done('ip -6 rule').stdout.count('prohibit'))
    print(done('ip rule delete pref 1').returncode != 0, done('unshare --user true').returncode != 0)
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    """
    kernel, _ = world
    ended = play(kernel, source)
    assert ended.error.name == "PermissionError"
    told = "".join(output["text"] for output in ended.outputs if output["output_type"] == "stream")
    assert told.split("\n")[:2] == [f"{len(network.FORBIDDEN['-4'])} {len(network.FORBIDDEN['-6'])}", "True True"]


def test_the_addresses_of_this_very_machine(needs_uplinks, start):
    """Without a namespace of the test's: its loopback is not reached, its other addresses are, as they were."""
    kernel = start(network=True)
    play(kernel, REACH)
    with socket.create_server(("127.0.0.1", 0)) as hidden, socket.create_server(("0.0.0.0", 0)) as shown:
        hidden.settimeout(0.2)
        port = hidden.getsockname()[1]
        names = ("127.0.0.1", "localhost", "198.18.0.2", "10.0.2.2")
        assert "welcome" not in printed(
            play(kernel, f"print(*(reach(name, port={port}, seconds=0.3) for name in {names}))")
        )
        with pytest.raises(TimeoutError):
            hidden.accept()
        if address := _own_address():
            source = f"socket.create_connection(({address!r}, {shown.getsockname()[1]}), 3).close()"
            assert play(kernel, source).error is None
            shown.accept()[0].close()


# ---- Where it can't be had, and how it ends


def test_without_slirp4netns_the_machines_network_is_shared_and_said_to_be(tmp_path):
    for name in ("bwrap", "nsenter"):
        if place := network.shutil.which(name):
            (tmp_path / name).symlink_to(place)
    with running_host(environment={"PATH": str(tmp_path)}, preload=[], standby=0) as plain:
        told = plain.client.stats()
        assert (told["shares_network"], told["shares_network_because"]) == (True, "slirp4netns is not installed")
        with socket.create_server(("127.0.0.1", 0)) as server:
            kernel = connect(plain.client.start("p", plain.files))
            port = server.getsockname()[1]
            assert play(kernel, f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)").error is None
            disconnect(kernel.address)


def test_where_it_must_not_be_shared_kernels_have_no_network_without_slirp4netns(tmp_path):
    for name in ("bwrap", "nsenter"):
        if place := network.shutil.which(name):
            (tmp_path / name).symlink_to(place)
    path = {"PATH": str(tmp_path)}
    with running_host(environment=path, preload=[], standby=0, share_network=False) as closed:
        told = closed.client.stats()
        assert (told["shares_network"], told["lacks_network"]) == (False, True)
        assert told["shares_network_because"] == "slirp4netns is not installed"
        kernel = connect(closed.client.start("p", closed.files))
        assert printed(play(kernel, "import socket; print(socket.if_nameindex())")) == "[(1, 'lo')]\n"
        disconnect(kernel.address)


def test_in_layer_b_a_kernel_without_the_network_makes_no_socket_for_one():
    """Landlock knows TCP only; the filter of system calls knows the rest."""
    with running_host(bubblewrap="", preload=[], standby=0, share_network=False) as bare:
        kernel = connect(bare.client.start("p", bare.files))
        source = """
        import socket
        for family in (socket.AF_INET, socket.AF_INET6):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                try:
                    socket.socket(family, kind)
                except PermissionError:
                    print('refused')
        socket.socketpair()
        """
        assert printed(play(kernel, source)) == "refused\n" * 4
        disconnect(kernel.address)


def test_an_administrator_forbids_more(needs_uplinks, tmp_path):
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("nameserver 192.0.2.53\n")
    forbidden = [f"{machine.OUTSIDE}/32", "2001:db8::/32"]
    with running_host(within=(*machine.COMMAND, str(resolver)), preload=[], standby=0, forbidden=forbidden) as running:
        kernel = connect(running.client.start("p", running.files))
        play(kernel, REACH)
        reached = f"print(reach({machine.OUTSIDE!r}), reach({machine.OUTSIDE_6!r}))"
        assert printed(play(kernel, reached)) == "PermissionError PermissionError\n"
        disconnect(kernel.address)


def test_what_is_no_network_is_refused():
    assert network.parsed(["10.1.2.3/8"])["-4"][-1] == "10.0.0.0/8"
    with pytest.raises(ValueError, match="ten"):
        network.parsed(["ten"])


def test_a_tool_that_does_not_run_is_said_in_its_words(tmp_path):
    (tmp_path / "slirp4netns").write_text("#!/bin/sh\necho no device here >&2\nexit 1\n")
    (tmp_path / "slirp4netns").chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with running_host(environment=path, preload=[], standby=0) as plain:
        told = plain.client.stats()
    if told["layer"] != sandbox.Layer.BUBBLEWRAP:
        pytest.skip(told["reason"])
    assert told["shares_network"] is True
    assert told["shares_network_because"] == "slirp4netns does not run here: no device here"


async def test_a_sandbox_is_entered_when_its_accounts_are_known(needs_uplinks):
    """bubblewrap tells of its child before that has mapped the host's account; who comes earlier has no rights."""
    child = await asyncio.create_subprocess_exec("unshare", "--user", "cat", stdin=asyncio.subprocess.PIPE)
    place = Path(f"/proc/{child.pid}")
    wait_until(lambda: (place / "ns/user").readlink() != Path("/proc/self/ns/user").readlink())
    waiting = asyncio.create_task(network._until_mapped(child.pid))
    assert await asyncio.wait({waiting}, timeout=0.1) == (set(), {waiting})
    (place / "uid_map").write_text(f"0 {os.geteuid()} 1")
    (place / "setgroups").write_text("deny")
    (place / "gid_map").write_text(f"0 {os.getegid()} 1")
    await asyncio.wait_for(waiting, 5)
    child.kill()
    await child.wait()


def test_with_the_network_off_nothing_is_made_for_it(needs_uplinks):
    with running_host(network=False, preload=[], standby=0) as quiet:
        kernel = connect(quiet.client.start("p", quiet.files))
        assert printed(play(kernel, "import socket; print(socket.if_nameindex())")) == "[(1, 'lo')]\n"
        assert _uplinks(quiet) == []
        assert quiet.client.stats()["shares_network"] is False
        disconnect(kernel.address)


@pytest.mark.faults
def test_a_sandbox_takes_its_uplink_along_and_the_other_way_round(needs_uplinks):
    with running_host(preload=[], standby=0, sandbox_idle_seconds=0.5) as running:
        for victim in ("bwrap", "slirp4netns"):
            kernel = connect(running.client.start("p", running.files))
            [uplink] = _uplinks(running)
            [sandbox_process] = [one for one in psutil.Process(running.process.pid).children() if one.name() == "bwrap"]
            (uplink if victim == "slirp4netns" else sandbox_process).send_signal(signal.SIGKILL)
            wait_until(lambda gone=uplink: not gone.is_running(), seconds=10)
            wait_until(lambda gone=sandbox_process: not gone.is_running(), seconds=10)
            wait_until(lambda one=kernel: not one.alive())
            disconnect(kernel.address)
        kernel = connect(running.client.start("p", running.files))
        kernel.kill()
        disconnect(kernel.address)
        wait_until(lambda: not psutil.Process(running.process.pid).children())  # Idle: closed by the host.


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_uplink_outlives_the_host(needs_uplinks, number):
    with running_host(preload=[], standby=0) as doomed:
        addresses = [doomed.client.start(project, doomed.files) for project in ("p", "q")]
        family = doomed.family()
        assert len(_uplinks(doomed)) == 2
        doomed.process.send_signal(number)
        doomed.process.wait(10)
        wait_until(lambda: not set(family) & set(ProcessTable.take().processes), seconds=10)
        assert len(addresses) == 2


def _uplinks(host) -> list[psutil.Process]:
    return [one for one in psutil.Process(host.process.pid).children() if one.name() == "slirp4netns"]


def _own_address() -> str:
    """The machine's first address that is neither loopback nor link-local."""
    found = [one.address for each in psutil.net_if_addrs().values() for one in each if one.family == socket.AF_INET]
    return next((one for one in found if not one.startswith(("127.", "169.254."))), "")
