"""Tags of untrusted markup as they stand in the text, and whether a parser of HTML can take it in good time.

Parsers that follow the standard need quadratic time, and put out more than they were given, for a few shapes of text:
elements nested by thousands, styled words that are never closed, elements with thousands of attributes. Nothing here
is a parser: each rule errs towards calling markup heavy, and who writes such markup by hand or by program does not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_NESTING = 8_000  # elements that could stand inside each other
MOST_STYLED = 20  # different start tags of words that a parser opens again in every paragraph
MOST_REOPENED = 1_000_000
MOST_ATTRIBUTES = 500  # of one element

# Linear: whatever follows the name, the match ends at the next bracket.
_TAG = re.compile(r"<([a-zA-Z][^\s/<>]*)([^<>]*)(>?)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# Elements that end where the next of their kind begins, and those that hold nothing.
_FLAT = frozenset("area br col hr img input source td th thead tbody tfoot tr track wbr".split())
_REOPENED = frozenset("b big code em font i nobr s small strike strong tt u".split())


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag: its name in lower case, and what stands between the name and the bracket."""

    name: str
    attributes: str
    is_closed: bool


def tags_of(html: str) -> list[Tag]:
    """Whatever looks like a start tag, comments and texts included."""
    return [Tag(name.lower(), rest, bool(end)) for name, rest, end in _TAG.findall(html)]


def is_heavy(tags: Sequence[Tag], paragraphs: int = 0) -> bool:
    """Whether parsing could take long or fill the memory. `paragraphs`: those that stand around the markup."""
    nesting, styled = paragraphs, set()
    for tag in tags:
        nesting += tag.name not in _FLAT
        if tag.name in _REOPENED:
            styled.add((tag.name, tag.attributes))
        if not tag.is_closed or (tag.attributes and _is_odd(tag.attributes)):
            return True
    if len(styled) > MOST_STYLED or 3 * len(styled) * nesting > MOST_REOPENED:
        return True
    return nesting - paragraphs > MOST_NESTING


def _is_odd(attributes: str) -> bool:
    """Whether there are too many to compare, or one of them goes on behind the bracket."""
    bare = _QUOTED.sub("", attributes) if '"' in attributes or "'" in attributes else attributes
    return '"' in bare or "'" in bare or len(bare.split(maxsplit=MOST_ATTRIBUTES)) > MOST_ATTRIBUTES
