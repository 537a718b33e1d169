"""The network of one sandbox: a namespace of its own, which slirp4netns connects to the outside in user space.

What the kernels send leaves as connections of slirp4netns, an ordinary program of the host's account in the machine's
network. It refuses its own aliases of the loopback. A rule of the namespace forbids the addresses below, also to a
socket that is bound to the device (without it, such a socket does reach 127.0.0.1 of the machine); kernels have no
capability to change it. Nothing of this needs a privilege.
"""

import asyncio
import fcntl
import ipaddress
import json
import logging
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from apps_runtime.kernels.errors import KernelStartFailed

log = logging.getLogger(__name__)
# 100 is the sandbox, 2 the gateway, 3 the resolver. No real network has this range (RFC 2544): it hides none.
ADDRESSES = "198.18.0.0/24"
RESOLVER, RESOLVER_6 = "198.18.0.3", "fd00::3"
# Loopback and link-local addresses, and those of clouds' metadata that are neither (Alibaba, Azure; Amazon, Google,
# Oracle), also as IPv6 writes those of IPv4 for a gateway (RFC 6052).
FORBIDDEN = {
    "-4": ("127.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32"),
    "-6": (
        "::1/128", "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128", "fd00:c1::/32",
        "64:ff9b::7f00:0/104", "64:ff9b::a9fe:0/112", "64:ff9b::6464:64c8/128", "64:ff9b::a83f:8110/128",
    ),
}  # fmt: skip
DEVICE = "tap0"
# The sandbox would get these by itself, but only after a second or two.
_WAY_6 = (f"address add fd00::64/64 dev {DEVICE} nodad", f"route add default via fd00::2 dev {DEVICE}")
MTU = 65520
_NS_GET_USERNS = 0xB701  # ioctl_ns(2)
_CONNECT_SECONDS, _LOOK_SECONDS = 10.0, 0.001
_TOO_EARLY = "The sandbox ended before it had its network."


@dataclass(frozen=True)
class Tools:
    """Where the programs are that build it."""

    slirp4netns: str
    nsenter: str
    ip: str


class NetworkLine:
    """A pipe on which a program we start says something once."""

    def __init__(self) -> None:
        self.ours, self.theirs = os.pipe()

    def close(self) -> None:
        for descriptor in (self.ours, self.theirs):
            if descriptor >= 0:
                os.close(descriptor)
        self.ours = self.theirs = -1

    async def hear(self) -> bytes:
        """All that is said, when the program has closed its end; nothing when it ended before."""
        os.close(self.theirs)
        self.theirs = -1
        reader = asyncio.StreamReader()
        pipe = os.fdopen(self.ours, "rb", buffering=0)
        self.ours = -1
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            return await reader.read()
        finally:
            transport.close()


@dataclass(frozen=True)
class Namespace:
    """A network namespace and the user namespace that owns it, as open files: numbers of processes are used again."""

    network: int
    owner: int

    def entering(self, tools: Tools, *, network: bool) -> list[str]:
        """The words before a command that runs there, with all rights over the namespace and none over the machine."""
        words = [tools.nsenter, "--preserve-credentials", f"--user=/proc/self/fd/{self.owner}"]
        return [*words, f"--net=/proc/self/fd/{self.network}", "--"] if network else [*words, "--"]


