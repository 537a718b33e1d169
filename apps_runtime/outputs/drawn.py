"""What confined processes made of outputs and texts, kept by content. The one door to `making.py` and its like."""

import logging
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from apps_runtime.outputs.cache import BoundedCache
from projects import confined
from projects.confined import Busy, NotDone, OutOfBudget

SECONDS = 2.0
MEGABYTES = 256.0
HARMLESS = 2_048  # characters
# What is shown of a text that could not be drawn.
MOST_PLAIN = 4_000  # characters

Made = TypeVar("Made")

logger = logging.getLogger(__name__)

_kept: BoundedCache[Any] = BoundedCache(64_000_000)


def drawn(
    function: Callable[..., Made],
    arguments: Callable[[], tuple[Any, ...]],
    *,
    key: Hashable,
    weight: int,
    harmless: str | None = None,
) -> Made:
    """`function(*arguments())`, which is never None. `key` names the content. `harmless`: all that is untrusted in it;
    where that is a short text of letters and signs it is drawn here: a number depends on nobody. Raises NotDone."""
    key = (function.__name__, key)
    found = _kept.find(key)
    if found is not None:
        return found
    values = arguments()
    if (
        harmless is not None
        and len(harmless) <= HARMLESS
        and harmless.replace("\n", "").replace("\t", "").isprintable()
    ):
        made = function(*values)
    else:
        try:
            made = confined.call(function, *values, seconds=SECONDS, megabytes=MEGABYTES)
        except NotDone as error:
            logger.warning("%s was not drawn: %s", key, error)
            raise
    _kept.keep(key, made, weight=weight)
    return made


def _is_harmless(text: str) -> bool:
    return len(text) <= HARMLESS and text.replace("\n", "").replace("\t", "").isprintable()


def why(error: Exception) -> str:
    """A sentence for the reader, in place of what was not drawn."""
    match error:
        case Busy():
            return "There is too much to draw at the moment. Load the page again to see this output."
        case OutOfBudget():
            return "This output takes too long to draw, so it is not shown."
    return "This output could not be drawn."
