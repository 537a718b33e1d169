"""matplotlib's look: the file `matplotlibrc` beside this one, plus what such a file cannot say.

The file is read by matplotlib itself (MATPLOTLIBRC), so other kernels and subprocesses have the look too.
"""

import os
import sys

FAMILY = "Instrument Sans"
EXTENDED = "Instrument Sans Extended"  # Its letters of other languages; `scripts/chart_fonts.py` makes both.
RAMP = ("#e5f5f9", "#7cc6e4", "#3475c4", "#1a2f63")


def apply(fonts: str = "") -> None:
    """Register the product's colour ramp and, when `fonts` is a folder of TrueType files, its typeface.

    Does nothing when matplotlib is not imported; it is the preload that imports it.
    """
    if "matplotlib" not in sys.modules:
        return
    import matplotlib
    from matplotlib import font_manager
    from matplotlib.colors import LinearSegmentedColormap

    if "hexlite" not in matplotlib.colormaps:
        matplotlib.colormaps.register(LinearSegmentedColormap.from_list("hexlite", RAMP))
    matplotlib.rcParams["image.cmap"] = "hexlite"
    if not fonts or not os.path.isdir(fonts):
        return
    for name in sorted(os.listdir(fonts)):
        if name.lower().endswith((".ttf", ".otf")):
            font_manager.fontManager.addfont(os.path.join(fonts, name))
    # Named only when they are there: matplotlib warns into the author's cell about what it cannot find.
    names = {font.name for font in font_manager.fontManager.ttflist}
    matplotlib.rcParams["font.family"] = [name for name in (FAMILY, EXTENDED, "DejaVu Sans") if name in names]
