"""The products: their environments, and how each is started."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.stack import ROOT, free_port

APPS = Path(__file__).parent / "apps"
ENVIRONMENTS = ROOT / ".venv-peers"
PATIENCE = 60.0


@dataclass(frozen=True)
class Product:
    """`command`: of its environment's bin, with {port}. `package`: whose version is told."""

    name: str
    package: str
    command: str
    how: str

    @property
    def folder(self) -> Path:
        return ENVIRONMENTS / self.package

    @property
    def version(self) -> str:
        asked = f"import importlib.metadata as m; print(m.version({self.package!r}))"
        return subprocess.run(
            [self.folder / "bin" / "python", "-c", asked], check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()


PRODUCTS = [
    Product(
        "Voilà",
        "voila",
        "voila voila_app.ipynb --no-browser --port={port}",
        "ipywidgets; a kernel for each window",
    ),
    Product(
        "marimo",
        "marimo",
        "marimo run marimo_app.py --headless --no-token --port {port}",
        "cells; a thread for each window",
    ),
    Product(
        "Streamlit",
        "streamlit",
        "streamlit run streamlit_app.py --server.headless true --server.port {port} --browser.gatherUsageStats false",
        "`st.cache_data` for what loads and transforms",
    ),
    Product(
        "Dash",
        "dash",
        "gunicorn dash_app:server --workers 2 --bind localhost:{port}",
        "rows loaded once in each of two gunicorn workers, sums memoised",
    ),
    Product(
        "Voilà, preheated",
        "voila",
        "voila . --no-browser --port={port} --preheat_kernel=True --pool_size=2",
        "the same, with two kernels that have played the notebook before somebody comes",
    ),
]


def install() -> None:
    """An environment for each, once; kept until its list changes."""
    for product in PRODUCTS:
        wanted = "".join((APPS / name).read_text() for name in ("requirements.txt", f"{product.package}.txt"))
        done = product.folder / ".installed"
        if done.exists() and done.read_text() == wanted:
            continue
        print(f"Installing {product.name}…", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", product.folder], check=True)
        pip = [product.folder / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "-r", APPS / f"{product.package}.txt"], check=True)
        done.write_text(wanted)


@contextmanager
def serving(product: Product) -> Iterator[tuple[str, psutil.Process]]:
    """The address of the app and the process of its server, which answers."""
    port = free_port()
    home = Path(tempfile.mkdtemp(prefix="hp"))
    shutil.copytree(APPS, home / "app")
    binaries = product.folder / "bin"
    environment = {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(home / "app"),
    }
    words = product.command.format(port=port).split()
    url = f"http://localhost:{port}/" + ("voila/render/voila_app.ipynb" if "preheat" in product.command else "")
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [binaries / words[0], *words[1:]],
            cwd=home / "app",
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(process, f"http://localhost:{port}/", home / "log")
        yield url, psutil.Process(process.pid)
    finally:
        _end(process)
        shutil.rmtree(home, ignore_errors=True)


def _wait(process: subprocess.Popen, url: str, log: Path) -> None:
    # Voilà plays the notebook for whoever asks for the page: ask for something small instead.
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url + "favicon.ico", timeout=5)  # noqa: S310  (our own address)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{process.args} does not answer:\n{log.read_text()}")


def _end(process: subprocess.Popen) -> None:
    """The server, then whatever of its session is left."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for one in family:
        if one.is_running():
            one.kill()
    psutil.wait_procs(family, 5)
