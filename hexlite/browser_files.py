"""What browsers load: built from `static/` by scripts/build_static.mjs, collected for WhiteNoise to serve."""

import shutil
import subprocess
from pathlib import Path

from django.conf import settings
from django.core.management import call_command


class NotBuilt(Exception):
    """static/vendor/ is missing or older than its sources, and this process can't mend that. Carries a sentence."""


def prepare() -> None:
    """Build our own scripts and styles again when one is newer, and collect when something was built since.

    Takes a tenth of a second when nothing changed. Raises NotBuilt.
    """
    static = settings.BASE_DIR / "static"
    built = static / "vendor" / "hexlite.css"
    if not built.exists():
        raise NotBuilt("The browser's libraries are not built. Run `make setup` first.")
    if newest(static / "css", static / "js") > built.stat().st_mtime:
        _build_own()
    if not settings.DEBUG:
        _collect(static / "vendor", static / "js" / "frames")


def newest(*folders: Path) -> float:
    """The time of the latest change of any file below `folders`, in seconds since the epoch; 0 when there is none."""
    return max((path.stat().st_mtime for folder in folders for path in folder.rglob("*") if path.is_file()), default=0)


def _build_own() -> None:
    node = shutil.which("node")
    if node is None or not (settings.BASE_DIR / "node_modules").is_dir():
        raise NotBuilt("Styles or scripts changed since they were built. Run `make setup`.")
    finished = subprocess.run(
        [node, "scripts/build_static.mjs", "--own"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise NotBuilt(f"The styles and scripts can't be built:\n{finished.stderr.strip()}")


def _collect(*served: Path) -> None:
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if manifest.exists() and manifest.stat().st_mtime >= newest(*served):
        return
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
