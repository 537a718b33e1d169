"""`manage.py up`: everything on one machine, with one command, and nothing left behind."""

import os
import signal
import socket
import time
from argparse import ArgumentParser
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from apps_runtime.kernels import KernelHost, KernelUnavailable
from hexlite import browser_files
from hexlite.children import Child, Family, GaveUp, open_lock, python
from hexlite.doctor.kernels import network_of_notebooks
from hexlite.environment import is_own_machine
from hexlite.redis_server import RedisUnreachable, check_redis, redis_command
from hexlite.signs import AskedSign, Signs, Told

READY_SECONDS = 60.0
ANSWER_SECONDS = 5.0


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or sent SIGTERM."""


class Command(BaseCommand):
    help = "Starts hexlite: database, Redis, web, worker, beat, kernel host. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--no-demo", action="store_true", help="no demo accounts and projects")

    def handle(self, *args: Any, port: int, host: str, no_demo: bool, **options: Any) -> None:
        began = time.monotonic()
        _make_folders()
        lock = open_lock(settings.RUN_DIR / "up.pid")
        if lock is None:
            pid = (settings.RUN_DIR / "up.pid").read_text().strip()
            raise CommandError(f"hexlite is running from this folder already (process {pid}). Stop it there first.")
        _check_port(host, port)
        _listen(_stop)
        family = Family(self.say, silence=settings.HEXLITE_SILENCE_SECONDS)
        environment = _environment(port, shares_network=_is_for_me(host, demo=not no_demo))
        try:
            network = self._start(family, environment, host, port, demo=not no_demo)
            self._greet(port, demo=not no_demo, seconds=time.monotonic() - began, network=network)
            while True:
                family.look()
                time.sleep(0.5)
        except Stopped:
            self.say("Stopping…")
        except GaveUp as problem:
            raise CommandError(str(problem)) from problem
        finally:
            _listen(_stopping)
            family.stop()
            lock.close()

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    def _start(self, family: Family, environment: dict[str, str], host: str, port: int, *, demo: bool) -> str:
        """All of it. What there is to say of the notebooks' network comes back."""
        logs = settings.VAR_DIR / "log"

        def child(name: str, *command: str, signs: Signs, foundation: bool = False) -> Child:
            log = logs / f"{name.lower().replace(' ', '-')}.log"
            return family.add(Child(name, command, environment, log, foundation, signs))

        if os.environ.get("REDIS_URL"):
            _check_redis()
        else:
            command = redis_command(settings.RUN_DIR, settings.VAR_DIR / "redis")
            child("Redis", *command, signs=AskedSign(_redis_answers), foundation=True)
        child("kernel host", *python("manage.py", "kernels"), signs=AskedSign(_kernel_host_answers), foundation=True)
        try:
            browser_files.prepare()
        except browser_files.NotBuilt as problem:
            raise CommandError(str(problem)) from problem
        # It imports while the database is migrated; /readyz says no until then.
        child(
            "web",
            *python("-m", "uvicorn", "hexlite.asgi:application", "--host", host, "--port", str(port)),
            *("--lifespan", "on", "--no-access-log", "--ws-max-size", str(settings.HEXLITE_SOCKET_MESSAGE_BYTES)),
            *("--ws-ping-interval", "20", "--ws-ping-timeout", "30", "--timeout-graceful-shutdown", "5"),
            signs=AskedSign(lambda: _web_answers(host, port)),
        )
        self.say("Preparing the database…")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as problem:
            raise CommandError(f"The database does not answer: {problem}. See DATABASE_URL.") from problem
        connections.close_all()  # This process only watches from now on.
        child(
            "worker",
            *python("-m", "celery", "-A", "hexlite.celery:app", "worker", "--pool", "threads", "--concurrency", "32"),
            *("--queues", f"runs,sessions.{settings.HEXLITE_MACHINE}", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            signs=_told("worker"),
        )
        child(
            "beat",
            *python("-m", "celery", "-A", "hexlite.celery:app", "beat", "--loglevel", "WARNING", "--pidfile="),
            signs=_told("beat"),
        )
        errand = Child("demo", python("manage.py", "demo"), environment, logs / "demo.log")
        if demo:
            self.say("Preparing the demo…")
            errand.start()
        stats = self._wait(family, host, port)
        if demo and family.watch(errand):
            self.say(f"The demo is not complete; see {errand.log}. The rest is ready.")
        return " ".join(network_of_notebooks(stats))

    def _wait(self, family: Family, host: str, port: int) -> dict[str, Any]:
        """Until the web is able to serve, and the kernel host answers, with what that says."""
        kernel_host = KernelHost(str(settings.RUN_DIR / "kernels.sock"))
        deadline = time.monotonic() + READY_SECONDS
        problem = ""
        while time.monotonic() < deadline:
            family.look()
            try:
                stats = kernel_host.stats()
                problem = _unready(host, port)
                if not problem:
                    return stats
            except (KernelUnavailable, OSError, HTTPException) as error:
                problem = str(error)
            time.sleep(0.1)
        raise CommandError(
            f"hexlite is not ready after {READY_SECONDS:.0f} seconds: {problem} Its logs are in {settings.VAR_DIR}/log."
        )

    def _greet(self, port: int, *, demo: bool, seconds: float, network: str) -> None:
        self.say(f"\nhexlite is ready after {seconds:.1f} s:  http://localhost:{port}/\n")
        if demo:
            self.say("Demo accounts, all with the password hexlite-demo:")
            for name, level in (
                ("alice", "Full Access"),
                ("bob", "Can Edit"),
                ("carol", "Can View"),
                ("dave", "App Only"),
                ("mallory", "nothing"),
            ):
                self.say(f"  {name:<8} {level}")
        if network:
            self.say(f"\n{network}")
        self.say("\nCtrl-C stops everything.")


def _stop(number: int, frame: FrameType | None) -> None:
    _listen(_stopping)  # Whoever presses Ctrl-C twice must not interrupt the stopping.
    raise Stopped


def _stopping(number: int, frame: FrameType | None) -> None:
    """Not SIG_IGN: Python raises OSError for a signal that arrives while it is being ignored."""


def _listen(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def _make_folders() -> None:
    folders = [settings.VAR_DIR, settings.RUN_DIR, settings.VAR_DIR / "log", settings.VAR_DIR / "redis"]
    folders += [Path(settings.MEDIA_ROOT), settings.PROJECT_FILES_DIR]
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise CommandError(
                f"hexlite can't write to {folder}: {error.strerror}. "
                "Give this user the folder, or set HEXLITE_VAR_DIR to another."
            ) from error
    settings.RUN_DIR.chmod(0o700)


def _check_port(host: str, port: int) -> None:
    if not 0 < port < 65536:
        raise CommandError(f"There is no port {port}. Choose one from 1 to 65535: --port 8000")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise CommandError(
                f"This user may not listen on port {port}. Choose one above 1023: --port 8000"
            ) from error
        except OSError as error:
            raise CommandError(
                f"Port {port} is in use: {error.strerror}. Choose another with --port, or stop what uses it."
            ) from error


def _check_redis() -> None:
    try:
        check_redis(settings.REDIS_URL)
    except RedisUnreachable as problem:
        raise CommandError(str(problem)) from problem


def _unready(host: str, port: int) -> str:
    """What /readyz complains about; "" when all is well."""
    status, answer = _get(host, port, "/readyz", seconds=2)
    return "" if status == 200 else f"/readyz answers {status}: {answer}"


def _web_answers(host: str, port: int) -> bool:
    """Whatever it says: one that refuses is not hung."""
    try:
        _get(host, port, "/healthz", seconds=ANSWER_SECONDS)
    except (OSError, HTTPException):
        return False
    return True


def _get(host: str, port: int, path: str, *, seconds: float) -> tuple[int, str]:
    """No proxy, and under the name that the installation goes by."""
    nearby = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  (a comparison)
    connection = HTTPConnection(nearby, port, timeout=seconds)
    try:
        connection.request("GET", path, headers={"Host": urlsplit(settings.ORIGIN).netloc})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def _kernel_host_answers() -> bool:
    try:
        KernelHost(str(settings.RUN_DIR / "kernels.sock")).ping()
    except KernelUnavailable:
        return False
    return True


def _redis_answers() -> bool:
    try:
        check_redis(settings.REDIS_URL)
    except RedisUnreachable:
        return False
    return True


def _told(name: str) -> Told:
    return Told(settings.RUN_DIR / f"{name}.pulse", seconds=settings.HEXLITE_SILENCE_SECONDS or 30)


def _is_for_me(host: str, *, demo: bool) -> bool:
    """A first try on one's own machine: with the demo, and where nobody else comes."""
    return demo and host in {"127.0.0.1", "localhost", "::1"} and is_own_machine(settings.ORIGIN)


def _environment(port: int, *, shares_network: bool) -> dict[str, str]:
    """What the children see: the addresses under which a browser on this machine may come, and whether notebooks that
    can't have a network of their own share the machine's."""
    shares = "yes" if shares_network else "no"
    origins = f"http://localhost:{port},http://127.0.0.1:{port}"
    # Where somebody listens to `up` itself, the children have others who listen to them.
    inherited = {name: value for name, value in os.environ.items() if name not in {"NOTIFY_SOCKET", "WATCHDOG_USEC"}}
    return {
        **inherited,
        "HEXLITE_ORIGIN": os.environ.get("HEXLITE_ORIGIN", f"http://localhost:{port}"),
        "HEXLITE_ORIGINS": os.environ.get("HEXLITE_ORIGINS", os.environ.get("HEXLITE_ORIGIN", origins)),
        "HEXLITE_KERNEL_SHARES_NETWORK": os.environ.get("HEXLITE_KERNEL_SHARES_NETWORK", shares),
        # Whoever presses Ctrl + C does not want to wait.
        "HEXLITE_STOP_SECONDS": os.environ.get("HEXLITE_STOP_SECONDS", "5"),
        "PYTHONUNBUFFERED": "1",
        # One that is ended because it hangs says in what.
        "PYTHONFAULTHANDLER": "1",
    }
