"""What a reader is shown of stored outputs, as values: one block for each thing, in their order."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.safestring import SafeString

from apps_runtime.outputs import ansi, errors, json_tree, numbers, progress, store, tables
from apps_runtime.outputs.cache import BoundedCache
from apps_runtime.outputs.errors import Failure
from apps_runtime.outputs.html import HtmlShape, shape_of
from apps_runtime.outputs.images import IMAGE_TYPES, Picture
from apps_runtime.outputs.markdown import render_markdown
from apps_runtime.outputs.representations import chosen, frame_kind
from apps_runtime.outputs.sanitise import sanitised
from apps_runtime.outputs.table_data import TABLE_TYPE, TableData

LONG_LINES = 40
LONG_TEXT = 6_000  # characters
LARGEST_TEXT = 100_000  # characters in the page; of a longer text the ends, and a link to all of it

_views: BoundedCache[Any] = BoundedCache(48_000_000)

# What a plotting call returns beside its picture says nothing to a reader.
_PLOT_OBJECT = re.compile(r"\s*[\[({]*(?:array\(\[*)?(?:<Axes|<Figure|<matplotlib\.|<seaborn\.|Text\(|Axes\()")
_TQDM_ADVICE = re.compile(r"[^\n]*TqdmWarning: IProgress not found[^\n]*(?:\n|\Z)(?:  [^\n]*(?:\n|\Z))?")
_ONE_FORMULA = re.compile(
    r"\s*(?:\$\$(?P<two>[^$]+)\$\$|\$(?P<one>[^$]+)\$|\\\[(?P<bracket>.+?)\\\]|(?P<environment>\\begin.+))\s*",
    re.DOTALL,
)


class Kind(StrEnum):
    """Every kind has the template `templates/outputs/<kind>.html`."""

    TEXT = "text"
    TABLE = "table"
    NUMBERS = "numbers"
    NUMBER = "number"
    IMAGE = "image"
    SVG = "svg"
    HTML = "html"
    MATH = "math"
    MARKDOWN = "markdown"
    JSON = "json"
    FRAME = "frame"
    ERROR = "error"
    PROGRESS = "progress"


@dataclass(frozen=True)
class OutputBlock:
    """One thing to show. `key` names what is seen: equal keys look the same. `data`: what its template draws.
    `blob`: digest of the bytes that the page fetches for it, "" for none."""

    kind: Kind
    key: str
    data: Any
    blob: str = ""


@dataclass(frozen=True)
class Text:
    """`html` is safe. `is_long`: folded at first; `is_cut`: the middle is not in the page."""

    html: SafeString
    lines: int
    stream: str = ""
    is_long: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class Image:
    """`picture`: its size, None if it can't be told."""

    picture: Picture | None
    alt: str


@dataclass(frozen=True)
class Frame:
    """`height` in pixels until the frame says its own; `poster` the digest of a picture to show meanwhile."""

    title: str
    height: int | None = None
    poster: str = ""


def blocks(stored: Sequence[store.Output], *, show_errors: bool) -> list[OutputBlock]:
    """The blocks of stored outputs. Who may not see errors sees no stderr either, but for progress: warnings and
    logged tracebacks quote the source (specs/security T2)."""
    pictured = any(_shows_picture(output) for output in stored)
    return [block for output in stored for block in _blocks_of(output, show_errors, pictured)]


def _blocks_of(output: store.Output, show_errors: bool, pictured: bool) -> Iterator[OutputBlock]:
    try:
        match output.get("output_type"):
            case "stream":
                yield from _stream(output, show_errors)
            case "error":
                yield _error(output) if show_errors else OutputBlock(Kind.ERROR, "hidden", None)
            case "display_data" | "execute_result":
                block = _rich(output, pictured and output["output_type"] == "execute_result")
                if block is not None:
                    yield block
    except store.BlobMissing as missing:
        text = "This output was stored, but its file is gone. Running the cell again brings it back.\n"
        yield OutputBlock(Kind.TEXT, f"missing-{missing}", _text_view(text))


# ---- Streams and errors