class Uplink:
    """A sandbox's connection to the outside: one slirp4netns, which ends with the sandbox and with the host."""

    def __init__(self, process: asyncio.subprocess.Process, lifeline: int) -> None:
        self.process = process
        # The other end of --exit-fd. Nobody else has this one, so that it closes when the host ends, however it does.
        self._lifeline = lifeline

    async def watch(self) -> None:
        """Returns when slirp4netns has ended. What it complains about is the notebook's doing, and not kept."""
        assert self.process.stderr is not None
        while await self.process.stderr.read(4096):
            pass
        await self.process.wait()

    async def close(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        os.close(self._lifeline)


def find_tools() -> tuple[Tools | None, str]:
    """The programs, or none and what is missing."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # Where `ip` is, which ordinary accounts don't look.
    found = {name: shutil.which(name, path=path) for name in ("slirp4netns", "nsenter", "ip")}
    missing = [name for name, place in found.items() if not place]
    if missing:
        return None, f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
    return Tools(**{name: place for name, place in found.items() if place}), ""


def resolver_file(machines: str) -> str:
    """/etc/resolv.conf of such a sandbox: slirp4netns asks the machine's resolver, also one on its loopback."""
    lines = [line.split() for line in machines.splitlines() if line.strip()]
    servers = [words[1] for words in lines if words[0] == "nameserver" and len(words) > 1]
    ours = [RESOLVER] if not servers or any(":" not in server for server in servers) else []
    ours += [RESOLVER_6] if any(":" in server for server in servers) and speaks_6() else []
    kept = [words for words in lines if words[0] in ("search", "domain", "options")]
    return "".join(" ".join(words) + "\n" for words in [*kept, *(["nameserver", one] for one in ours or [RESOLVER])])


def speaks_6(routes: Path = Path("/proc/net/ipv6_route")) -> bool:
    """Whether this machine has a way out by IPv6 (lines of proc_net: destination, length of its prefix … device)."""
    try:
        lines = [line.split() for line in routes.read_text().splitlines()]
    except FileNotFoundError:
        return False
    return any(words[0] == "0" * 32 and words[1] == "00" and words[-1] != "lo" for words in lines)


def slirp_words(tools: Tools, namespace: Namespace, *, ready: int, lifeline: int, six: bool) -> list[str]:
    """The command of one slirp4netns.

    It runs in the user namespace of the sandbox: there it may make a mount namespace that shows no file but /etc and
    /run (--enable-sandbox), and the root of the machine becomes nobody in particular.
    """
    words = [*namespace.entering(tools, network=False), tools.slirp4netns, "--configure", f"--mtu={MTU}"]
    words += [f"--cidr={ADDRESSES}", "--disable-host-loopback", "--enable-sandbox", "--enable-seccomp"]
    words += ["--enable-ipv6"] if six else []
    words += [f"--ready-fd={ready}", f"--exit-fd={lifeline}"]
    return [*words, "--netns-type=path", f"/proc/self/fd/{namespace.network}", DEVICE]


def parsed(forbidden: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """An administrator's networks, beside FORBIDDEN. Raises ValueError for what is none."""
    found = {family: list(addresses) for family, addresses in FORBIDDEN.items()}
    for one in forbidden:
        network = ipaddress.ip_network(one, strict=False)
        found[f"-{network.version}"].append(str(network))
    return {family: tuple(addresses) for family, addresses in found.items()}


async def connect(tools: Tools, birth: NetworkLine, forbidden: Iterable[str] = ()) -> Uplink:
    """Give a sandbox its way out, but not to FORBIDDEN and these. `birth` is what bubblewrap writes to its --info-fd.

    Call it before the project's code runs. Raises KernelStartFailed; nothing is left of it then.
    """
    try:
        return await asyncio.wait_for(_connect(tools, birth, parsed(forbidden)), _CONNECT_SECONDS)
    except TimeoutError:
        raise KernelStartFailed("The sandbox's network did not get ready in time.") from None
    except (OSError, ValueError, KeyError) as problem:
        raise KernelStartFailed(f"The sandbox's network could not be made: {problem}") from problem


async def _connect(tools: Tools, birth: NetworkLine, forbidden: dict[str, tuple[str, ...]]) -> Uplink:
    with ExitStack() as stack:
        born = await birth.hear()
        if not born:
            raise KernelStartFailed(_TOO_EARLY)
        told = json.loads(born)
        namespace = _namespace(told, stack)
        await _until_mapped(told["child-pid"])
        for family, addresses in forbidden.items():
            if family == "-4" or Path("/proc/net/if_inet6").exists():
                # Asked before the main table, and after the namespace's own loopback was found.
                rules = [f"rule add pref 1 to {one} prohibit" for one in addresses]
                await _configure(tools, namespace, family, rules)
        six = speaks_6()
        uplink = await _start(tools, namespace, six=six)
        try:
            if six:
                await _configure(tools, namespace, "-6", _WAY_6)
        except BaseException:
            await uplink.close()
            raise
        return uplink


def _namespace(born: dict, stack: ExitStack) -> Namespace:
    try:
        network = os.open(f"/proc/{born['child-pid']}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise KernelStartFailed(_TOO_EARLY) from None
    stack.callback(os.close, network)
    # The process may have ended and its number be another's by now, and that one's network the machine's.
    if os.fstat(network).st_ino != born["net-namespace"]:
        raise KernelStartFailed(_TOO_EARLY)
    # Not what /proc/…/ns/user names: with --disable-userns a second one lies inside of the one that owns the network.
    owner = fcntl.ioctl(network, _NS_GET_USERNS)
    stack.callback(os.close, owner)
    return Namespace(network, owner)


async def _until_mapped(child: int) -> None:
    """Until the user namespace knows the host's account: whoever enters it before is nobody there, and has no rights.

    bubblewrap tells of its child first, and the child writes the maps, that of groups last; nobody tells of that.
    """
    map_of_groups = Path(f"/proc/{child}/gid_map")
    while not map_of_groups.read_text():
        await asyncio.sleep(_LOOK_SECONDS)


async def _configure(tools: Tools, namespace: Namespace, family: str, lines: Iterable[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *namespace.entering(tools, network=True), tools.ip, family, "-batch", "-",
        pass_fds=(namespace.network, namespace.owner), env={},
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate("".join(f"{line}\n" for line in lines).encode())
    if process.returncode != 0:
        raise KernelStartFailed(f"The sandbox's network can't be set up with `ip`: {_words(said)}")


async def _start(tools: Tools, namespace: Namespace, *, six: bool) -> Uplink:
    ready, (theirs, lifeline) = NetworkLine(), os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *slirp_words(tools, namespace, ready=ready.theirs, lifeline=theirs, six=six),
            pass_fds=(namespace.network, namespace.owner, ready.theirs, theirs), env={}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError:
        ready.close()
        os.close(lifeline)
        raise
    finally:
        os.close(theirs)
    uplink = Uplink(process, lifeline)
    try:
        if await ready.hear():
            return uplink
        assert process.stderr is not None
        raise KernelStartFailed(f"slirp4netns does not run here: {_words(await process.stderr.read())}")
    except BaseException:
        await uplink.close()
        raise


def _words(said: bytes) -> str:
    return " ".join(said.decode(errors="replace").split())[-300:] or "it says nothing"


async def probe(command: Sequence[str]) -> tuple[Tools | None, str]:
    """Connect a throw-away sandbox, to see whether that works here: the tools, or none and why.

    `command` is bubblewrap's, without --info-fd and without a program.
    """
    tools, missing = find_tools()
    if tools is None:
        return None, missing
    birth = NetworkLine()
    try:
        sandbox = await asyncio.create_subprocess_exec(
            *command, "--unshare-net", "--info-fd", str(birth.theirs), "/usr/bin/cat",
            pass_fds=(birth.theirs,), env={}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            uplink = await connect(tools, birth)
            await uplink.close()
        finally:
            if sandbox.returncode is None:
                sandbox.kill()
            await sandbox.wait()
    except (OSError, KernelStartFailed) as problem:
        return None, str(problem)
    finally:
        birth.close()
    return tools, ""
