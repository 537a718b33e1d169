"""What a reader is shown of stored outputs, as values: one block for each thing, in their order."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps_runtime.outputs import making, store
from apps_runtime.outputs.drawn import MOST_PLAIN, drawn, why
from apps_runtime.outputs.html import HtmlShape
from apps_runtime.outputs.images import IMAGE_TYPES, Picture
from apps_runtime.outputs.making import key_of
from apps_runtime.outputs.representations import chosen, frame_kind
from apps_runtime.outputs.shown import FrameView, Image, Kind, OutputBlock, Undrawn
from apps_runtime.outputs.table_data import TABLE_TYPE
from projects.confined import NotDone

__all__ = ["MISSHAPEN", "Kind", "OutputBlock", "blocks", "undrawn"]

# What data of the wrong shape raises when it is read or drawn, here or in a template: a kernel or a file made it.
MISSHAPEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

logger = logging.getLogger(__name__)


def blocks(stored: Sequence[store.Output], *, show_errors: bool) -> list[OutputBlock]:
    """The blocks of stored outputs. Who may not see errors sees no stderr either, but for progress: warnings and
    logged tracebacks quote the source (specs/security T2)."""
    return [block for _, block in blocks_with_outputs(stored, show_errors=show_errors)]


def blocks_with_outputs(
    stored: Sequence[store.Output], *, show_errors: bool
) -> Iterator[tuple[store.Output, OutputBlock]]:
    """The same, each with the output it is of."""
    pictured = any(_shows_picture(output) for output in stored)
    for output in stored:
        for block in _blocks_of(output, show_errors, pictured):
            yield output, block


def _blocks_of(output: store.Output, show_errors: bool, pictured: bool) -> Iterator[OutputBlock]:
    try:
        match output.get("output_type"):
            case "stream":
                yield from _stream(output, show_errors)
            case "error":
                yield _error(output) if show_errors else OutputBlock(Kind.ERROR, "hidden", None)
            case "display_data" | "execute_result":
                block = _rich(output, pictured and output["output_type"] == "execute_result")
                if block is not None:
                    yield block
    except store.BlobMissing as missing:
        text = "This output was stored, but its file is gone. Running the cell again brings it back."
        yield OutputBlock(Kind.UNDRAWN, f"missing-{missing}", Undrawn(text))
    except NotDone as error:
        yield undrawn(output, error, show_errors)
    except MISSHAPEN as error:
        logger.exception("An output could not be read: %s", _digests(output))
        yield undrawn(output, error, show_errors)


def undrawn(output: store.Output, error: Exception, show_errors: bool) -> OutputBlock:
    """What stands in place of an output that can't be drawn, with what there is of it in plain words."""
    sentence = why(error)
    text = _plain_words(output, show_errors)
    return OutputBlock(Kind.UNDRAWN, key_of("undrawn", sentence, text, *_digests(output)), Undrawn(sentence, text))


def _plain_words(output: store.Output, show_errors: bool) -> str:
    """Of the row alone: what is kept beside it is long, and why it can't be drawn may be its length."""
    data = output.get("data")
    data = data if isinstance(data, Mapping) else {}
    match output.get("output_type"):
        case "stream":
            found = output.get("text") if show_errors or output.get("name") != "stderr" else ""
        case "error":
            found = f"{output.get('ename', '')}: {output.get('evalue', '')}" if show_errors else ""
        case _:
            found = _joined(data.get("text/plain", data.get("text/markdown", "")))
    return found[:MOST_PLAIN] if isinstance(found, str) else ""


def _digests(output: store.Output) -> list[str]:
    return [str(reference.get("sha256")) for reference in store.references([output])]


# ---- Streams and errors


def _stream(output: store.Output, show_errors: bool) -> Iterator[OutputBlock]:
    text = output["text"]
    reference = store.reference_of(text)
    name = output.get("name", "stdout")
    if reference is None:
        key, size, blob = key_of(text), len(text), ""
    else:
        key, size, blob = reference["sha256"], reference["size"], reference["sha256"]
    yield from drawn(
        making.stream,
        lambda: (store.value_of(text), name, show_errors, blob),
        key=(key, name, show_errors),
        weight=2 * min(size, making.LARGEST_TEXT) + 500,
        harmless=text if reference is None else None,
    )


def _error(output: store.Output) -> OutputBlock:
    traceback = output.get("traceback", [])
    key = key_of("error", json.dumps(output, sort_keys=True))
    failure = drawn(
        making.failure,
        lambda: (output.get("ename", ""), output.get("evalue", ""), store.value_of(traceback)),
        key=key,
        weight=4 * _weight(traceback),
    )
    return OutputBlock(Kind.ERROR, key, failure)


