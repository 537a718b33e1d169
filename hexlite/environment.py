"""Reading settings from the environment, with a sentence when a value is wrong."""

import ipaddress
import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def flag(name: str, *, default: bool) -> bool:
    """`1`, `true`, `yes`, `on` are yes; `0`, `false`, `no`, `off` and nothing are no."""
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {text!r}; say yes or no.")


def number(name: str, *, default: int) -> int:
    """A whole number that is not negative."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise ImproperlyConfigured(f"{name} is {text!r}; give a whole number.")
    return int(text)


def listing(name: str, *, default: list[str]) -> list[str]:
    """Values separated by commas."""
    text = os.environ.get(name)
    if text is None:
        return default
    return [item.strip() for item in text.split(",") if item.strip()]


def networks(name: str, *, default: list[str]) -> list[str]:
    """Networks separated by commas, such as `10.0.0.0/8` or `2001:db8::/32`."""
    found = listing(name, default=default)
    for one in found:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} names {one!r}; give networks such as 10.0.0.0/8.") from error
    return found


def is_own_machine(origin: str) -> bool:
    """Nobody on another machine can have this address in a browser."""
    return urlsplit(origin).hostname in {"localhost", "127.0.0.1", "::1"}


def database(name: str, *, default: str) -> dj_database_url.DBConfig:
    """An address such as `postgres://hexlite:password@db.example.org/hexlite`."""
    try:
        return dj_database_url.parse(os.environ.get(name) or default, conn_max_age=600, conn_health_checks=True)
    except ValueError as error:  # Not with the value: it may hold a password.
        raise ImproperlyConfigured(
            f"{name} is not the address of a database; give one such as postgres://user:password@host/name."
        ) from error


def object_storage(*, bucket: str, endpoint: str, region: str, prefix: str) -> dict[str, object]:
    """Django's storage in a bucket of an S3-compatible service. Raises ImproperlyConfigured without the packages."""
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured("HEXLITE_S3_BUCKET needs the packages of requirements-s3.txt.")
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        "location": prefix,
        "default_acl": None,  # Private, as the bucket is: hexlite itself hands everything out, to whoever may see it.
        "file_overwrite": True,
        "querystring_auth": True,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def together(*names: str) -> None:
    """All or none of these are given. Raises ImproperlyConfigured with what is missing."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing and len(missing) < len(names):
        given = next(name for name in names if name not in missing)
        raise ImproperlyConfigured(f"{given} takes {' and '.join(missing)} as well.")


def safe_for_others(*, debug: bool, hosts: list[str]) -> None:
    """Raises ImproperlyConfigured for what must not be on where others come (specs/security T28)."""
    if debug:
        raise ImproperlyConfigured(
            "HEXLITE_DEBUG shows settings and code to visitors; unset it before serving over https."
        )
    if "*" in hosts:
        raise ImproperlyConfigured("HEXLITE_HOSTS answers to any name; list the names to serve over https.")


def secret_key(name: str, *, file: Path, required: bool) -> str:
    """The key from the environment, or one made once and kept in `file` (mode 0600).

    Raises ImproperlyConfigured when the environment must give it and does not, or gives a short one: a key that
    leaked or can be guessed lets anybody sign in as anybody (specs/security T28).
    """
    key = os.environ.get(name, "")
    if key:
        if len(key) < 50 or len(set(key)) < 5:
            raise ImproperlyConfigured(f"{name} is too short or too plain; use 50 random characters or more.")
        return key
    if required:
        raise ImproperlyConfigured(f"Set {name} to 50 random characters or more before serving over https.")
    try:
        if not file.exists():
            _make_key(file)
        return file.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"hexlite can't write to {file.parent}: {error.strerror}. "
            "Give this user the folder, or set HEXLITE_VAR_DIR to another."
        ) from error


def _make_key(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(64))
    try:
        os.link(temporary, file)  # The first of several processes wins; the others read its key.
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
