"""The system's Chromium, and how one signs in."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What else a page is looked at in, besides wide and light.
DARK_PHONE = {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}


class NoChromium(Exception):
    """There is no browser to drive."""


@contextmanager
def launched_chromium() -> Iterator[Browser]:
    """Raises NoChromium."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise NoChromium("There is no Chromium. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def is_signed_in(context: BrowserContext) -> bool:
    """Whether the window's cookie counts: somebody may have signed out with it."""
    return bool(context.cookies()) and context.request.get("/profile/", max_redirects=0).ok


def sign_in(page: Page, name: str) -> None:
    """With the password of the demo; back on the page that asked for it, or at home."""
    page.goto("/sign-in/")
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Password").fill("hexlite-demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
