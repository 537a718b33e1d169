"""Speaking to the kernel host: synchronous and thread-safe; every request has a connection of its own (0.1 ms)."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps_runtime.kernels import wire
from apps_runtime.kernels.addresses import KernelAddress, KernelStatus, TemplateReport
from apps_runtime.kernels.errors import HostRefused, KernelGone, KernelHostUnreachable
from apps_runtime.kernels.settings import DEFAULT_KERNELSPEC

ANSWER_SECONDS = 10.0
# Longer than the host's own limits for warming a sandbox and starting a kernel, so that its sentence arrives.
START_SECONDS = 120.0


@dataclass(frozen=True)
class KernelHost:
    """The host behind a socket. All methods raise KernelHostUnreachable when nothing answers there."""

    socket_path: str

    def start(
        self,
        project_id: str,
        files_dir: str | Path,
        kernelspec: str = DEFAULT_KERNELSPEC,
        *,
        label: str = "",
        purpose: str = "",
        person: str = "",
        app: str = "",
        ticket: str = "",
        template: str | None = None,
        uploads_dir: str | Path | None = None,
        network: bool = True,
    ) -> KernelAddress:
        """A ready kernel in the sandbox of `project_id`, working in `files_dir` (shown to it as /work).

        `label` is the caller's name for it (a run's or session's id), found again in `kernels`. `person` and `app` are
        what the limits count by: empty means a stranger, and no app session. `ticket` keeps the caller's place in the
        queue when he comes back after KernelHostFull; give the session's id. `uploads_dir` is the folder of all uploads
        of the project's sessions, shown as /uploads. `network=False` cuts the kernel off; True leaves it to the
        installation. With `template` the kernel is forked from what `make_template` has played, if that is still there:
        `forked_from` of the address says so.

        Raises KernelHostFull, KernelStartFailed, UnknownKernelspec.
        """
        answer = self._ask(
            START_SECONDS,
            do="start",
            project_id=str(project_id),
            files=str(files_dir),
            kernelspec=kernelspec,
            label=label,
            purpose=purpose,
            person=person,
            app=app,
            ticket=ticket,
            template=template or "",
            uploads=str(uploads_dir or ""),
            network=network,
        )
        return KernelAddress.from_json(answer["address"])

    def prepare(
        self, project_id: str, files_dir: str | Path, kernelspec: str = DEFAULT_KERNELSPEC, *,
        uploads_dir: str | Path | None = None, network: bool = True,
    ) -> None:  # fmt: skip
        """Warm a project's sandbox ahead of its first kernel: when somebody opens the notebook, say."""
        self._ask(
            START_SECONDS, do="prepare", project_id=str(project_id), files=str(files_dir), kernelspec=kernelspec,
            uploads=str(uploads_dir or ""), network=network,
        )  # fmt: skip

    def interrupt(self, kernel_id: str) -> None:
        """SIGINT to the kernel and its group. Raises KernelGone."""
        self._ask(ANSWER_SECONDS, do="interrupt", kernel=kernel_id)

    def signal(self, kernel_id: str, number: int) -> None:
        """Any signal to the kernel and its group. Raises KernelGone."""
        self._ask(ANSWER_SECONDS, do="signal", kernel=kernel_id, number=number)

    def kill(self, kernel_id: str, reason: str = "killed") -> bool:
        """End a kernel with all its processes; returns when they are gone. False when it was gone already."""
        try:
            self._ask(ANSWER_SECONDS, do="kill", kernel=kernel_id, reason=reason)
        except KernelGone:
            return False
        return True

    def status(self, kernel_id: str) -> KernelStatus:
        """Raises KernelGone."""
        return KernelStatus(**self._ask(ANSWER_SECONDS, do="status", kernel=kernel_id))

    def kernels(self) -> tuple[KernelStatus, ...]:
        """Every kernel somebody holds on this machine."""
        return tuple(KernelStatus(**one) for one in self._ask(ANSWER_SECONDS, do="list")["kernels"])

    def stats(self) -> dict:
        """Layer, sandboxes, kernels with their memory, the queue: for metrics and `doctor`."""
        return self._ask(ANSWER_SECONDS, do="stats")

    def make_template(
        self, project_id: str, version_key: str, cells: Sequence[tuple[str, str]], *, files_dir: str | Path,
        kernelspec: str = DEFAULT_KERNELSPEC, uploads_dir: str | Path | None = None, network: bool = True,
        seconds: float = 900.0,
    ) -> TemplateReport:  # fmt: skip
        """Play a version's cells once in a process that sessions are then forked from; says whether that is safe."""
        answer = self._ask(
            seconds + START_SECONDS, do="make_template", project_id=str(project_id), files=str(files_dir),
            kernelspec=kernelspec, uploads=str(uploads_dir or ""), network=network, template=version_key,
            cells=[list(cell) for cell in cells], seconds=seconds,
        )  # fmt: skip
        return TemplateReport(**answer)

    def drop_template(self, project_id: str, version_key: str) -> None:
        """The version is no longer live; its kernels go on. Nothing happens when there is no such template."""
        self._ask(ANSWER_SECONDS, do="drop_template", project_id=str(project_id), template=version_key)

    def ping(self) -> None:
        """Returns when the host has answered."""
        self._ask(ANSWER_SECONDS, do="ping")

    def shutdown(self) -> None:
        self._ask(ANSWER_SECONDS, do="shutdown")

    def _ask(self, patience: float, /, **request: object) -> dict[str, Any]:
        with self._connection(patience) as connection:
            try:
                connection.sendall(wire.encode(request))
                with connection.makefile("rb") as answers:
                    line = answers.readline()
            except TimeoutError as problem:
                raise KernelHostUnreachable("The kernel host does not answer.") from problem
            except OSError as problem:
                raise KernelHostUnreachable(f"The kernel host hung up: {problem}") from problem
        if not line:
            raise KernelHostUnreachable("The kernel host hung up.")
        try:
            answer = wire.decode(line)
        except ValueError as problem:
            raise HostRefused("The kernel host's answer is no JSON.") from problem
        wire.raise_refusal(answer)
        return answer

    @contextmanager
    def _connection(self, seconds: float) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            try:
                connection.connect(self.socket_path)
            except OSError as problem:
                raise KernelHostUnreachable(
                    f"No kernel host answers at {self.socket_path}; start it with `manage.py kernels`."
                ) from problem
            yield connection
