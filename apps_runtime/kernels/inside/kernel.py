"""A child of the fork server becomes an ipykernel."""

import importlib
import importlib.util
import json
import os
import sys
import threading
from typing import Any

import zmq
from ipykernel import ipkernel
from ipykernel.compiler import XCachingCompiler
from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.application import BaseIPythonApplication
from IPython.core.profiledir import ProfileDir
from jupyter_client.session import Session
from traitlets import default
from traitlets.config import Config

from . import memory, threads

# Readers refuse messages above 32 MiB, and a refused message is lost without a word.
LARGEST_MESSAGE = 30 * 1024 * 1024
PIECE = 512 * 1024
INLINE = "module://matplotlib_inline.backend_inline"


class PacedStream(OutStream):
    """stdout and stderr in pieces: a writer that is faster than its reader waits, so a flood can be stopped."""

    flush_interval = 0.05
    _waiting = 0
    _sending = False

    def write(self, string: str) -> int | None:
        if not isinstance(string, str) or len(string) <= PIECE:
            return self._write_piece(string)
        for start in range(0, len(string), PIECE):
            self._write_piece(string[start : start + PIECE])
        return len(string)

    def flush(self) -> None:
        """Returns when what was written is with ZeroMQ. ipykernel's own flush only orders the sending, which then waits
        for as long as the next line of the cell keeps the interpreter's lock; and it asks its thread even when nothing
        was written, as after most cells, four times."""
        if self._waiting or self._sending:
            super().flush()
            super().flush()

    def _write_piece(self, piece: str) -> int | None:
        written = super().write(piece)
        self._waiting += len(piece)
        if self._waiting > PIECE:
            self.flush()
        return written

    def _flush(self) -> None:
        self._sending = True
        self._waiting = 0
        super()._flush()
        self._sending = False


class MeasuredSession(Session):
    """Says so where an output is too large to be sent."""

    def serialize(self, msg: dict[str, Any], ident: list[bytes] | bytes | None = None) -> list[bytes]:
        frames = super().serialize(msg, ident)
        size = sum(map(len, frames))
        if size <= LARGEST_MESSAGE or msg["msg_type"] not in ("display_data", "execute_result", "update_display_data"):
            return frames
        most = LARGEST_MESSAGE / 1e6
        text = f"[… an output of {size / 1e6:,.0f} MB left out: one output may have {most:,.0f} MB …]\n"
        notice = self.msg("stream", {"name": "stderr", "text": text}, parent=msg)
        notice["parent_header"] = msg["parent_header"]
        return super().serialize(notice, ident)


class InitialisedBefore(BaseIPythonApplication):
    """Stands between ipykernel's application and IPython's: the latter's part was done before the fork."""

    done = False

    def initialize(self, argv: list[str] | None = None) -> None:
        if not self.done:
            super().initialize(argv)
            self.done = True


class OneShellKernel(ipkernel.IPythonKernel):
    """The thread that runs cells takes its requests from the wire itself.

    ipykernel has another thread take them and hand them over, for subshells, which nobody asks for here; that costs two
    changes of threads for each.
    """

    _supports_kernel_subshells = False


class NoShellThread:
    """Where ipykernel looks for that thread: false, and knows who runs cells."""

    def __init__(self) -> None:
        self.parent_thread = threading.current_thread()

    def __bool__(self) -> bool:
        return False


class ForkedKernelApp(IPKernelApp, InitialisedBefore):
    """ipykernel's application without what a kernel of a host does not need: command line, files, parent poller."""

    @default("kernel_class")
    def _kernel_class_default(self) -> type[OneShellKernel]:
        return OneShellKernel

    @default("session")
    def _session_default(self) -> Session:
        return MeasuredSession(parent=self)

    @default("outstream_class")
    def _outstream_class_default(self) -> str:
        return f"{__name__}.PacedStream"

    def init_iopub(self, context: zmq.Context) -> None:
        # Never drop an output because a reader is slow: what waits costs this kernel's memory, which is limited.
        context.setsockopt(zmq.SNDHWM, 0)
        super().init_iopub(context)

    def init_control(self, context: zmq.Context) -> None:
        super().init_control(context)
        self.shell_channel_thread = NoShellThread()

    def init_profile_dir(self) -> None:
        self.profile_dir = ProfileDir.create_profile_dir(os.environ["IPYTHONDIR"], config=self.config)

    def load_config_file(self, suppress_errors: bool | None = None) -> None:
        """An author's files do not configure the product's kernels; there are none in the sandbox anyway."""

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """There is none; building the parser for it would take 7 ms."""

    def init_code(self) -> None:
        """No start-up files: there is no folder for them that only an author can write. And no list of all loaded
        modules, which would copy 2 MB of the fork: `make_ready` has made it."""

    def init_kernel(self) -> None:
        """Without a list of all loaded modules, which is for the debugger: it would copy 7 MB of the fork."""
        known, ipkernel.sys = ipkernel.sys, _NoModules()
        try:
            super().init_kernel()
        finally:
            ipkernel.sys = known


class _NoModules:
    """`sys` for ipykernel's kernel while it is made."""

    modules: dict = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def configuration() -> Config:
    config = Config()
    config.HistoryManager.enabled = False  # A database on disk and a thread, for nobody.
    config.IPKernelApp.log_level = "CRITICAL"
    # Names come from the variables that are there. Jedi reads the text besides, and would take seconds for the first.
    config.Completer.use_jedi = False
    config.Kernel._execute_sleep = 0.0  # Ours waits for reply and outputs alike; neither needs a head start.
    config.InteractiveShellApp.hide_initial_ns = False  # In a fork of a template these are the author's variables.
    return config


def make_ready() -> None:
    """Before any fork: the application and the shell, which ipykernel finds as the instances it asks for.

    What is made here is shared memory in every kernel, and costs none of them time.
    """
    InitialisedBefore.initialize(ForkedKernelApp.instance(config=configuration()), [])
    shell = ZMQInteractiveShell.instance(
        config=configuration(),
        profile_dir=ProfileDir.create_profile_dir(os.environ["IPYTHONDIR"]),
        compiler_class=XCachingCompiler,
    )
    shell._sys_modules_keys = set(sys.modules)
    show_figures(shell)
    register_formatters(shell)


def prepare(connection_file: str) -> ForkedKernelApp:
    """In a fork: sockets bound, the shell taken over as it is; `start()` then serves."""
    app = ForkedKernelApp.instance()
    app.connection_file = connection_file
    app.initialize([])
    app.shell.kernel = app.shell.parent = app.kernel
    threads.inherit_context()  # Not before: the kernel's own threads speak for whichever cell runs.
    app.shell.events.register("post_run_cell", lambda _: memory.give_back_when_idle())
    return app


def show_figures(shell: Any) -> None:
    """What matplotlib's inline backend does when a running kernel imports it; here it was imported before."""
    if "matplotlib_inline.backend_inline" not in sys.modules:
        return
    from IPython.core.pylabtools import activate_matplotlib
    from matplotlib_inline.backend_inline import configure_inline_support

    activate_matplotlib(INLINE)
    configure_inline_support(shell, INLINE)


def register_formatters(shell: Any) -> None:
    """The product's own representations (tables), where that module is present."""
    if importlib.util.find_spec(f"{__package__}.tables") is not None:
        importlib.import_module(f"{__package__}.tables").register(shell)


def write_connection_file(path: str, sockets: str) -> None:
    """For a rehearsal: a kernel nobody will connect to."""
    with open(path, "w") as handle:
        json.dump({"transport": "ipc", "ip": sockets, "key": "rehearsal"}, handle)