def _stream(output: store.Output, show_errors: bool) -> Iterator[OutputBlock]:
    text = output["text"]
    reference = store.reference_of(text)
    name = output.get("name", "stdout")
    if reference is None:
        yield from _stream_blocks(text, name, show_errors, "")
        return
    yield from _views.get(
        (reference["sha256"], name, show_errors),
        lambda: tuple(_stream_blocks(store.value_of(text), name, show_errors, reference["sha256"])),
        weight=2 * min(reference["size"], LARGEST_TEXT),
    )


def _stream_blocks(text: str, name: str, show_errors: bool, blob: str) -> Iterator[OutputBlock]:
    text, bars = progress.split(text)
    if name == "stderr":
        text = _TQDM_ADVICE.sub("", text) if show_errors else ""
    if text.strip():
        yield OutputBlock(Kind.TEXT, _key("stream", name, text), _text_view(text, name), blob)
    for bar in bars:
        yield OutputBlock(Kind.PROGRESS, _key("progress", bar.line), bar)


def _text_view(text: str, stream: str = "") -> Text:
    text = text.removesuffix("\n")
    lines = text.count("\n") + 1
    is_long, is_cut = lines > LONG_LINES or len(text) > LONG_TEXT, len(text) > LARGEST_TEXT
    return Text(ansi.to_html(_ends(text) if is_cut else text), lines, stream, is_long, is_cut)


