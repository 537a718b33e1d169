"""Importing ahead: what a kernel would import later is imported once, before the forks.

Some imports happen lazily, at the first plot or the first table. They are found by rehearsal: a forked child starts a
kernel and does these things, says which modules that brought, and ends; the fork server then imports them itself.
"""

import importlib
import json
import os
import sys
import traceback
import warnings
from collections.abc import Iterable

KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "matplotlib_inline.backend_inline",
    "IPython.core.completerlib",
)
REHEARSAL = """
import sys
if "matplotlib.pyplot" in sys.modules:
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], label="a $x^2$"); axes.legend(); axes.set_title("t")
    display(figure)
    plt.show()
if "pandas" in sys.modules:
    import pandas
    frame = pandas.DataFrame({"a": ["x", "y"], "b": [1.5, 2.5], "c": pandas.to_datetime(["2026-01-01", "2026-01-02"])})
    frame._repr_html_(); frame.groupby("a").b.mean(); frame.describe(); repr(frame)
list(get_ipython().Completer.completions("pri", 3))
"""
FAILURE = "def fail():\n    return 1 / 0\nfail()"


def import_all(names: Iterable[str]) -> dict[str, str]:
    """Import each; returns the ones that failed with the reason, which is no reason not to start kernels."""
    failed = {}
    for name in names:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except Exception as problem:  # Whatever an import of a third party raises.
            failed[name] = f"{type(problem).__name__}: {problem}"
    return failed


def rehearse(folder: str) -> tuple[int, int]:
    """Fork the rehearsal: its process, and a pipe that says a JSON list of modules and closes.

    `folder` takes its sockets and goes. It is polite: the first kernels have work to do at the same time.
    """
    before = set(sys.modules)
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        try:
            os.nice(10)
            _perform(folder)
            brought = [name for name in sys.modules if name not in before and not name.startswith("__")]
            with os.fdopen(writer, "w") as out:
                json.dump(brought, out)
            status = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(status)
    os.close(writer)
    return process, reader


def _perform(folder: str) -> None:
    from . import kernel

    connection_file = os.path.join(folder, "rehearsal.json")
    kernel.write_connection_file(connection_file, os.path.join(folder, "rehearsal"))
    app = kernel.prepare(connection_file)
    for cell in (REHEARSAL, FAILURE):
        app.shell.run_cell(cell, store_history=False)
    app.cleanup_ipc_files()
    os.unlink(connection_file)
