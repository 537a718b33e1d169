"""From decoded JSON to a valid nbformat 4 document.

Older formats are upgraded by nbformat. What programs often leave out is put in; wrong types are refused with the
number of the cell.
"""

import json
from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat.validator import normalize

from projects.notebook.cells import derived_id, is_id, joined
from projects.notebook.files.media_types import proper
from projects.notebook.files.unreadable import UnreadableNotebook, check_number_of_cells, check_source_size, quoted

_NEWEST = 4
# What the notebook itself says of having been upgraded or trusted elsewhere; nbformat strips these as well.
_TRANSIENT = ("orig_nbformat", "orig_nbformat_minor", "signature")


def valid_document(data: Any, name: str) -> dict[str, Any]:
    """A document that passes nbformat's validation as 4.5, texts joined. Raises UnreadableNotebook."""
    called = quoted(name)
    if not isinstance(data, dict) or not ("cells" in data or "worksheets" in data):
        raise UnreadableNotebook(f"{called} is JSON, but not a notebook: it has no cells.")
    data = _upgraded(data, called)
    cells = data.get("cells")
    if not isinstance(cells, list):
        raise UnreadableNotebook(f"{called} is damaged: its cells are not a list.")
    check_number_of_cells(len(cells), called)
    metadata = data.get("metadata", {})
    if not isinstance(metadata, Mapping):
        raise UnreadableNotebook(f"{called} is damaged: its metadata are not settings by name.")
    repaired = [_cell(cell, position) for position, cell in enumerate(cells)]
    _name_apart(repaired)
    document = {
        "cells": repaired,
        "metadata": {key: value for key, value in metadata.items() if key not in _TRANSIENT},
        "nbformat": _NEWEST,
        "nbformat_minor": 5,
    }
    return _validated(document, called)


def _upgraded(data: dict[str, Any], called: str) -> dict[str, Any]:
    version = data.get("nbformat", _NEWEST if "cells" in data else 3)
    if isinstance(version, bool) or not isinstance(version, int):
        raise UnreadableNotebook(f"{called} is damaged: its format number is not a number.")
    if version > _NEWEST:
        raise UnreadableNotebook(
            f"{called} is in the notebook format {version}, which is newer than this release knows. "
            f"Save it in the format {_NEWEST}."
        )
    if version == _NEWEST:
        return data
    try:
        old = json.dumps({**data, "nbformat": version})
        upgraded = nbformat.reads(old, as_version=_NEWEST)  # type: ignore[no-untyped-call]
    except Exception as error:
        # nbformat trusts old files to be well formed: a damaged one raises whatever its code trips over.
        raise UnreadableNotebook(f"{called} is in the old notebook format {version}, and damaged.") from error
    # The upgrade names cells at random; the same file must give the same notebook.
    return {**upgraded, "cells": [{key: cell[key] for key in cell if key != "id"} for cell in upgraded["cells"]]}


def _cell(cell: Any, position: int) -> dict[str, Any]:
    place = f"Cell {position + 1}"
    if not isinstance(cell, Mapping):
        raise UnreadableNotebook(f"{place} is damaged: it is not a cell.")
    kind, metadata = cell.get("cell_type"), cell.get("metadata", {})
    if not isinstance(kind, str) or kind not in ("code", "markdown", "raw"):
        raise UnreadableNotebook(f"{place} is of a kind that notebooks do not have: {str(kind)[:40]}.")
    if not isinstance(metadata, Mapping):
        raise UnreadableNotebook(f"{place} is damaged: its metadata are not settings by name.")
    source = _text(cell.get("source", ""), f"{place} is damaged: its source is not text.")
    check_source_size(source, place)
    identity = cell.get("id")
    repaired: dict[str, Any] = {
        "cell_type": kind,
        "id": identity if is_id(identity) else derived_id(position, kind, source),
        "metadata": {key: value for key, value in metadata.items() if key != "trusted"},
        "source": source,
    }
    if kind == "code":
        outputs = cell.get("outputs", [])
        if not isinstance(outputs, list):
            raise UnreadableNotebook(f"{place} is damaged: its outputs are not a list.")
        repaired["outputs"] = [valid_output(output, place) for output in outputs]
        repaired["execution_count"] = cell.get("execution_count")
    elif "attachments" in cell:
        repaired["attachments"] = _attachments(cell["attachments"], place)
    return repaired


def valid_output(output: Any, place: str) -> dict[str, Any]:
    """An output with all the parts that nbformat wants, its texts joined. `place` names the cell. Raises
    UnreadableNotebook."""
    damaged = f"An output of {place.lower()} is damaged."
    if not isinstance(output, Mapping):
        raise UnreadableNotebook(damaged)
    kind = output.get("output_type")
    match kind:
        case "stream":
            return {
                "output_type": kind,
                "name": output.get("name", "stdout"),
                "text": _text(output.get("text"), damaged),
            }
        case "display_data":
            return {"output_type": kind, **_bundle(output, damaged)}
        case "execute_result":
            return {
                "output_type": kind,
                "execution_count": output.get("execution_count"),
                **_bundle(output, damaged),
            }
        case "error":
            parts = {"ename": output.get("ename", ""), "evalue": output.get("evalue", "")}
            return {"output_type": kind, **parts, "traceback": output.get("traceback", [])}
        case _:
            raise UnreadableNotebook(damaged)


def _bundle(output: Mapping[str, Any], damaged: str) -> dict[str, Any]:
    data, metadata = output.get("data", {}), output.get("metadata")
    if not isinstance(data, Mapping):
        raise UnreadableNotebook(damaged)
    return {
        "data": {proper(media_type, value): _joined_data(media_type, value) for media_type, value in data.items()},
        "metadata": metadata if isinstance(metadata, Mapping) else {},
    }


def _joined_data(media_type: str, value: Any) -> Any:
    """Text that a file holds line by line, in one piece; JSON is left as it is."""
    is_json = media_type == "application/json" or media_type.endswith("+json")
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if is_lines and not is_json else value


def _attachments(attachments: Any, place: str) -> dict[str, Any]:
    if not isinstance(attachments, Mapping) or not all(isinstance(bundle, Mapping) for bundle in attachments.values()):
        raise UnreadableNotebook(f"An attachment of {place.lower()} is damaged.")
    return {
        name: {media_type: _joined_data(media_type, value) for media_type, value in bundle.items()}
        for name, bundle in attachments.items()
    }


def _text(value: Any, damaged: str) -> str:
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value)):
        return joined(value)
    raise UnreadableNotebook(damaged)


def _name_apart(cells: list[dict[str, Any]]) -> None:
    """Of two cells with one id the later gets another, the same every time."""
    taken: set[str] = set()
    for position, cell in enumerate(cells):
        attempt = position
        while cell["id"] in taken:
            cell["id"] = derived_id(attempt, cell["cell_type"], cell["source"])
            attempt += len(cells)
        taken.add(cell["id"])


def _validated(document: dict[str, Any], called: str) -> dict[str, Any]:
    """Known metadata with wrong values (tags that are no list) are left out; anything else wrong is refused."""
    try:
        nbformat.validate(document)
        return document
    except nbformat.ValidationError:
        _, document = normalize(document, strip_invalid_metadata=True)
    try:
        nbformat.validate(document)
    except nbformat.ValidationError as error:
        path = list(error.absolute_path)
        place = f"Cell {path[1] + 1} of {called}" if path[:1] == ["cells"] and len(path) > 1 else called
        raise UnreadableNotebook(f"{place} is damaged: it is not as the notebook format wants it.") from None
    return dict(document)
