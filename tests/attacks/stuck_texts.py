"""What confined processes make in these tests: as ever, but that texts which begin with STUCK never end."""

from apps_runtime.outputs import making


def in_page(media_type, value, blob, beside_picture):
    _stay(str(value))
    return making.in_page(media_type, value, blob, beside_picture)


def text(source, attachments, prefix):
    _stay(source)
    return making.text(source, attachments, prefix)


def _stay(text: str) -> None:
    while text.startswith("STUCK"):
        pass


def never(*_):
    """In place of a function that a text nobody thought of holds for good."""
    _stay("STUCK")


def breaks(*_):
    raise KeyError("a text nobody thought of")
