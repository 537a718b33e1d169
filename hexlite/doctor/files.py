"""Folders and what must be in them."""

import shutil

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from hexlite import privacy

BUILT = (
    "hexlite.css",
    "icons.svg",
    "js/page.js",
    "codemirror/codemirror.js",
    "plotly/plotly.min.js",
    "vega/vega.min.js",
)
LEAST_FREE = 512 * 2**20  # bytes; below it new runs are refused


@register("doctor", deploy=True)
def browsers_get_what_they_load(**options: object) -> list[CheckMessage]:
    """The browser's libraries are built, and collected."""
    hint = "Run `make setup`, then restart."
    vendor = settings.BASE_DIR / "static" / "vendor"
    wanted = (
        "hexlite.css",
        "icons.svg",
        "js/page.js",
        "codemirror/codemirror.js",
        "plotly/plotly.min.js",
        "vega/vega.min.js",
    )
    missing = [name for name in wanted if not (vendor / name).exists()]
    if missing:
        return [Error(f"Not built: {', '.join(missing)}.", hint=hint, id="hexlite.E030")]
    if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        return [Error(f"Nothing is collected in {settings.STATIC_ROOT}.", hint=hint, id="hexlite.E031")]
    return []


@register("doctor", deploy=True)
def there_is_room(**options: object) -> list[CheckMessage]:
    """There is room on the disk."""
    free = shutil.disk_usage(settings.VAR_DIR).free
    if free >= LEAST_FREE:
        return []
    sentence = f"{free / 2**20:.0f} MB are free at {settings.VAR_DIR}; runs need {LEAST_FREE / 2**20:.0f}."
    return [Error(sentence, hint="Make room, or set HEXLITE_VAR_DIR to a larger disk.", id="hexlite.E032")]


@register("doctor", deploy=True)
def private_folders_are_private(**options: object) -> list[CheckMessage]:
    """What is kept here is for this account alone."""
    found: list[CheckMessage] = []
    for path in dict.fromkeys((settings.VAR_DIR, settings.RUN_DIR, *privacy.kept(settings.VAR_DIR))):
        if privacy.is_open(path):
            hint = f"chmod {'700' if path.is_dir() else '600'} {path}"
            found.append(Warning(f"Others on this machine can read {path}.", hint=hint, id="hexlite.W030"))
    return found
