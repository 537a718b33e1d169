"""How text of a terminal looks: the part of ECMA-48's SGR sequences that notebooks use."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

# `colour`: a palette number 0–255, or a "#rrggbb".
Colour: TypeAlias = int | str | None

_FLAGS_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike"}
_FLAGS_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 29: ("strike",)}


@dataclass(frozen=True, slots=True)
class Style:
    """One look. The default is plain text."""

    colour: Colour = None
    ground: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False
    strike: bool = False

    def sgr(self) -> str:
        """The sequence that switches from plain text to this style; "" for plain text."""
        codes = [str(code) for code, flag in _FLAGS_ON.items() if getattr(self, flag)]
        codes += _colour_codes(self.colour, 30) + _colour_codes(self.ground, 40)
        return f"\x1b[{';'.join(codes)}m" if codes else ""

    def after(self, parameters: str) -> "Style":
        """The style after `ESC [ parameters m`. What is not understood changes nothing."""
        style = self
        codes = iter([int(part) if part.isdecimal() else 0 for part in parameters.replace(":", ";").split(";")[:32]])
        for code in codes:
            style = _after_code(style, code, codes)
        return style


PLAIN = Style()


def _after_code(style: Style, code: int, following: Iterator[int]) -> Style:
    if code == 0:
        return PLAIN
    if code in _FLAGS_ON:
        return replace(style, **{_FLAGS_ON[code]: True})
    if code in _FLAGS_OFF:
        return replace(style, **dict.fromkeys(_FLAGS_OFF[code], False))
    if code in (38, 48):
        colour = _extended(following)
        if colour is None:
            return style
        return replace(style, colour=colour) if code == 38 else replace(style, ground=colour)
    if 30 <= code <= 37 or code == 39:
        return replace(style, colour=None if code == 39 else code - 30)
    if 40 <= code <= 47 or code == 49:
        return replace(style, ground=None if code == 49 else code - 40)
    if 90 <= code <= 97:
        return replace(style, colour=code - 90 + 8)
    if 100 <= code <= 107:
        return replace(style, ground=code - 100 + 8)
    return style


def _extended(following: Iterator[int]) -> Colour:
    """The colour after 38 or 48: `5;n` of the palette or `2;r;g;b`."""
    match next(following, None):
        case 5:
            number = next(following, 256)
            return number if number <= 255 else None
        case 2:
            parts = [next(following, 256) for _ in range(3)]
            return "#{:02x}{:02x}{:02x}".format(*parts) if max(parts) <= 255 else None
    return None


def _colour_codes(colour: Colour, base: int) -> list[str]:
    match colour:
        case None:
            return []
        case str():
            red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
            return [f"{base + 8};2;{red};{green};{blue}"]
        case _ if colour < 8:
            return [str(base + colour)]
        case _ if colour < 16:
            return [str(base + 60 + colour - 8)]
        case _:
            return [f"{base + 8};5;{colour}"]
