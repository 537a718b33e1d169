"""The pages of administrators, in a real browser."""

import pytest

from tests.browsing import DARK_PHONE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LISTS = (
    "projects/user", "projects/workspace", "projects/project", "projects/publication", "projects/auditevent",
    "apps_runtime/run", "apps_runtime/runcell", "apps_runtime/session", "apps_runtime/blobuse", "sharing/invitation",
)  # fmt: skip
# What Django's own pages do wrong: the hints of its two-list control are names of spans.
DJANGOS = {"aria-prohibited-attr"}


@pytest.mark.parametrize("options", [{}, pytest.param(DARK_PHONE, marks=pytest.mark.slow)], ids=["wide", "dark-phone"])
def test_they_can_be_used_by_everybody(visit, hexlite, options):
    from axe_playwright_python.sync_playwright import Axe

    hexlite.command("shell", "-c", MAKE_ROOT)
    root = visit("root", **options)
    wrong = {}

    def look(address: str) -> None:
        root.goto(address)
        found = [one for one in Axe().run(root, options=RULES).response["violations"] if one["id"] not in DJANGOS]
        if found:
            wrong[address] = [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]

    look("/admin/")
    look("/admin/now/")
    for name in LISTS:
        look(f"/admin/{name}/")
        rows = root.locator("#result_list tbody th a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
        for row in rows[:1]:
            look(row)
    assert not wrong


MAKE_ROOT = """
from projects.models import User
if not User.objects.filter(username="root").exists():
    User.objects.create_superuser("root", "root@example.org", "hexlite-demo")
"""
