"""What code, tests and docs cite is in the repository: specs (rows, notes, numbers), ADRs, pages and files."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "docs/specs"
CODE = (
    "hexlite",
    "sharing",
    "apps_runtime",
    "projects",
    "tests",
    "bench",
    "scripts",
    "templates",
    "static/js",
    "static/css",
)
NUMBERS = r"\d+(?:(?:, | and |–|-| to )\d+)*"

SPEC = re.compile(rf"specs/([a-z-]+)(?:\.md)?(?:,? (row|note)s? ({NUMBERS})| ({NUMBERS})(?![\w.]))?")
LETTERED = re.compile(r"(?<![\w./-])([TM])(\d{1,2})(?![\w:.])")
DESIGN = re.compile(r"(?<!look )\bDESIGN(?:,? (?:§|section )(\d+))?")
LOOK = re.compile(r"design README, section (\d+)")
ADR = re.compile(r"\bADR (\d+)")
ROWS = re.compile(rf"\brows? ({NUMBERS})\b")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)|`((?:docs|static|templates|scripts|deploy|bench)/[\w./-]+\.\w+)`")


def numbers(text: str) -> list[int]:
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:(?:–|-| to )(\d+))?", text):
        found += range(int(first), int(last or first) + 1)
    return found


def sources() -> Iterator[tuple[str, str]]:
    """Every text file that may cite, with its path in the repository."""
    for folder in CODE:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".js", ".css", ".html"} and "vendor" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]:
        yield str(path.relative_to(ROOT)), path.read_text()


def in_spec(name: str, kind: str, number: int) -> bool:
    """Whether the page has such a row of a table, note or numbered sentence."""
    if not (SPECS / f"{name}.md").exists():
        return False
    text = (SPECS / f"{name}.md").read_text()
    pattern = rf"^\| {number} \|" if kind == "row" else rf"^{number}\. "
    return re.search(pattern, text, re.MULTILINE) is not None


def unresolved(path: str, text: str) -> Iterator[str]:
    security = (SPECS / "security.md").read_text()
    for name, kind, counted, bare in SPEC.findall(text):
        if not (SPECS / f"{name}.md").exists():
            yield f"{path}: specs/{name}"
        for number in numbers(counted or bare):
            if not in_spec(name, kind, number):
                yield f"{path}: specs/{name} {kind} {number}"
    if path.endswith(".py"):
        for letter, digits in LETTERED.findall(text):
            if f"| {letter}{int(digits)} |" not in security:
                yield f"{path}: {letter}{digits}"
    for section in DESIGN.findall(text):
        if section and f"\n## {section}. " not in (SPECS / "design.md").read_text():
            yield f"{path}: DESIGN {section}"
    for section in LOOK.findall(text):
        if f"\n## {section}. " not in (SPECS / "look.md").read_text():
            yield f"{path}: design README {section}"
    for number in ADR.findall(text):
        if not list((ROOT / "docs/adr").glob(f"{int(number):04d}-*.md")):
            yield f"{path}: ADR {number}"
    if path.startswith("projects/notebook/inputs/"):
        for counted in ROWS.findall(text):
            for number in numbers(counted):
                if not in_spec("url-parameters", "row", number):
                    yield f"{path}: row {number}"


def test_every_citation_resolves():
    own = str(Path(__file__).relative_to(ROOT))
    assert [wrong for path, text in sources() if path != own for wrong in unresolved(path, text)] == []


def test_every_pointer_of_the_docs_leads_to_a_file():
    missing = []
    for path, text in sources():
        if not path.endswith(".md") or path.startswith("docs/specs/") or path == "CHANGELOG.md":
            continue
        for link, code in LINK.findall(text):
            if link.startswith(("http", "mailto", "/")):  # addresses, on the web or of the product
                continue
            target = ROOT / Path(path).parent / link if link else ROOT / code
            if not target.exists():
                missing.append(f"{path}: {link or code}")
    assert missing == []


@pytest.mark.parametrize(
    "text",
    [
        "specs/permissions, note 99", "specs/nowhere", "(specs/security T99)", "specs/publishing 1–19", "ADR 999",
        "DESIGN §77", "design README, section 55",
    ],
)  # fmt: skip
def test_a_wrong_citation_is_found(text):
    assert list(unresolved("x.py", text))


def test_every_adr_has_a_number_of_its_own_in_its_title():
    for path in (ROOT / "docs/adr").glob("*.md"):
        number = int(path.name[:4])
        assert path.read_text().startswith(f"# {number}. "), path.name
    names = [path.name[:4] for path in (ROOT / "docs/adr").glob("*.md")]
    assert len(names) == len(set(names))
