"""Markdown of cells and outputs: GitHub's flavour with footnotes, task lists and maths; raw HTML is sanitised.

Maths is left in `<math-tex>` as it was written; the browser draws it (`static/js/outputs/math-tex.js`). Pictures come
from the text itself (`data:`), from the cell's attachments, or from the project's files; never from elsewhere.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from apps_runtime.outputs.cache import BoundedCache
from apps_runtime.outputs.code import MOST_COLOURED, highlight
from apps_runtime.outputs.content import clean_text
from apps_runtime.outputs.markdown_rules import becomes_too_much, equations, is_too_much, task_lists
from apps_runtime.outputs.sanitise import PICTURE_DATA, sanitised_markdown

LARGEST_PICTURES = 30_000_000  # characters of all pictures that a text shows from its attachments
AS_WRITTEN = "This text is shown as it was written: it is too long, or has too many marks, to be set."
ANCHOR = "section"

# The path of a file beside the notebook → its address, None for a file that can't be shown.
FileAddress = Callable[[str], str | None]
Attachments = Mapping[str, Mapping[str, Any]]

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|\\")
_DIRECTED = {"paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open"}
_FIRST_LETTER = re.compile(r"[^\W\d_]")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")

_rendered: BoundedCache[SafeString] = BoundedCache(16_000_000)
_found_headings: "BoundedCache[tuple[Heading, ...]]" = BoundedCache(8_000_000)


@dataclass(frozen=True)
class Heading:
    """A heading of a text: its level (1–6), its words, and the id it has in the page."""

    level: int
    text: str
    anchor: str


def headings(source: str, *, prefix: str = ANCHOR) -> list[Heading]:
    """The headings in their order. Anchors are distinct within the text; `prefix` makes them distinct in the page."""
    return list(_headings(source, prefix.rstrip("-")))


def render_markdown(
    source: str,
    attachments: Attachments | None = None,
    *,
    file_address: FileAddress | None = None,
    prefix: str = ANCHOR,
) -> SafeString:
    """HTML of a text. `attachments`: the cell's, as nbformat has them. `prefix`: what anchors begin with."""
    prefix = prefix.rstrip("-")
    known = _rendered.find((source, prefix))
    if known is not None:
        return known
    asked, room = False, LARGEST_PICTURES

    def picture(address: str) -> str | None:
        nonlocal asked, room
        asked = True
        found = _picture(address, attachments or {}, file_address) if room > 0 else None
        room -= len(found or "")
        return found

    def link(address: str) -> str | None:
        nonlocal asked
        asked = True
        return _picture(address, {}, file_address) if file_address else address

    html = _html(source, prefix)
    result = sanitised_markdown(html, picture=picture, link=link, anchor_prefix=f"{prefix}-")
    if not asked:
        _rendered.keep((source, prefix), result, weight=len(source) + len(result))
    return result


def _html(source: str, prefix: str) -> str:
    source = clean_text(source)
    if is_too_much(source):
        return _as_written(source)
    tokens = _parser().parse(source, {"prefix": prefix})
    if becomes_too_much(tokens):
        return _as_written(source)
    for heading, opening in _named(tokens, prefix):
        opening.attrSet("id", heading.anchor)
    _point_links_at_anchors(tokens, prefix)
    _mark_right_to_left(tokens)
    return _parser().renderer.render(tokens, _parser().options, {"prefix": prefix})


def _as_written(source: str) -> str:
    return f'<p class="quiet">{AS_WRITTEN}</p>\n<pre>{escape(source)}</pre>'


def _headings(source: str, prefix: str) -> tuple[Heading, ...]:
    key = (source, prefix)
    return _found_headings.get(key, lambda: _read_headings(source, prefix), weight=len(source) + 500)


def _read_headings(source: str, prefix: str) -> tuple[Heading, ...]:
    source = clean_text(source)
    if is_too_much(source):
        return ()
    return tuple(heading for heading, _ in _named(_parser().parse(source), prefix))


def _named(tokens: Sequence[Token], prefix: str) -> Iterator[tuple[Heading, Token]]:
    """The headings, each with an anchor of its own, and the tokens that open them."""
    taken: set[str] = set()
    numbers: dict[str, Iterator[int]] = {}  # from which on an anchor's numbers may be free
    for opening, inline in _heading_tokens(tokens):
        words = _words(inline.children or [])
        anchor = base = f"{prefix}-{slug(words)}"
        while anchor in taken:
            anchor = f"{base}-{next(numbers.setdefault(base, count(2)))}"
        taken.add(anchor)
        yield Heading(int(opening.tag[1]), words, anchor), opening


def slug(words: str) -> str:
    """“How sure are we?” → `how-sure-are-we`; letters of every script stay."""
    text = unicodedata.normalize("NFKC", words).lower()
    return re.sub(r"[\W_]+", "-", text).strip("-")[:80] or "part"


# ---- The parser


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    parser.use(equations)
    parser.use(footnote_plugin)
    parser.use(task_lists)
    for rule, draw in _RULES.items():
        parser.add_render_rule(rule, draw)
    return parser


