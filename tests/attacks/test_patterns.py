"""No pattern of ours takes longer than a text is long, whatever the text: each is fed what it likes least.

All patterns of the tree are found: those that modules keep, and those written where they are used. Pumped strings are
derived from the pattern itself: what leads up to each of its pieces, the piece again and again, and an end that fails.
"""

import ast
import importlib
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
LENGTH = 60_000
QUICK = 0.1  # seconds of processor time: linear patterns need some milliseconds, quadratic ones the square of it
MOST = 0.3

# Patterns that only ever see texts of so many characters, because their caller has looked.
BOUNDED: dict[str, int] = {}
ENDS = ("", "\0", "\n")


@dataclass(frozen=True)
class Found:
    """A pattern of the tree and how it is used."""

    name: str
    pattern: "re.Pattern[str]"
    method: str


def _modules() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("hexlite", "sharing", "apps_runtime", "projects"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT), ast.parse(path.read_text())


def found_patterns() -> list[Found]:
    return [found for path, tree in _modules() if "re" in _imports(tree) for found in _of_module(path, tree)]


def _imports(tree: ast.Module) -> set[str]:
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def _of_module(path: Path, tree: ast.Module) -> Iterator[Found]:
    uses = _uses(tree)
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    for name, value in vars(module).items():
        for pattern in _kept(value):
            for method in sorted(uses.get(name, {"search", "fullmatch"}) if value is pattern else {"search"}):
                yield Found(f"{path}: {name}", pattern, method)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not _is_of_re(call.func):
            continue
        assert isinstance(call.func, ast.Attribute)
        text = _literal(call.args[0])
        if call.func.attr in METHODS and text is not None:
            yield Found(f"{path}:{call.lineno}", re.compile(text, _flags(call)), call.func.attr)


def _uses(tree: ast.Module) -> dict[str, set[str]]:
    """Names of this module → what is called of them."""
    uses: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
            uses.setdefault(node.value.id, set()).add(node.attr)
    return uses


