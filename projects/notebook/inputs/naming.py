"""Which names an input can have."""

import keyword
import unicodedata


def normal_name(name: object) -> str:
    """A variable's name as Python folds it (NFKC); "" for what is not text."""
    return unicodedata.normalize("NFKC", name) if isinstance(name, str) else ""


def is_variable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def name_problem(name: str) -> str:
    """Why no input can have this name, as a sentence; "" when it can. Names of builtins are allowed, as in Python."""
    if not name:
        return "An input needs a variable name."
    if not name.isidentifier():
        return f'"{name}" can\'t be a variable: use letters, digits and underscores, and begin with a letter.'
    if keyword.iskeyword(name):
        return f"\"{name}\" is one of Python's own words and can't be a variable."
    if name.startswith("_"):
        return "The name of an input can't begin with an underscore: links use the underscore as a mark."
    return ""
