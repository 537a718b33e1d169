"""Rules of our markdown that take no longer than the text is long, and what of a text is too much to be set.

markdown-it goes through a text with rules in Python: some thousand brackets that nothing closes, or some ten thousand
lines that are each a block, take seconds. Texts that people write are far below these figures.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_block

from apps_runtime.outputs.markup import is_heavy, tags_of

LONGEST = 1_000_000  # characters
MOST_LINES = 8_000
MOST_BRACKETS = 16_000
MOST_BARS = 20_000
MOST_MARKS = 40_000
MOST_UNENDED = 20
LARGEST_RESULT = 4_000_000  # characters of all attributes and texts: a definition can be cited often

_WITHOUT_MARKS = str.maketrans("", "", "*_[]!<>&\\`$^~|")
_CLOSING = re.compile(r"\\end\{(\w+\*?)\}[^\S\n]*$", re.MULTILINE)
_OPENING = re.compile(r"\\begin\{(\w+\*?)\}")
_TASK = re.compile(r"\[[ xX]\][ \t\n\v\f\r]")


def is_too_much(source: str) -> bool:
    """Whether a text can't be set in good time."""
    return (
        len(source) > LONGEST
        or source.count("\n") > MOST_LINES
        or source.count("[") > MOST_BRACKETS
        or source.count("|") > MOST_BARS
        or len(source) - len(source.translate(_WITHOUT_MARKS)) > MOST_MARKS
    )


def becomes_too_much(tokens: Sequence[Token]) -> bool:
    """Whether what a text became is out of all proportion, or has raw HTML that is."""
    every = [token for outer in tokens for token in (outer, *(outer.children or ()))]
    raw = "".join(token.content for token in every if token.type in ("html_block", "html_inline"))
    if raw and is_heavy(tags_of(raw), sum(token.nesting == 1 for token in every)):
        return True
    sizes = (len(token.content) + sum(len(str(value)) for value in token.attrs.values()) for token in every)
    return sum(sizes) > LARGEST_RESULT


def equations(parser: MarkdownIt) -> None:
    """amsmath's environments; what begins one that never ends is text, at once."""
    parser.block.ruler.before(
        "blockquote",
        "amsmath",
        _equation,
        {"alt": ["paragraph", "reference", "blockquote", "list", "footnote_def"]},
    )


def _equation(state: StateBlock, line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    opening = _OPENING.match(state.src, start)
    if opening is None:
        return False
    if "equations" not in state.env:
        ends: dict[str, list[int]] = {}
        for closing in _CLOSING.finditer(state.src):
            ends.setdefault(closing[1], []).append(closing.start())
        state.env["equations"] = ends
    closings = state.env["equations"].get(opening[1], [])
    place = bisect_left(closings, start)
    if place < len(closings) and closings[place] < state.eMarks[end_line - 1]:
        return amsmath_block(state, line, end_line, silent)
    if place < len(closings) and not silent:
        # It ends outside the quotation it begins in. That ended a paragraph, and would for each line of it.
        state.env["unended"] = state.env.get("unended", 0) + 1
        if state.env["unended"] > MOST_UNENDED:
            state.env["equations"] = {}
    return False


def task_lists(parser: MarkdownIt) -> None:
    """`- [ ] to do` and `- [x] done` as GitHub has them."""
    parser.core.ruler.after("inline", "task_lists", _mark_tasks)


def _mark_tasks(state: StateCore) -> None:
    lists: list[Token] = []
    for place, token in enumerate(state.tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "inline" and _TASK.match(token.content):
            item, paragraph = state.tokens[max(place - 2, 0)], state.tokens[place - 1]
            if item.type == "list_item_open" and paragraph.type == "paragraph_open" and token.children:
                _make_task(token)
                item.attrSet("class", "task-list-item")
                lists[-1].attrSet("class", "contains-task-list")


def _make_task(token: Token) -> None:
    box = Token("html_inline", "", 0)
    checked = "" if token.content[1] == " " else " checked"
    box.content = f"<input type=checkbox{checked}>"
    token.content = token.content[3:]
    assert token.children is not None
    token.children[0].content = token.children[0].content[3:]
    token.children.insert(0, box)
