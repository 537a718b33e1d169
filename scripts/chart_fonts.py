"""Makes the typeface of pages usable for charts: matplotlib reads TrueType, packages for browsers ship it compressed.

Usage: KERNEL_PYTHON chart_fonts.py FROM TO. Runs in the kernels' Python, where matplotlib brings fontTools along.
"""

import sys
from pathlib import Path

from fontTools.ttLib import TTFont

# What is taken, and what it is called: titles ask for bold, and every typeface that fills gaps has a 700.
WEIGHTS = {400: 400, 600: 700}
FAMILY_NAMES = (1, 16)


def main(source: Path, target: Path) -> None:
    """Letters of Western languages are one file, those of others another: a family of its own, since a chart takes one
    file for each family and looks for what is missing there in the next."""
    target.mkdir(parents=True, exist_ok=True)
    for weight, called in WEIGHTS.items():
        for subset, family in (("latin", "Instrument Sans"), ("latin-ext", "Instrument Sans Extended")):
            font = TTFont(source / f"instrument-sans-{subset}-{weight}-normal.woff")
            font.flavor = None
            for number in FAMILY_NAMES:
                font["name"].setName(family, number, 3, 1, 0x409)
                font["name"].setName(family, number, 1, 0, 0)
            font["OS/2"].usWeightClass = called
            font.save(target / f"instrument-sans-{subset}-{weight}.ttf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
