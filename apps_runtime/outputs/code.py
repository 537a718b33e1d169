"""Code that is only read, coloured as the editor colours it (design README, section 10).

Every piece carries the short class of `.code` in `data.css` and the editor's own class.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString
from pygments.lexer import Lexer
from pygments.lexers import PythonLexer, get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, Punctuation, String, Token, _TokenType

from apps_runtime.outputs.safe import safe

LONGEST = 100_000  # characters of Python that are coloured; more is shown as it is
# Characters of other languages in one text: a few of Pygments' lexers need quadratic time for texts of their own.
MOST_COLOURED = 10_000
_SHORTER = {"c": 2_000, "cpp": 2_000, "java": 3_000, "ts": 3_000, "typescript": 3_000}
# Of blank lines with spaces in them lexers try to make indentation of every part.
LONGEST_SPACE = 1_000
_SPACE = re.compile(r"\s+")

# Of other languages the text is shown as it is.
LANGUAGES = (
    "bash c console cpp css diff go html ini java javascript js json py pycon python python3 r rust sh shell sql toml "
    "ts typescript xml yaml yml"
)

_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c tok-comment"),
    (String.Escape, "s tok-escape"),
    (String.Interpol, "s tok-escape"),
    (String, "s tok-string"),
    (Number, "n tok-number"),
    (Literal, "n tok-number"),
    (Keyword, "k tok-keyword"),
    (Operator.Word, "k tok-keyword"),
    (Name.Builtin.Pseudo, "k tok-keyword"),
    (Name.Function, "f tok-function"),
    (Name.Decorator, "f tok-typeName"),
    (Name.Class, "f tok-typeName"),
)


@lru_cache(maxsize=512)
def highlight_python(source: str) -> SafeString:
    """Python, IPython's magics included. Give it a `<pre class="code"><code>` to stand in."""
    return _highlighted(source, PythonLexer(stripnl=False, ensurenl=False))


@lru_cache(maxsize=128)
def highlight(source: str, language: str) -> SafeString:
    """Any language by its name in a fence of markdown; of an unknown one the text, escaped."""
    name = language.lower()
    if name not in LANGUAGES.split(" ") or len(source) > _SHORTER.get(name, MOST_COLOURED):
        return SafeString(escape(source))
    # With a line feed at the end: where it lacks, lexers of lines look for it from every character.
    coloured = _highlighted(f"{source}\n", get_lexer_by_name(name, stripnl=False, ensurenl=False))
    return safe(coloured.removesuffix("\n"))


def _highlighted(source: str, lexer: Lexer) -> SafeString:
    if len(source) > LONGEST or max(map(len, _SPACE.findall(source)), default=0) > LONGEST_SPACE:
        return SafeString(escape(source))
    pieces = []
    for name, text in _joined(_classed(lexer.get_tokens(source))):
        pieces.append(f'<span class="{name}">{escape(text)}</span>' if name else escape(text))
    return safe("".join(pieces))


def _classed(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[str, str]]:
    """Classes of tokens; a name in front of a parenthesis is a function."""
    held: list[tuple[_TokenType, str]] = []
    for kind, text in tokens:
        if held:
            if text.isspace() and "\n" not in text:
                held.append((kind, text))
                continue
            called = kind in Punctuation and text.startswith("(")
            for position, (held_kind, held_text) in enumerate(held):
                yield ("f tok-function" if called and position == 0 else _class_of(held_kind)), held_text
            held = []
        if kind is Name or kind is Name.Builtin:
            held = [(kind, text)]
            continue
        yield _class_of(kind), text
    for held_kind, held_text in held:
        yield _class_of(held_kind), held_text


def _class_of(kind: _TokenType) -> str:
    return next((name for token, name in _CLASSES if kind in token), "") if kind is not Token.Text else ""


def _joined(pieces: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours of one class as one piece."""
    current, texts = "", []
    for name, text in pieces:
        if name != current and texts:
            yield current, "".join(texts)
            texts = []
        current = name
        texts.append(text)
    if texts:
        yield current, "".join(texts)
