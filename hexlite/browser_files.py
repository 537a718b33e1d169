"""What browsers load: built from `static/` by scripts/build_static.mjs, collected for WhiteNoise to serve."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from hexlite import privacy


class NotBuilt(Exception):
    """static/vendor/ is missing or older than its sources, and this process can't mend that. Carries a sentence."""


def prepare() -> None:
    """Build our own scripts and styles again when one is newer, and collect when something was built since.

    Takes milliseconds when nothing changed. Several may do this at the same time: one does it, the others wait.
    Raises NotBuilt.
    """
    if not _built().exists():
        raise NotBuilt("The browser's libraries are not built. Run `make setup` first.")
    if not (_is_old() or _is_uncollected()):
        return
    try:
        with privacy.for_everybody(), _alone(settings.STATIC_ROOT):
            if _is_old():
                _build_own()
            if _is_uncollected():
                call_command("collectstatic", verbosity=0, interactive=False)
    except PermissionError as error:
        raise NotBuilt(
            f"hexlite can't write to {error.filename}: {error.strerror}. Run `make setup` as whom it belongs to."
        ) from error


def newest(*folders: Path) -> float:
    """The time of the latest change of any file below `folders`, in seconds since the epoch; 0 when there is none.

    Hidden files are not collected: the mark of `make setup` in static/vendor/ is one, and newer than what it marks.
    """
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return max((path.stat().st_mtime for path in files), default=0)


def _built() -> Path:
    return settings.BASE_DIR / "static" / "vendor" / "hexlite.css"


def _is_old() -> bool:
    static = settings.BASE_DIR / "static"
    return newest(static / "css", static / "js") > _built().stat().st_mtime


def _is_uncollected() -> bool:
    if settings.DEBUG:
        return False  # Served from where they are.
    static = settings.BASE_DIR / "static"
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    served = newest(static / "vendor", static / "js" / "frames")
    return not manifest.exists() or manifest.stat().st_mtime < served


def _build_own() -> None:
    node = shutil.which("node")
    if node is None or not (settings.BASE_DIR / "node_modules").is_dir():
        raise NotBuilt("Styles or scripts changed since they were built. Run `make setup`.")
    finished = subprocess.run(
        [node, "scripts/build_static.mjs", "--own"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise NotBuilt(f"The styles and scripts can't be built:\n{finished.stderr.strip()}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else is in here for the same folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
