"""One sandbox in use: its process, the line to the fork server in it, and the kernels it holds."""

import asyncio
import json
import logging
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from apps_runtime.kernels import cgroups, network, sandbox, variables, wire
from apps_runtime.kernels.addresses import TemplateReport
from apps_runtime.kernels.environments import Environment
from apps_runtime.kernels.errors import KernelGone, KernelStartFailed
from apps_runtime.kernels.hosted import HostedKernel, HostedTemplate
from apps_runtime.kernels.inside import processes
from apps_runtime.kernels.inside.orders import KernelOrder
from apps_runtime.kernels.settings import HostSettings

log = logging.getLogger(__name__)
CHANNELS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}
_ENTER = "import sys; sys.path.append(sys.argv.pop(1)); from hexlite_inside.warm import main; main()"


class RunningSandbox:
    """The sandbox of one project and kernelspec."""

    def __init__(
        self,
        project_id: str,
        environment: Environment,
        outside: sandbox.Outside,
        walls: sandbox.Walls,
        settings: HostSettings,
        networked: bool,
        group: cgroups.ControlGroup | None = None,
    ) -> None:
        self.project_id, self.environment, self.outside = project_id, environment, outside
        self.walls, self.settings, self.networked, self.group = walls, settings, networked, group
        self.places = sandbox.places(walls, environment, outside)
        self.kernels: dict[str, HostedKernel] = {}
        self.templates: dict[str, HostedTemplate] = {}  # by version, the ones to fork from
        self.played: dict[str, HostedTemplate] = {}  # by name, those that are being dropped as well
        self.last_used = time.monotonic()
        self.last_clean_start = float("-inf")
        self.ending = False
        self.warm: dict = {}
        self.process: asyncio.subprocess.Process | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.warmed: asyncio.Future = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future = asyncio.get_running_loop().create_future()
        self._listening: asyncio.Task | None = None
        self._uplink: network.Uplink | None = None
        self._watching: asyncio.Task | None = None

    # ---- Life

    async def open(self) -> None:
        """Start the sandbox and wait until its Python is warm. Raises KernelStartFailed."""
        self._make_folders()
        ours, theirs = socket.socketpair()
        birth = network.NetworkLine() if self.networked and self.walls.uplink is not None else None
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self._command(theirs.fileno(), birth),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *((birth.theirs,) if birth is not None else ())),
                env=self._variables() if self.walls.layer is not sandbox.Layer.BUBBLEWRAP else {},
                cwd=self.outside.files,
                start_new_session=True,
            )
        except OSError as problem:
            ours.close()
            if birth is not None:
                birth.close()
            raise KernelStartFailed(f"The sandbox could not be started: {problem}") from problem
        finally:
            theirs.close()
        reader, self.writer = await asyncio.open_connection(sock=ours, limit=wire.LONGEST)
        self._listening = asyncio.create_task(self._listen(reader))
        if birth is not None:
            await self._connect(birth)
        try:
            self.warm = await asyncio.wait_for(asyncio.shield(self.warmed), self.settings.start_seconds * 2)
        except TimeoutError:
            self.kill()
            raise KernelStartFailed("The sandbox's Python did not get ready in time.") from None
        log.info("sandbox of %s warm after %s s", self.project_id, self.warm.get("seconds"))

    async def _connect(self, birth: network.NetworkLine) -> None:
        """While its Python gets warm, which is none of the project's code. Raises KernelStartFailed."""
        assert self.walls.uplink is not None
        try:
            uplink = await network.connect(self.walls.uplink, birth, self.settings.forbidden)
        except KernelStartFailed:
            self.kill()
            raise
        if not self.alive:  # It ended meanwhile, and nobody else knows of the uplink.
            await uplink.close()
            raise KernelStartFailed("The sandbox has ended.")
        self._uplink = uplink
        self._watching = asyncio.create_task(self._watch(self._uplink))

    async def _watch(self, uplink: network.Uplink) -> None:
        """A sandbox without the network that its notebooks were promised ends, and the next start makes another."""
        await uplink.watch()
        if self.alive and self.process is not None and self.process.returncode is None:
            log.warning("sandbox of %s lost its network: ended", self.project_id)
            self.kill()

    def kill(self) -> None:
        """End the sandbox and all in it at once: with a process namespace the kernel does it, without we walk it."""
        self.ending = True
        if self.process is None or self.process.returncode is not None:
            return
        if self.walls.layer is not sandbox.Layer.BUBBLEWRAP:
            processes.end_family(self.process.pid)
        self.process.kill()

    async def close(self) -> None:
        self.kill()
        await self.closed

    @property
    def alive(self) -> bool:
        """Some of it may still be there."""
        return not self.closed.done()

    @property
    def usable(self) -> bool:
        """Something can be started in it: it is not about to be gone."""
        return self.alive and not self.ending

    @property
    def roots(self) -> tuple[int, ...]:
        """Numbers of the processes that are the sandbox's, with all below them."""
        found = [self.process, self._uplink.process if self._uplink is not None else None]
        return tuple(one.pid for one in found if one is not None)

    # ---- Kernels

    def prepare(self, *, standby: bool, template: HostedTemplate | None = None) -> HostedKernel:
        """Ask the fork server for a kernel; `ready` of what is returned says when it is one."""
        kernel_id = secrets.token_hex(4)
        folder = self.outside.run / kernel_id
        folder.mkdir(mode=0o700)
        connection: dict = {"transport": "ipc", "ip": str(folder / "k"), "key": secrets.token_hex(32)}
        connection |= {"signature_scheme": "hmac-sha256", "kernel_name": self.environment.name, **CHANNELS}
        inside = f"{self.places.run}/{kernel_id}"
        file = folder / "connection.json"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump({**connection, "ip": f"{inside}/k"}, handle)
        origin = template.name if template is not None else ""
        version = template.key if template is not None else ""
        kernel = HostedKernel(kernel_id, folder, connection, standby=standby, template=origin, version=version)
        self.kernels[kernel_id] = kernel
        order = KernelOrder(
            kernel=kernel_id,
            connection_file=f"{inside}/connection.json",
            working_directory=self.places.work,
            caps=self.settings.kernel_limits.caps,
            readable=self.places.readable,
            writable=(*self.places.writable, inside),
            network=self.networked,
            sockets=self._sockets,
            command=self._executed(f"{inside}/connection.json"),
            template=origin,
        )
        self._tell(do="fork", **asdict(order))
        return kernel

    def make_template(self, key: str, cells: Sequence[tuple[str, str]]) -> HostedTemplate:
        """Have the fork server play a version; `report` of what is returned says how it went."""
        template = HostedTemplate(key, name=secrets.token_hex(4))
        self.templates[key] = self.played[template.name] = template
        settle = KernelOrder(
            kernel="",
            connection_file="",
            working_directory=self.places.work,
            caps=self.settings.kernel_limits.caps,
            readable=self.places.readable,
            # Its forks may not have more rights than it; each narrows them to a folder of its own.
            writable=(*self.places.writable, self.places.run),
            network=self.networked,
            sockets=self._sockets,
        )
        self._tell(do="template", key=template.name, cells=[list(cell) for cell in cells], **asdict(settle))
        return template

    def drop_template(self, key: str, reason: str) -> None:
        """End a template and its kernels in reserve; those in use go on. Nothing when there is none."""
        template = self.templates.pop(key, None)
        if template is None:
            return
        template.reason = reason
        self._tell(do="drop", key=template.name)
        for kernel in self.kernels.values():
            if kernel.standby and kernel.template == template.name:
                self._tell(do="kill", kernel=kernel.kernel_id)

    def interrupt(self, kernel_id: str) -> None:
        self._tell(do="interrupt", kernel=self._running(kernel_id).kernel_id)

    def signal(self, kernel_id: str, number: int) -> None:
        self._tell(do="signal", kernel=self._running(kernel_id).kernel_id, number=number)

    def end(self, kernel_id: str, reason: str) -> HostedKernel:
        """Kill a kernel and all its processes; `ended` of what is returned says when they are gone."""
        kernel = self._running(kernel_id)
        kernel.reason = kernel.reason or reason
        self._tell(do="kill", kernel=kernel_id)
        return kernel

    def _running(self, kernel_id: str) -> HostedKernel:
        if kernel_id not in self.kernels:
            raise KernelGone(f"There is no kernel {kernel_id}.")
        return self.kernels[kernel_id]

    # ---- The line to the fork server

    def _tell(self, **message: object) -> None:
        if self.writer is None or self.writer.is_closing():
            raise KernelStartFailed("The sandbox has ended.")
        self.writer.write(wire.encode(message))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Hear the fork server out until the sandbox ends; nothing it says can do more than end its own kernels."""
        assert self.process is not None and self.writer is not None
        try:
            while line := await reader.readline():
                self._hear(wire.decode(line))
        except (ValueError, KeyError, TypeError) as problem:
            log.warning("sandbox of %s talks nonsense (%s): ended", self.project_id, problem)
        except ConnectionError:
            log.info("sandbox of %s hung up", self.project_id)
        finally:
            self.kill()
            code = await self.process.wait()
            self.writer.close()
            if self._uplink is not None:
                await self._uplink.close()
            self._ended(code)

    def _hear(self, message: dict) -> None:
        match event := message["event"]:
            case "warm":
                if not self.warmed.done():
                    self.warmed.set_result(message)
            case "template_started" | "template" | "template_ended":
                self._hear_template(event, message)
            case _:
                kernel = self.kernels.get(message["kernel"])
                if kernel is not None:
                    self._hear_kernel(event, kernel, message)

    def _hear_template(self, event: str, message: dict) -> None:
        template = self.played.get(message["key"])
        if template is None:
            return
        match event:
            case "template_started":
                template.process = int(message["process"])
            case "template":
                template.tell(TemplateReport(**message["report"]))
            case "template_ended":
                del self.played[template.name]
                if self.templates.get(template.key) is template:
                    del self.templates[template.key]
                where = f"cell {message['position']}"
                words = f"{where} {template.reason}" if template.reason else f"{where} ended its process"
                template.tell(TemplateReport(ready=False, reason=words, cell_id=str(message["cell_id"])))

    def _hear_kernel(self, event: str, kernel: HostedKernel, message: dict) -> None:
        match event:
            case "started":
                kernel.process = int(message["process"])
            case "ready" | "executed":  # Another program says that it is ready only over ZeroMQ, to its client.
                kernel.be_ready()
            case "failed":
                self._forget(kernel, code=None, reason=str(message["reason"]))
            case "ended":
                self._forget(kernel, code=int(message["code"]), reason="")

    def _forget(self, kernel: HostedKernel, *, code: int | None, reason: str) -> None:
        if self.kernels.pop(kernel.kernel_id, None) is None:
            return
        self.last_used = time.monotonic()
        kernel.end(code=code, reason=reason)
        shutil.rmtree(kernel.folder, ignore_errors=True)

    def _ended(self, code: int) -> None:
        reason = f"The sandbox ended (status {code})."
        if not self.warmed.done():
            self.warmed.set_exception(KernelStartFailed(reason))
            self.warmed.exception()
        for kernel in list(self.kernels.values()):
            self._forget(kernel, code=None, reason=kernel.reason or reason)
        for template in self.played.values():
            template.tell(TemplateReport(ready=False, reason=reason))
        self.templates.clear()
        self.played.clear()
        shutil.rmtree(self.outside.run, ignore_errors=True)
        if self.group is not None:
            self.group.remove()
        if not self.closed.done():
            self.closed.set_result(code)

    # ---- How it is started

    def _command(self, descriptor: int, birth: network.NetworkLine | None) -> list[str]:
        words = sandbox.command(
            self.walls,
            self.environment,
            self.outside,
            self.places,
            network=self.networked,
            scratch_bytes=self.settings.scratch_bytes,
            shared_bytes=self.settings.shared_bytes,
            variables=self._variables(),
            birth=birth.theirs if birth is not None else None,
        )
        wish = {"preload": self.environment.preload, "fonts": self.places.fonts, "folder": self.places.scratch}
        words += [self.places.python, "-s", "-P", "-c", _ENTER, self.places.library, str(descriptor), json.dumps(wish)]
        return self.group.entering(words) if self.group is not None else words

    def _variables(self) -> dict[str, str]:
        return variables.of_kernels(self.project_id, self.environment, self.places, threads=self.settings.threads)

    def _executed(self, connection_file: str) -> list[str]:
        if self.environment.preload is not None:
            return []
        words = [part.replace("{connection_file}", connection_file) for part in self.environment.command]
        if self.walls.layer is not sandbox.Layer.BUBBLEWRAP:
            return words
        return [sandbox.shown_as(Path(word), self.environment) if word.startswith("/") else word for word in words]

    @property
    def _sockets(self) -> bool:
        """Without a namespace of their own, kernels without the network make no sockets for one."""
        return self.networked or self.walls.layer is sandbox.Layer.BUBBLEWRAP

    def _make_folders(self) -> None:
        self.outside.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.walls.layer is sandbox.Layer.BUBBLEWRAP:
            return
        for folder in (self.places.home, self.places.scratch, self.places.library):
            Path(folder).mkdir(mode=0o700, exist_ok=True)
        (Path(self.places.library) / "hexlite_inside").symlink_to(sandbox.INSIDE)