# ---- Rich outputs


def _rich(output: store.Output, beside_picture: bool) -> OutputBlock | None:
    data, metadata = output.get("data", {}), output.get("metadata", {})
    media_type = chosen(data)
    if media_type is None:
        return None
    value = data[media_type]
    reference = store.reference_of(value)
    if media_type in IMAGE_TYPES:
        return _image(media_type, reference, data, metadata)
    if reference and _is_framed(media_type, reference):
        return _frame(reference, data)
    if media_type == TABLE_TYPE:
        # A kernel may say it is one and send something else: then the other representations count.
        rest = {**output, "data": {other: value for other, value in data.items() if other != TABLE_TYPE}}
        return (_table(reference) if reference else None) or _rich(rest, beside_picture)
    if frame_kind(media_type) and media_type != "text/html":  # stored by hand: nothing that a frame could fetch
        return _in_page("text/plain", json.dumps(value), None, False)
    return _in_page(media_type, value, reference, beside_picture)


def _is_framed(media_type: str, reference: Mapping[str, Any]) -> bool:
    if media_type == "text/html":
        return reference.get("shape") == HtmlShape.FRAME
    return frame_kind(media_type) is not None


def _image(
    media_type: str, reference: Mapping[str, Any] | None, data: Mapping[str, Any], metadata: Mapping[str, Any]
) -> OutputBlock | None:
    if reference is None or reference["media_type"] != media_type:  # base64 that nothing can read
        words = data.get("text/plain", "A picture that can't be read.")
        return _in_page("text/plain", words, store.reference_of(words), False)
    facts = reference.get("picture")
    picture = Picture(**facts) if facts else None
    alt = _alt(media_type, data, metadata)
    kind = Kind.SVG if media_type == "image/svg+xml" else Kind.IMAGE
    return OutputBlock(kind, key_of(reference["sha256"], alt), Image(picture, alt), reference["sha256"])


def _alt(media_type: str, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """What the author says of the picture, else what the object says of itself, unless that is Python's own words."""
    own = metadata.get(media_type)
    said = metadata.get("alt") or (own.get("alt") if isinstance(own, Mapping) else None)
    if isinstance(said, str) and said.strip():
        return said.strip()[:300]
    plain = data.get("text/plain")
    text = _joined(plain).strip() if isinstance(plain, str | list) else ""
    return "" if not text or "<" in text[:2] or "\n" in text or len(text) > 200 else text


def _frame(reference: Mapping[str, Any], data: Mapping[str, Any]) -> OutputBlock:
    facts = reference.get("frame") or {}
    poster = store.reference_of(data.get("image/png"))
    view = FrameView(facts.get("title", ""), facts.get("height"), poster["sha256"] if poster else "")
    return OutputBlock(Kind.FRAME, reference["sha256"], view, reference["sha256"])


def _table(reference: Mapping[str, Any]) -> OutputBlock | None:
    head = reference.get("head")
    whole = {store.REFERENCE: reference}
    views = drawn(
        making.table,
        lambda: (head, head["given_rows"]) if head else (store.value_of(whole), None),
        key=reference["sha256"],
        weight=20_000,
    )
    return OutputBlock(Kind.TABLE, reference["sha256"], views[0], reference["sha256"]) if views else None


def _in_page(
    media_type: str, value: Any, reference: Mapping[str, Any] | None, beside_picture: bool
) -> OutputBlock | None:
    """What stands in the page itself, of a value in the row or beside it."""
    if reference is None:
        value = _joined(value)
        written = value if isinstance(value, str) else json.dumps(value)
        key, size, blob = key_of(written), len(written), ""
    else:
        written, key, size, blob = "", reference["sha256"], reference["size"], reference["sha256"]
    found = drawn(
        making.in_page,
        lambda: (media_type, _joined(store.value_of(value)), blob, beside_picture),
        key=(key, media_type, beside_picture),
        weight=4 * size + 1000,
        harmless=written if media_type == "text/plain" and reference is None else None,
    )
    return found[0] if found else None


# ---- Small parts


def _shows_picture(output: store.Output) -> bool:
    media_type = chosen(output.get("data", {}))
    return media_type is not None and (media_type in IMAGE_TYPES or frame_kind(media_type) is not None)


def _joined(value: Any) -> Any:
    """nbformat may have texts as lists of lines."""
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if is_lines else value


def _weight(value: Any) -> int:
    reference = store.reference_of(value)
    return reference["size"] if reference else 2_000
