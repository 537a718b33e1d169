"""A child of the fork server becomes an ipykernel."""

import importlib.util
import os

import zmq
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config


class ForkedKernelApp(IPKernelApp):
    """ipykernel's application without what a kernel of a host does not need: command line, files, parent poller."""

    def init_iopub(self, context: zmq.Context) -> None:
        # Never drop an output because a reader is slow: what waits costs this kernel's memory, which is limited.
        context.setsockopt(zmq.SNDHWM, 0)
        super().init_iopub(context)

    def init_profile_dir(self) -> None:
        from IPython.core.profiledir import ProfileDir

        self.profile_dir = ProfileDir.create_profile_dir(os.environ["IPYTHONDIR"], config=self.config)

    def load_config_file(self, suppress_errors: bool | None = None) -> None:
        """An author's files do not configure the product's kernels; there are none in the sandbox anyway."""


def configuration() -> Config:
    config = Config()
    config.HistoryManager.enabled = False  # A database on disk and a thread, for nobody.
    config.IPKernelApp.log_level = "CRITICAL"
    config.InteractiveShell.banner1 = ""
    return config


def prepare(connection_file: str) -> ForkedKernelApp:
    """An initialised application: sockets bound, shell made, extensions registered; `start()` then serves."""
    app = ForkedKernelApp.instance(config=configuration(), connection_file=connection_file)
    app.initialize([])
    register_formatters(app.shell)
    return app


def register_formatters(shell: object) -> None:
    """The product's own representations (tables), where that module is present."""
    package = __package__ or "hexlite_inside"
    if importlib.util.find_spec(f"{package}.tables") is not None:
        importlib.import_module(f"{package}.tables").register(shell)