def _ends(text: str) -> str:
    """The first and the last part of a very long text, cut at the ends of lines where there are any."""
    head, tail = text[: LARGEST_TEXT * 2 // 3], text[-LARGEST_TEXT // 3 :]
    head = head[: head.rfind("\n")] if "\n" in head[LARGEST_TEXT // 3 :] else head
    tail = tail[tail.find("\n") + 1 :] if "\n" in tail[: LARGEST_TEXT // 6] else tail
    return f"{head}\x1b[0m\n[… {len(text) - len(head) - len(tail):,} characters are not shown here …]\n{tail}"


def _error(output: store.Output) -> OutputBlock:
    def failure() -> Failure:
        traceback = store.value_of(output.get("traceback", []))
        return errors.read(output.get("ename", ""), output.get("evalue", ""), traceback)

    key = _key("error", json.dumps(output, sort_keys=True))
    return OutputBlock(Kind.ERROR, key, _views.get(key, failure, weight=4 * _weight(output.get("traceback"))))


# ---- Rich outputs


def _rich(output: store.Output, beside_picture: bool) -> OutputBlock | None:
    data, metadata = output.get("data", {}), output.get("metadata", {})
    media_type = chosen(data)
    if media_type is None:
        return None
    value = data[media_type]
    reference = store.reference_of(value)
    if media_type in IMAGE_TYPES:
        return _image(media_type, reference, data, metadata)
    if reference and _is_framed(media_type, reference):
        return _frame(reference, data)
    if media_type == TABLE_TYPE:
        # A kernel may say it is one and send something else: then the other representations count.
        rest = {**output, "data": {other: value for other, value in data.items() if other != TABLE_TYPE}}
        return (_table(reference) if reference else None) or _rich(rest, beside_picture)
    if frame_kind(media_type) and media_type != "text/html":  # stored by hand: nothing that a frame could fetch
        return _text_block(json.dumps(value))
    if reference is None:
        return _in_page(media_type, _joined(value), "", beside_picture)
    key = (reference["sha256"], media_type, beside_picture)
    make = lambda: _in_page(media_type, _joined(store.value_of(value)), reference["sha256"], beside_picture)  # noqa: E731
    return _views.get(key, make, weight=4 * reference["size"] + 1000)


def _is_framed(media_type: str, reference: Mapping[str, Any]) -> bool:
    if media_type == "text/html":
        return reference.get("shape") == HtmlShape.FRAME
    return frame_kind(media_type) is not None


def _image(
    media_type: str, reference: Mapping[str, Any] | None, data: Mapping[str, Any], metadata: Mapping[str, Any]
) -> OutputBlock | None:
    if reference is None or reference["media_type"] != media_type:  # base64 that nothing can read
        return _text_block(_joined(store.value_of(data.get("text/plain", "A picture that can't be read."))))
    facts = reference.get("picture")
    picture = Picture(**facts) if facts else None
    alt = _alt(media_type, data, metadata)
    kind = Kind.SVG if media_type == "image/svg+xml" else Kind.IMAGE
    return OutputBlock(kind, _key(reference["sha256"], alt), Image(picture, alt), reference["sha256"])


def _alt(media_type: str, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """What the author says of the picture, else what the object says of itself, unless that is Python's own words."""
    own = metadata.get(media_type)
    said = metadata.get("alt") or (own.get("alt") if isinstance(own, Mapping) else None)
    if isinstance(said, str) and said.strip():
        return said.strip()[:300]
    plain = data.get("text/plain")
    text = _joined(plain).strip() if isinstance(plain, str | list) else ""
    return "" if not text or "<" in text[:2] or "\n" in text or len(text) > 200 else text


def _frame(reference: Mapping[str, Any], data: Mapping[str, Any]) -> OutputBlock:
    facts = reference.get("frame") or {}
    poster = store.reference_of(data.get("image/png"))
    view = Frame(facts.get("title", ""), facts.get("height"), poster["sha256"] if poster else "")
    return OutputBlock(Kind.FRAME, reference["sha256"], view, reference["sha256"])


def _table(reference: Mapping[str, Any]) -> OutputBlock | None:
    def view() -> tables.TableView | None:
        head = reference.get("head")
        value = head if head else store.value_of({store.REFERENCE: reference})
        table = TableData.parse(value)
        given = head["given_rows"] if head else len(value.get("rows", [])) if table else 0
        return tables.view_of_data(table, given) if table else None

    made = _views.get(("table", reference["sha256"]), view, weight=20_000)
    return OutputBlock(Kind.TABLE, reference["sha256"], made, reference["sha256"]) if made else None


def _in_page(media_type: str, value: Any, blob: str, beside_picture: bool) -> OutputBlock | None:
    key = _key(media_type, value if isinstance(value, str) else json.dumps(value))
    match media_type:
        case "text/html":
            return _html(value, key)
        case "text/markdown":
            return OutputBlock(Kind.MARKDOWN, key, render_markdown(value, prefix=f"output-{key[:8]}"))
        case "text/latex":
            formula = _ONE_FORMULA.fullmatch(value)
            if formula is None:
                return OutputBlock(Kind.MARKDOWN, key, render_markdown(value, prefix=f"output-{key[:8]}"))
            return OutputBlock(Kind.MATH, key, next(part for part in formula.groups() if part).strip())
        case "application/json":
            return OutputBlock(Kind.JSON, key, json_tree.to_html(value), blob)
    if not isinstance(value, str):
        return None
    if not value.strip() or (beside_picture and _PLOT_OBJECT.match(value)):
        return None
    if number := numbers.read(value):
        return OutputBlock(Kind.NUMBER, key, number)
    return _text_block(value, blob)


def _html(value: str, key: str) -> OutputBlock | None:
    match shape_of(value):
        case HtmlShape.TABLE:
            view = tables.view_of_html(value)
            if view is not None:
                return OutputBlock(Kind.TABLE, key, view)
        case HtmlShape.NUMBERS:
            return OutputBlock(Kind.NUMBERS, key, sanitised(value))
    html = sanitised(value)
    return OutputBlock(Kind.HTML, key, html) if html.strip() else None


def _text_block(text: str, blob: str = "") -> OutputBlock:
    return OutputBlock(Kind.TEXT, _key("text", text), _text_view(text), blob)


# ---- Small parts


def _shows_picture(output: store.Output) -> bool:
    media_type = chosen(output.get("data", {}))
    return media_type is not None and (media_type in IMAGE_TYPES or frame_kind(media_type) is not None)


def _joined(value: Any) -> Any:
    """nbformat may have texts as lists of lines."""
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if is_lines else value


def _weight(value: Any) -> int:
    reference = store.reference_of(value)
    return reference["size"] if reference else 2_000


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
