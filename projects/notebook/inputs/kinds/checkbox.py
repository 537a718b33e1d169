"""A checkbox."""

from projects.notebook.inputs.booleans import BooleanKind


class Checkbox(BooleanKind, name="checkbox"):
    """A box that is ticked or not: True or False."""

    words = "Checkbox"
    place = 1
    default_template = "inputs/defaults/checkbox.html"