def _kept(value: Any) -> Iterator["re.Pattern[str]"]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _kept(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _kept(inner)


def _is_of_re(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"


def _literal(node: ast.expr) -> str | None:
    """A pattern that stands in the call; what is put into it counts as a word."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "word" for part in parts)
    return None


def _flags(call: ast.Call) -> int:
    names = {node.attr for part in [*call.args[1:], *[word.value for word in call.keywords]] for node in ast.walk(part)
             if isinstance(node, ast.Attribute)}  # fmt: skip
    return sum(int(flag) for flag in re.RegexFlag if flag.name in names)


# ---- Pumped strings


def pumped(pattern: str, length: int, flags: int = 0) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for before, piece in _pieces(_parser.parse(pattern, flags & ~re.DEBUG), ""):
        for lead, again in (("", before), ("", before + piece), (before, piece), (before, before + piece)):
            if again and (lead, again) not in seen:
                seen.add((lead, again))
                for end in ENDS:
                    yield lead + again * (length // len(again)) + end


def _pieces(parsed: Any, before: str) -> Iterator[tuple[str, str]]:
    """What leads up to each piece of a pattern, and a text that the piece takes."""
    for operation, given in parsed:
        for variant in _variants(operation, given):
            yield before, variant
        for inner in _inner(operation, given):
            yield from _pieces(inner, before)
        before += _sample(operation, given)


def _inner(operation: Any, given: Any) -> list[Any]:
    match operation:
        case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
            return [given[2]]
        case sre.SUBPATTERN:
            return [given[3]]
        case sre.ATOMIC_GROUP:
            return [given]
        case sre.BRANCH:
            return list(given[1])
        case sre.ASSERT | sre.ASSERT_NOT:
            return [given[1]]
    return []


def _sample(operation: Any, given: Any) -> str:
    return next(iter(_variants(operation, given)), "")


def _sample_of(parsed: Any) -> str:
    return "".join(_sample(operation, given) for operation, given in parsed)


def _variants(operation: Any, given: Any) -> list[str]:
    """Texts that one operation takes, the shortest that is not empty first."""
    match operation:
        case sre.LITERAL:
            return [chr(given)]
        case sre.NOT_LITERAL:
            return ["b" if given == ord("a") else "a"]
        case sre.ANY:
            return ["a", " "]
        case sre.IN:
            return _members(given)
        case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
            least, _, inner = given
            singles = [_sample_of(inner)] if len(inner) != 1 else _variants(*inner[0])
            return [single * max(min(least, 50), 1) for single in singles]
        case sre.SUBPATTERN:
            return [_sample_of(given[3])]
        case sre.ATOMIC_GROUP:
            return [_sample_of(given)]
        case sre.BRANCH:
            return [_sample_of(branch) for branch in given[1]]
    return []


_CATEGORIES = {
    sre.CATEGORY_DIGIT: "1", sre.CATEGORY_NOT_DIGIT: "a", sre.CATEGORY_SPACE: " ", sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_WORD: "a", sre.CATEGORY_NOT_WORD: "-",
}  # fmt: skip


def _members(given: Any) -> list[str]:
    if given and given[0][0] is sre.NEGATE:
        taken = re.compile("[" + "".join(_class_of(item) for item in given[1:]) + "]")
        return [character for character in "a <\"'[(-.=:1\n" if not taken.match(character)][:4] or ["é"]
    members = []
    for kind, value in given:
        match kind:
            case sre.LITERAL:
                members.append(chr(value))
            case sre.RANGE:
                members.append(chr(value[0]))
            case sre.CATEGORY:
                members.append(_CATEGORIES.get(value, "a"))
    return members[:6]


def _class_of(item: tuple[Any, Any]) -> str:
    kind, value = item
    match kind:
        case sre.LITERAL:
            return re.escape(chr(value))
        case sre.RANGE:
            return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return {
        sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
        sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W",
    }[value]  # fmt: skip


# ---- Time


class TookTooLong(Exception):
    pass


def seconds_of(pattern: "re.Pattern[str]", method: str, text: str) -> float:
    """Processor time of one use; no more than `MOST`."""

    def stop(*_: object) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST)
    try:
        match method:
            case "sub" | "subn":
                pattern.sub("", text)
            case "finditer":
                for _ in pattern.finditer(text):
                    pass
            case _:
                getattr(pattern, method)(text)
    except TookTooLong:
        return MOST
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - began


def slow_text(found: Found, length: int) -> str | None:
    """A text of which the pattern does not get through quickly, twice; None for none."""
    for text in pumped(found.pattern.pattern, length, found.pattern.flags):
        if all(seconds_of(found.pattern, found.method, text) > QUICK for _ in range(2)):
            return text
    return None


PATTERNS = found_patterns()


@pytest.mark.parametrize("found", PATTERNS, ids=[f"{found.name} {found.method}" for found in PATTERNS])
def test_a_pattern_is_linear(found):
    text = slow_text(found, BOUNDED.get(found.name, LENGTH))

    assert text is None, f"{found.pattern.pattern} is slow for {text[:40]!r}… of {len(text):,} characters"


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(?:\s*\.dataframe[^{}]*\{[^{}]*\}\s*)*", "fullmatch"),
        (r"<table\b[^>]*>", "search"),
        (r"<style\b[^>]*>(.*?)</style\s*>", "sub"),
        (r"[^\n]*TqdmWarning: IProgress not found[^\n]*", "sub"),
        (r"class\s*=\s*[\"']?[^\"'>]*\bdataframe\b", "search"),
        (r"\d[\d,_]*\.?\d*x", "fullmatch"),
        (r"(a+)+b", "search"),
        (r"\s+$", "search"),
    ],
)
def test_this_test_finds_the_patterns_that_were_not(pattern, method):
    assert slow_text(Found("before", re.compile(pattern, re.DOTALL), method), LENGTH) is not None


def test_every_use_of_re_is_seen():
    """What this inventory could not read would be a pattern that nobody tried."""
    unseen = [
        f"{path}:{call.lineno}"
        for path, tree in _modules()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _is_of_re(call.func) and call.func.attr in METHODS and not _is_seen(call)
    ]

    assert unseen == []
    assert not any(
        isinstance(node, ast.ImportFrom) and node.module == "re" for _, tree in _modules() for node in ast.walk(tree)
    )


def _is_seen(call: ast.Call) -> bool:
    return _literal(call.args[0]) is not None