def _math(*, display: bool) -> Callable[..., str]:
    def draw(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
        attribute = ' display="block"' if display else ""
        drawn = f"<math-tex{attribute}>{escape(tokens[at].content.strip())}</math-tex>"
        return f"<p>{drawn}</p>\n" if tokens[at].block else drawn

    return draw


def _fence(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    language = tokens[at].info.split()[0] if tokens[at].info.strip() else ""
    text = tokens[at].content.rstrip("\n")
    left = environment.get("colours_left", MOST_COLOURED) - len(text)
    environment["colours_left"] = left
    code = highlight(text, language if left >= 0 else "")
    return f'<pre class="code"><code>{code}</code></pre>\n'


def _footnote_anchor(tokens: Sequence[Token], at: int, environment: Any) -> tuple[str, str]:
    """The ids of a note and of the place that cites it."""
    prefix, number, again = environment["prefix"], int(tokens[at].meta["id"]) + 1, tokens[at].meta.get("subId", 0)
    return f"{prefix}-note-{number}", f"{prefix}-cited-{number}" + (f"-{again}" if again else "")


def _footnote_reference(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    note, cited = _footnote_anchor(tokens, at, environment)
    number = tokens[at].meta["id"] + 1
    return f'<sup class="footnote-ref" id="{cited}"><a href="#{note}">{number}</a></sup>'


def _footnote_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    note, _ = _footnote_anchor(tokens, at, environment)
    return f'<li class="footnote-item" id="{note}">'


def _footnote_back(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    _, cited = _footnote_anchor(tokens, at, environment)
    return f' <a href="#{cited}" title="Back to the text">↩</a>'


def _footnotes_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    return '<section class="footnotes small">\n<ol class="footnotes-list">\n'


def _table_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    return '<div class="table-frame"><table class="table">\n'


def _table_close(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    return "</table></div>\n"


def _cell_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    """GitHub's `---:` becomes the class of numbers, `:---:` stays a style."""
    style = str(tokens[at].attrGet("style") or "")
    attributes = ' class="num"' if "right" in style else ' style="text-align:center"' if "center" in style else ""
    return f"<{tokens[at].tag}{attributes}>"


_RULES = {
    "math_inline": _math(display=False),
    "math_inline_double": _math(display=True),
    "math_block": _math(display=True),
    "math_block_label": _math(display=True),
    "amsmath": _math(display=True),
    "fence": _fence,
    "code_block": _fence,
    "footnote_ref": _footnote_reference,
    "footnote_open": _footnote_open,
    "footnote_anchor": _footnote_back,
    "footnote_block_open": _footnotes_open,
    "table_open": _table_open,
    "table_close": _table_close,
    "th_open": _cell_open,
    "td_open": _cell_open,
}


# ---- Headings, links, pictures


def _heading_tokens(tokens: Sequence[Token]) -> list[tuple[Token, Token]]:
    return [
        (token, tokens[position + 1])
        for position, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0
    ]


def _words(children: Sequence[Token]) -> str:
    """The words of a heading, without its markup."""
    texts = []
    for child in children:
        match child.type:
            case "text" | "code_inline" | "math_inline" | "math_inline_double":
                texts.append(child.content)
            case "softbreak" | "hardbreak":
                texts.append(" ")
            case "image":
                texts.append(_words(child.children or []))
    return "".join(texts).strip()


def _point_links_at_anchors(tokens: Sequence[Token], prefix: str) -> None:
    """`[see](#Size)` goes to the heading “Size” of the same text."""
    for token in tokens:
        for child in token.children or []:
            href = child.attrGet("href") if child.type == "link_open" else None
            if isinstance(href, str) and href.startswith("#") and len(href) > 1:
                child.attrSet("href", f"#{prefix}-{slug(href[1:])}")


def _mark_right_to_left(tokens: Sequence[Token]) -> None:
    """Paragraphs, headings, lists and quotations whose first letter is of a script that is written so."""
    waiting: list[Token] = []  # open blocks of which no letter was seen yet
    for token in tokens:
        if token.type in _DIRECTED:
            waiting.append(token)
        elif token.nesting == -1:
            waiting = [block for block in waiting if block.level < token.level]
        elif token.type == "inline" and (letter := _FIRST_LETTER.search(_words(token.children or []))):
            if unicodedata.bidirectional(letter[0]) in ("R", "AL"):
                for block in waiting:
                    block.attrSet("dir", "rtl")
            waiting.clear()


def _picture(address: str, attachments: Attachments, file_address: FileAddress | None) -> str | None:
    if address.startswith("attachment:"):
        bundle = attachments.get(address.removeprefix("attachment:"))
        for media_type in _PICTURES:
            data = bundle.get(media_type) if isinstance(bundle, Mapping) else None
            data = "".join(data) if isinstance(data, list) else data
            if isinstance(data, str):
                return _data_address(media_type, data)
        return None
    if _SCHEME.match(address) or address.startswith("/") or file_address is None:
        return None
    return file_address(address)


def _data_address(media_type: str, data: str) -> str | None:
    address = f"data:{media_type};base64,{''.join(data.split())}"
    return address if PICTURE_DATA.match(address) else None
