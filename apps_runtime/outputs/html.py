"""What kind of thing an output's HTML is: a table of ours, big numbers, text for the page, or something for a frame.

Only markup that is sanitised afterwards, or shown in a frame, is judged here: a wrong guess costs looks, not safety.
"""

import re
from enum import StrEnum

LARGEST_IN_PAGE = 400_000  # characters; beyond it the markup is a document of its own


class HtmlShape(StrEnum):
    TABLE = "table"
    NUMBERS = "numbers"
    PAGE = "html"
    FRAME = "frame"


_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
# pandas and polars say a few things about `.dataframe`; our table says them better.
_DATAFRAME_RULES = re.compile(r"(?:\s*\.dataframe[^{}]*\{[^{}]*\}\s*)*")
_ACTIVE = re.compile(
    r"<(?:script|style|iframe|frame|object|embed|applet|form|input|button|select|textarea|canvas|video|audio|svg|math|"
    r"template|dialog|link|base|slot)\b|<[a-z][^>]*\son[a-z]+\s*=|<[a-z][a-z0-9]*-[a-z]",
    re.IGNORECASE,
)
_TABLE = re.compile(r"<table\b[^>]*>", re.IGNORECASE)
_DATAFRAME = re.compile(r"class\s*=\s*[\"']?[^\"'>]*\bdataframe\b", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*<dl\s+class\s*=\s*[\"']?numbers[\"']?\s*>", re.IGNORECASE)


def shape_of(html: str) -> HtmlShape:
    if len(html) > LARGEST_IN_PAGE:
        return HtmlShape.FRAME
    plain = without_dataframe_style(html)
    if _ACTIVE.search(plain):
        return HtmlShape.FRAME
    tables = _TABLE.findall(plain)
    if len(tables) == 1 and _DATAFRAME.search(tables[0]):
        return HtmlShape.TABLE
    if _NUMBERS.match(plain) and plain.lower().count("<dl") == 1 and plain.rstrip().lower().endswith("</dl>"):
        return HtmlShape.NUMBERS
    return HtmlShape.PAGE


def without_dataframe_style(html: str) -> str:
    return _STYLE.sub(lambda found: "" if _DATAFRAME_RULES.fullmatch(found[1]) else found[0], html)
