"""docs/settings.md names every setting, and nothing else."""

import re

from tests.running import ROOT


def test_every_setting_has_a_row_and_every_row_a_setting():
    # In the settings a name stands in quotes where it is read.
    read = set(re.findall(r'"(HEXLITE_[A-Z_]+|REDIS_URL)"', (ROOT / "hexlite" / "settings.py").read_text()))
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), flags=re.MULTILINE)
    assert sorted(rows) == sorted(set(rows))
    assert set(rows) == read | {"DATABASE_URL"}


def test_no_other_module_reads_the_environment_for_a_setting():
    readers = {
        str(path.relative_to(ROOT))
        for package in ("hexlite", "projects", "apps_runtime", "sharing")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r'environ(?:\.get\(|\[)"HEXLITE_', path.read_text())
    }
    # `up` tells its children under which addresses a browser on this machine may come.
    assert readers - {"hexlite/settings.py", "hexlite/management/commands/up.py"} == set()
