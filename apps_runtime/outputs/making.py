"""Untrusted texts made into what a page shows of them. Pure: it is carried out in a confined process (ADR 9).

`drawn.py` asks for it; nothing else may, and nothing here may read a model, a setting or a file.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from apps_runtime.outputs import ansi, errors, json_tree, numbers, progress, tables
from apps_runtime.outputs.errors import Failure
from apps_runtime.outputs.html import HtmlShape, shape_of
from apps_runtime.outputs.markdown import Attachments, Heading, headings, render_markdown
from apps_runtime.outputs.markup import is_heavy, tags_of
from apps_runtime.outputs.sanitise import sanitised
from apps_runtime.outputs.shown import Kind, OutputBlock, Text
from apps_runtime.outputs.table_data import TableData

LONG_LINES = 40
LONG_TEXT = 6_000  # characters
LARGEST_TEXT = 100_000  # characters in the page; of a longer text the ends, and a link to all of it

# What a plotting call returns beside its picture says nothing to a reader.
_PLOT_OBJECT = re.compile(r"\s*[\[({]*(?:array\(\[*)?(?:<Axes|<Figure|<matplotlib\.|<seaborn\.|Text\(|Axes\()")
_TQDM_ADVICE = "TqdmWarning: IProgress not found"
_ONE_FORMULA = re.compile(
    r"\s*(?:\$\$(?P<two>[^$]+)\$\$|\$(?P<one>[^$]+)\$|\\\[(?P<bracket>.+?)\\\]|(?P<environment>\\begin.+))\s*",
    re.DOTALL,
)


# ---- Streams and errors


def stream(text: str, name: str, show_errors: bool, blob: str) -> tuple[OutputBlock, ...]:
    """Its text and its progress bars. Who may not see errors sees nothing of stderr but those."""
    return tuple(_stream_blocks(text, name, show_errors, blob))


def _stream_blocks(text: str, name: str, show_errors: bool, blob: str) -> Iterator[OutputBlock]:
    text, bars = progress.split(text)
    if name == "stderr":
        text = _without_tqdm_advice(text) if show_errors else ""
    if text.strip():
        yield OutputBlock(Kind.TEXT, key_of("stream", name, text), _text_view(text, name), blob)
    for bar in bars:
        yield OutputBlock(Kind.PROGRESS, key_of("progress", bar.line), bar)


def _without_tqdm_advice(text: str) -> str:
    """The stream without tqdm's advice to install widgets, and the line of code that Python prints below it."""
    if _TQDM_ADVICE not in text:
        return text
    kept: list[str] = []
    advised = False
    for line in text.splitlines(keepends=True):
        below, advised = advised and line.startswith("  "), _TQDM_ADVICE in line
        if not (advised or below):
            kept.append(line)
    return "".join(kept)


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


def failure(name: str, words: str, traceback: Sequence[str]) -> Failure:
    return errors.read(name, words, traceback)


@dataclass(frozen=True)
class ErrorWords:
    """An error without its traceback: in words, as Python says it, and the author's own line."""

    headline: str
    suggestion: str
    error: str
    line: str


def error_words(name: str, words: str, traceback: Sequence[str]) -> ErrorWords:
    read = errors.read(name, words, traceback)
    said = ansi.plain(words).strip().split("\n")[0][:300]
    return ErrorWords(
        headline=read.headline,
        suggestion=read.suggestion,
        error=f"{name}: {said}" if said else name,
        line=errors.own_line(traceback),
    )


# ---- Rich outputs


def table(value: Any, given_rows: int | None) -> tuple[tables.TableView, ...]:
    """A table of data, of which `value` has the first rows or (None) all; () for what is no such table."""
    found = TableData.parse(value)
    if found is None:
        return ()
    return (tables.view_of_data(found, len(found.rows) if given_rows is None else given_rows),)


def in_page(media_type: str, value: Any, blob: str, beside_picture: bool) -> tuple[OutputBlock, ...]:
    """What stands in the page itself; () for what says nothing to a reader."""
    found = _in_page(media_type, value, blob, beside_picture)
    return () if found is None else (found,)


def _in_page(media_type: str, value: Any, blob: str, beside_picture: bool) -> OutputBlock | None:
    key = key_of(media_type, value if isinstance(value, str) else json.dumps(value))
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
    return text_block(value, blob)


def _html(value: str, key: str) -> OutputBlock | None:
    match shape_of(value):
        case HtmlShape.FRAME if is_heavy(tags_of(value)):  # Stored before such markup went to frames.
            return text_block(value)
        case HtmlShape.TABLE:
            view = tables.view_of_html(value)
            if view is not None:
                return OutputBlock(Kind.TABLE, key, view)
        case HtmlShape.NUMBERS:
            return OutputBlock(Kind.NUMBERS, key, sanitised(value))
    html = sanitised(value)
    return OutputBlock(Kind.HTML, key, html) if html.strip() else None


def text_block(text: str, blob: str = "") -> OutputBlock:
    return OutputBlock(Kind.TEXT, key_of("text", text), _text_view(text), blob)


# ---- Texts of cells


def text(source: str, attachments: Attachments | None, prefix: str) -> SafeString:
    return render_markdown(source, attachments, prefix=prefix)


def headings_of(source: str, prefix: str) -> tuple[Heading, ...]:
    return tuple(headings(source, prefix=prefix))


def key_of(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
