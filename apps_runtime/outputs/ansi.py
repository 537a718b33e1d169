"""Text with terminal colours as HTML. The classes are dressed by `static/css/ansi.css`, for light and dark pages."""

import re
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString

from apps_runtime.outputs.safe import safe
from apps_runtime.outputs.style import PLAIN, Colour, Style

_SEQUENCE = re.compile(
    r"\x1b\[([0-9;:]*)m|\x1b\[[0-9;:?<=>]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[()][0-9A-Za-z]|\x1b[^\x00-\x1f\x7f\[\]()]?|[\x00-\x08\x0b-\x1f\x7f]"
)
_FLAGS = ("bold", "dim", "italic", "underline", "inverse", "strike")
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def runs(text: str) -> Iterator[tuple[Style, str]]:
    """The text in pieces of one style. Sequences that are no colours are dropped."""
    style, at = PLAIN, 0
    for sequence in _SEQUENCE.finditer(text):
        if sequence.start() > at:
            yield style, text[at : sequence.start()]
        if sequence[1] is not None:
            style = style.after(sequence[1])
        at = sequence.end()
    if at < len(text):
        yield style, text[at:]


def plain(text: str) -> str:
    """The text without colours."""
    return _SEQUENCE.sub("", text)


def to_html(text: str) -> SafeString:
    """Escaped text, with a `span` for every piece that is not plain."""
    return safe("".join(_piece(style, piece) for style, piece in runs(text)))


def _piece(style: Style, text: str) -> str:
    if style == PLAIN:
        return escape(text)
    names, properties = _look(style)
    attributes = f' class="{" ".join(names)}"' if names else ""
    attributes += f' style="{";".join(properties)}"' if properties else ""
    return f"<span{attributes}>{escape(text)}</span>"


def _look(style: Style) -> tuple[list[str], list[str]]:
    """Class names, and properties for colours beyond the sixteen that have names."""
    names = [f"ansi-{flag}" for flag in _FLAGS if getattr(style, flag)]
    properties = []
    parts = ((style.colour, "ansi-", "--ansi-text"), (style.ground, "ansi-on-", "--ansi-ground"))
    for colour, prefix, variable in parts:
        if colour is None:
            continue
        if isinstance(colour, int) and colour < 16:
            names.append(prefix + ("bright-" if colour >= 8 else "") + _NAMES[colour % 8])
        else:
            names.append(prefix + "other")
            properties.append(f"{variable}:{_rgb(colour)}")
    return names, properties


def _rgb(colour: Colour) -> str:
    """The xterm palette: 16–231 a cube of six steps a side, 232–255 greys."""
    if isinstance(colour, str):
        return colour
    assert colour is not None
    if colour >= 232:
        grey = 8 + 10 * (colour - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    steps = (0, 95, 135, 175, 215, 255)
    cube = colour - 16
    return f"#{steps[cube // 36]:02x}{steps[cube // 6 % 6]:02x}{steps[cube % 6]:02x}"
