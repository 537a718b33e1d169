"""jupyter_client's door to the kernel host: a kernelspec that names `hexlite-provisioner` is started there.

So nbclient, `jupyter run` or any KernelManager use a hexlite kernel by the kernelspec's name alone; and a kernelspec
that names another provisioner goes where that one says, without a change here.
"""

import asyncio
import os
import signal
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Unicode

from apps_runtime.kernels.addresses import KernelAddress
from apps_runtime.kernels.client import KernelHost
from apps_runtime.kernels.errors import KernelGone, KernelHostUnreachable
from apps_runtime.kernels.settings import DEFAULT_KERNELSPEC

NAME = "hexlite-provisioner"
POLL_SECONDS = 0.05


class HexliteProvisioner(KernelProvisionerBase):
    """Starts, asks after and ends one kernel through the host.

    The kernel's folder is the manager's `cwd`; its project is HEXLITE_PROJECT_ID in the `env` given to start_kernel,
    else the folder. Nothing else of that environment reaches the kernel.
    """

    host = Unicode(help="The host's socket; written into the kernelspec by the host.").tag(config=True)
    kernelspec_name = Unicode(DEFAULT_KERNELSPEC).tag(config=True)
    address: KernelAddress | None = None

    @cached_property
    def _host(self) -> KernelHost:
        return KernelHost(self.host)

    @property
    def has_process(self) -> bool:
        return self.address is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        kwargs = await super().pre_launch(**kwargs)
        return {**kwargs, "cmd": list(self.kernel_spec.argv)}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Raises KernelUnavailable's kinds, with a sentence, when the host has no kernel for us."""
        folder = Path(kwargs.get("cwd") or Path.cwd()).resolve()
        project = kwargs["env"].get("HEXLITE_PROJECT_ID") or f"folder {folder}"
        self.address = await asyncio.to_thread(
            self._host.start, project, folder, self.kernelspec_name, label=self.kernel_id or "", purpose="jupyter"
        )
        connection = {**self.address.connection, "key": self.address.connection["key"].encode()}
        self.connection_info = connection
        return connection

    async def poll(self) -> int | None:
        """None while it runs; afterwards 0: the host does not keep the codes of the dead."""
        if self.address is None:
            return 0
        try:
            await asyncio.to_thread(self._host.status, self.address.kernel_id)
        except (KernelGone, KernelHostUnreachable):
            return 0
        return None

    async def wait(self) -> int | None:
        while (code := await self.poll()) is None:
            await asyncio.sleep(POLL_SECONDS)
        self.address = None
        return code

    async def send_signal(self, signum: int) -> None:
        if self.address is None or signum == 0:
            return
        try:
            if signum == signal.SIGINT:
                await asyncio.to_thread(self._host.interrupt, self.address.kernel_id)
            else:
                await asyncio.to_thread(self._host.signal, self.address.kernel_id, int(signum))
        except KernelGone:
            return  # As with Popen: a signal to a process that ended does nothing.

    async def kill(self, restart: bool = False) -> None:
        if self.address is not None:
            await asyncio.to_thread(self._host.kill, self.address.kernel_id)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """The host removes a kernel's folder with the kernel."""

    async def get_provisioner_info(self) -> dict[str, Any]:
        info = await super().get_provisioner_info()
        return {**info, "address": self.address.to_json() if self.address else None}

    async def load_provisioner_info(self, provisioner_info: dict) -> None:
        await super().load_provisioner_info(provisioner_info)
        saved = provisioner_info["address"]
        self.address = KernelAddress.from_json(saved) if saved else None


def announce(run_dir: Path) -> None:
    """Make `hexlite-python` known in this process: its kernelspec, written by the host into `run_dir`, and this class.

    An installed hexlite is found by its entry point; a checkout that only lies on the path is entered here.
    """
    folder = str(run_dir / "jupyter")
    known = os.environ.get("JUPYTER_PATH", "")
    if folder not in known.split(os.pathsep):
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (folder, known)))
    entry = EntryPoint(NAME, f"{__name__}:HexliteProvisioner", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.provisioners.setdefault(NAME, entry)
