"""What templates ask of static/vendor/ is there, and small enough."""

import json
import os
import re
import subprocess
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.template import engines

from hexlite import browser_files
from hexlite.static_storage import CompressesOnce
from tests.running import ROOT

VENDOR = ROOT / "static" / "vendor"
APPS = ("projects", "apps_runtime", "sharing")
# Without those that hold a scale: of the design, of charts, of terminals, of code.
SCALES = {"tokens", "charts", "ansi", "editor"}
COMPONENTS = [path for path in sorted((ROOT / "static" / "css").glob("*.css")) if path.stem not in SCALES]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def names(pattern: str) -> set[tuple[str, str]]:
    """What `pattern` finds in templates and in Python that draws: (name, where)."""
    sources = [
        *TEMPLATES,
        *(path for app in ("projects", "apps_runtime", "sharing") for path in (ROOT / app).rglob("*.py")),
    ]
    return {(name, str(path.relative_to(ROOT))) for path in sources for name in re.findall(pattern, path.read_text())}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_template_compiles(path):
    engines["django"].get_template(str(path.relative_to(ROOT / "templates")))


def test_every_icon_is_in_the_sheet():
    sheet = json.loads((ROOT / "scripts" / "icons.json").read_text())
    missing = {(name, where) for name, where in names(r"""{% icon ["']([\w-]+)["'] %}""") if name not in sheet}
    assert not missing
    drawn = set(re.findall(r'id="i-([\w-]+)"', (VENDOR / "icons.svg").read_text()))
    assert drawn == set(sheet)


def test_every_static_file_that_a_template_names_is_served():
    served = {"vendor": VENDOR, "js/frames": ROOT / "static" / "js" / "frames"}

    def exists(name: str) -> bool:
        ours = any((folder / name.removeprefix(f"{prefix}/")).exists() for prefix, folder in served.items())
        return ours or finders.find(name) is not None  # Django's admin brings its own.

    missing = {(name, where) for name, where in names(r"""{% static ["']([^"']+)["']""") if not exists(name)}
    assert not missing


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda path: path.name)
def test_no_style_sheet_names_a_raw_colour(file):
    """Components use colours by their meaning, so that both themes have them (design README, section 3)."""
    text = re.sub(r'url\("data:[^"]*"\)', "", file.read_text())
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    assert re.findall(r"var\(--(?:grey|ink|amber|red|green)-\d+\)", text) == []
    assert set(re.findall(r":[^;{]*(#[0-9a-fA-F]{3,8})\b", text)) <= {"#000"}  # of masks


def test_a_page_of_the_app_is_light():
    """DESIGN, section 8: at most 400 KB without the charts' own libraries, and at most 25 requests."""
    loaded = {"hexlite.css", "icons.svg", "mark.svg", "js/app.js", *(f"js/{name}" for name in chunks_of("app.js"))}
    compressed = sum(len(brotli.compress((VENDOR / name).read_bytes(), quality=9)) for name in loaded)
    typefaces = list((VENDOR / "fonts").glob("*.woff2"))
    fonts = sum(path.stat().st_size for path in typefaces)
    assert compressed + fonts < 250_000
    assert len(loaded) + len(typefaces) <= 15


def chunks_of(entry: str) -> set[str]:
    return set(re.findall(r"chunk-\w+\.js", (VENDOR / "js" / entry).read_text()))


def test_changed_sources_are_built_again_and_collected(settings, tmp_path, monkeypatch):
    css, vendor = tmp_path / "static" / "css", tmp_path / "static" / "vendor"
    for folder in (css, vendor, tmp_path / "static" / "js", tmp_path / "node_modules"):
        folder.mkdir(parents=True)
    (vendor / "hexlite.css").write_text("old")
    (css / "base.css").write_text("new")
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "collected"
    did: list[str] = []

    def build(*arguments, **options) -> subprocess.CompletedProcess:
        did.append("build")
        (vendor / "hexlite.css").write_text("new")
        return subprocess.CompletedProcess(arguments, 0)

    def collect(*arguments, **options) -> None:
        did.append("collect")
        (settings.STATIC_ROOT / "staticfiles.json").touch()

    monkeypatch.setattr(subprocess, "run", build)
    monkeypatch.setattr(browser_files, "call_command", collect)
    browser_files.prepare()
    browser_files.prepare()
    assert did == ["build", "collect"]


def test_the_mark_of_the_set_up_asks_for_no_second_collection(settings, tmp_path, monkeypatch):
    """It is made after all that it marks, and in an image nobody could collect again."""
    vendor, collected = tmp_path / "static" / "vendor", tmp_path / "collected"
    for folder in (vendor, collected):
        folder.mkdir(parents=True)
    for number, path in enumerate((vendor / "hexlite.css", collected / "staticfiles.json", vendor / ".built")):
        path.touch()
        os.utime(path, (number, number))
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, collected
    monkeypatch.setattr(browser_files, "call_command", lambda *arguments, **options: pytest.fail("collected again"))
    browser_files.prepare()


def test_who_may_not_write_is_told_so(settings, tmp_path, monkeypatch):
    vendor = tmp_path / "static" / "vendor"
    vendor.mkdir(parents=True)
    (vendor / "hexlite.css").touch()
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "collected"

    def refuse(*arguments, **options) -> None:
        raise PermissionError(13, "Permission denied", "/there")

    monkeypatch.setattr(browser_files, "call_command", refuse)
    with pytest.raises(browser_files.NotBuilt, match="can't write to /there: Permission denied"):
        browser_files.prepare()


def test_libraries_that_are_not_built_are_said(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    with pytest.raises(browser_files.NotBuilt, match="make setup"):
        browser_files.prepare()


def test_a_file_is_compressed_once(tmp_path):
    file = tmp_path / "a.css"
    file.write_text("a { color: red }\n" * 100)
    compressor = CompressesOnce(quiet=True)
    assert [Path(path).name for path in compressor.compress(str(file))] == ["a.css.br", "a.css.gz"]
    assert compressor.compress(str(file)) == []
    file.write_text("b { color: red }\n" * 100)
    later = file.stat().st_mtime + 1  # Times of files come in steps; the two may have been written within one.
    os.utime(file, (later, later))
    assert len(compressor.compress(str(file))) == 2
