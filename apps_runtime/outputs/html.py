"""What kind of thing an output's HTML is: a table of ours, big numbers, text for the page, or something for a frame.

Only markup that is sanitised afterwards, or shown in a frame, is judged here: a wrong guess costs looks, not safety.
What no parser takes in good time goes to a frame as well: it costs its reader's browser, and shows all there is.
"""

import re
from enum import StrEnum

import re2

from apps_runtime.outputs.markup import Tag, is_heavy, tags_of

LARGEST_IN_PAGE = 400_000  # characters; beyond it the markup is a document of its own
MOST_CELLS = 25_000  # of a table that is made one of ours


class HtmlShape(StrEnum):
    TABLE = "table"
    NUMBERS = "numbers"
    PAGE = "html"
    FRAME = "frame"


# With re2: to find the end of a style, and its rules, takes Python's `re` quadratic and exponential time.
_STYLE = re2.compile(r"(?is)<style\b[^>]*>(.*?)</style\s*>")
# pandas and polars say a few things about `.dataframe`; our table says them better.
_DATAFRAME_RULES = re2.compile(r"(?:\s*\.dataframe[^{}]*\{[^{}]*\}\s*)*")
_ACTIVE = frozenset(
    "script style iframe frame object embed applet form input button select textarea canvas video audio svg math "
    "template dialog link base slot".split()
)
_HANDLER = re.compile(r"\son[a-z]+\s*=", re.IGNORECASE)
_CLASS = re.compile(r"class\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]*))", re.IGNORECASE)
_DATAFRAME = re.compile(r"\bdataframe\b", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*<dl\s+class\s*=\s*[\"']?numbers[\"']?\s*>", re.IGNORECASE)


def shape_of(html: str) -> HtmlShape:
    if len(html) > LARGEST_IN_PAGE:
        return HtmlShape.FRAME
    plain = without_dataframe_style(html)
    tags = tags_of(plain)
    if is_heavy(tags) or any(map(_is_active, tags)):
        return HtmlShape.FRAME
    tables = [tag for tag in tags if tag.name == "table"]
    cells = sum(tag.name in ("td", "th") for tag in tags)
    if len(tables) == 1 and cells <= MOST_CELLS and _is_dataframe(tables[0]):
        return HtmlShape.TABLE
    if _NUMBERS.match(plain) and plain.lower().count("<dl") == 1 and plain.rstrip().lower().endswith("</dl>"):
        return HtmlShape.NUMBERS
    return HtmlShape.PAGE


def without_dataframe_style(html: str) -> str:
    if "<" not in html:
        return html
    return _STYLE.sub(lambda found: "" if _DATAFRAME_RULES.fullmatch(found[1]) else found[0], html)


def _is_active(tag: Tag) -> bool:
    """Whether it does something, or is of a kind that only its own script knows."""
    return tag.name in _ACTIVE or "-" in tag.name or (tag.attributes and bool(_HANDLER.search(tag.attributes)))


def _is_dataframe(table: Tag) -> bool:
    classes = _CLASS.search(table.attributes)
    return classes is not None and any(names and _DATAFRAME.search(names) for names in classes.groups())
