"""The pictures of the README, made from the running product: `make screenshots`.

Starts a hexlite of its own with the demo, walks through it as alice, and writes docs/images/*.png.
"""

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browsing import NoChromium, launched_chromium, sign_in
from tests.running import ROOT, Hexlite, running_hexlite

IMAGES = ROOT / "docs" / "images"
APP = "Seattle weather"


@dataclass(frozen=True)
class Picture:
    """One file: how to get to the page, and the theme and size that it is shown in."""

    name: str
    walk: Callable[[Page, Hexlite], None]
    theme: str = "light"
    width: int = 1440
    height: int = 900


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            launched_chromium() as browser,
            running_hexlite(Path(folder)) as hexlite,
        ):
            for picture in PICTURES:
                take(picture, browser, hexlite)
    except NoChromium as problem:
        raise SystemExit(str(problem)) from problem


def take(picture: Picture, browser: Browser, hexlite: Hexlite) -> None:
    context = browser.new_context(
        base_url=hexlite.url,
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.theme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    sign_in(page, "alice")
    picture.walk(page, hexlite)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{picture.name}.png")
    print(f"docs/images/{picture.name}.png")
    context.close()


def home(page: Page, hexlite: Hexlite) -> None:
    page.goto("/")


def app(page: Page, hexlite: Hexlite) -> None:
    notebook(page, hexlite)
    page.goto(page.url.replace("/project/", "/hex/").rstrip("/") + "/latest")
    page.get_by_role("heading", level=1, name=re.compile(APP)).wait_for()


def notebook(page: Page, hexlite: Hexlite) -> None:
    home(page, hexlite)
    page.locator("a[href*='/project/']").filter(has_text=APP).first.click()
    page.get_by_role("button", name="Run all").wait_for()


def notebook_after_a_run(page: Page, hexlite: Hexlite) -> None:
    notebook(page, hexlite)
    page.get_by_role("button", name="Run all").click()
    page.locator(".cell-outputs img").last.wait_for(timeout=60_000)
    page.locator(".run-line .state[data-state=done]").wait_for(timeout=60_000)
    chart = page.locator(".cell-outputs img").first
    chart.scroll_into_view_if_needed()  # Pictures far down are loaded when they come near.
    chart.evaluate("chart => chart.decode().then(() => chart.closest('.cell').scrollIntoView({ block: 'end' }))")


def publish(page: Page, hexlite: Hexlite) -> None:
    """Of a project that has no app yet."""
    printed = hexlite.command("import_notebook", "projects/demo/palmer-penguins.ipynb", "--owner", "alice")
    page.goto(re.search(r"/\S+/project/\S+/", printed)[0])
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_role("button", name="Publish version").wait_for(timeout=60_000)


PICTURES = [
    Picture("app", app),
    Picture("app-dark", app, theme="dark"),
    Picture("app-phone", app, width=390, height=844),
    Picture("notebook", notebook_after_a_run),
    Picture("home", home),
    Picture("publish", publish),
]

if __name__ == "__main__":
    main()
