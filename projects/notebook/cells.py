"""One cell of a notebook, as a value."""

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeGuard

from projects.notebook.inputs import InputSpec, source

# The rule of nbformat 4.5.
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)


class CellKind(StrEnum):
    """What a cell is. In a file an input is a code cell with `metadata.hexlite.input`."""

    CODE = "code"
    MARKDOWN = "markdown"
    RAW = "raw"
    INPUT = "input"

    @property
    def runs(self) -> bool:
        return self in (CellKind.CODE, CellKind.INPUT)


@dataclass(frozen=True)
class Show:
    """What viewers of the app get of a cell. Code is not sent unless the author said so."""

    cell: bool = True
    code: bool = False
    output: bool = True

    @classmethod
    def from_json(cls, data: object) -> "Show":
        if not isinstance(data, Mapping):
            return cls()
        default = cls()
        return cls(
            cell=_flag(data.get("cell"), default.cell),
            code=_flag(data.get("code"), default.code),
            output=_flag(data.get("output"), default.output),
        )

    def to_json(self) -> dict[str, bool]:
        return {"cell": self.cell, "code": self.code, "output": self.output}


@dataclass(frozen=True)
class Cell:
    """A cell. `metadata` and `attachments` are as in the file and never changed in place: edits make new ones.

    The source of an input cell is always made from its settings.
    """

    id: str
    kind: CellKind
    source: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    attachments: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def new(cls, kind: CellKind, source: str = "") -> "Cell":
        """A cell nobody has seen before; for an input use `new_input`."""
        return cls(new_id(), kind, source)

    @classmethod
    def new_input(cls, spec: InputSpec) -> "Cell":
        return cls(new_id(), CellKind.CODE).with_input(spec)

    @classmethod
    def from_json(cls, data: Mapping[str, Any], position: int) -> "Cell":
        """A cell of an nbformat 4 document. Without a usable id it gets one from its content and position."""
        kind = _kind(data.get("cell_type"))
        text = joined(data.get("source"))
        metadata, attachments = data.get("metadata"), data.get("attachments")
        identity = data.get("id")
        cell = cls(
            id=identity if is_id(identity) else derived_id(position, kind, text),
            kind=kind,
            source=text,
            metadata=metadata if isinstance(metadata, Mapping) else {},
            attachments=attachments if isinstance(attachments, Mapping) else {},
        )
        spec = InputSpec.from_json(cell.hexlite.get("input")) if kind is CellKind.CODE else None
        return cell if spec is None else replace(cell, kind=CellKind.INPUT, source=source(spec))

    def to_json(self) -> dict[str, Any]:
        """The cell as nbformat 4.5 has it, with no outputs."""
        data: dict[str, Any] = {"cell_type": str(CellKind.CODE if self.kind is CellKind.INPUT else self.kind)}
        if self.kind.runs:
            data["execution_count"] = None
        data["id"] = self.id
        data["metadata"] = dict(self.metadata)
        if self.kind.runs:
            data["outputs"] = []
        data["source"] = self.source
        if self.attachments and not self.kind.runs:
            data["attachments"] = dict(self.attachments)
        return data

    @property
    def hexlite(self) -> Mapping[str, Any]:
        """hexlite's own part of the metadata."""
        own = self.metadata.get("hexlite")
        return own if isinstance(own, Mapping) else {}

    @property
    def lineage(self) -> str:
        """The id that the cell had when it was made; it survives the duplication of a notebook."""
        lineage = self.hexlite.get("lineage")
        return lineage if is_id(lineage) else self.id

    @cached_property
    def show(self) -> Show:
        return Show.from_json(self.hexlite.get("show"))

    @cached_property
    def input(self) -> InputSpec | None:
        return InputSpec.from_json(self.hexlite.get("input")) if self.kind is CellKind.INPUT else None

    @property
    def tags(self) -> tuple[str, ...]:
        tags = self.metadata.get("tags")
        return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()

    def with_hexlite(self, key: str, value: Any) -> "Cell":
        """With one entry of `metadata.hexlite` set, or with None taken away."""
        own = {name: entry for name, entry in self.hexlite.items() if name != key}
        if value is not None:
            own[key] = value
        metadata = {name: entry for name, entry in self.metadata.items() if name != "hexlite"}
        return replace(self, metadata=metadata | ({"hexlite": own} if own else {}))

    def with_input(self, spec: InputSpec | None) -> "Cell":
        """As an input with these settings; with None, as the code cell that sets its default."""
        if spec is None:
            return replace(self.with_hexlite("input", None), kind=CellKind.CODE)
        cell = replace(self.with_hexlite("input", spec.to_json()), attachments={})
        return replace(cell, kind=CellKind.INPUT, source=source(spec))

    def with_show(self, show: Show) -> "Cell":
        return self.with_hexlite("show", show.to_json())

    def content(self) -> dict[str, Any]:
        """What counts when two versions are compared (publishing, item 1), without what names the cell."""
        return {
            "kind": str(self.kind),
            "source": self.source,
            "input": self.input.to_json() if self.input else None,
            "show": self.show.to_json(),
            "tags": sorted(self.tags),
            "attachments": dict(self.attachments),
        }


def is_id(text: object) -> TypeGuard[str]:
    """Whether nbformat 4.5 takes it for a cell's id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def new_id() -> str:
    return uuid.uuid4().hex[:12]


def derived_id(position: int, kind: str, text: str) -> str:
    """The same id for the same cell of a file without ids, whenever it is read."""
    return hashlib.sha256(f"{position}\n{kind}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


def storable(text: str) -> str:
    """The text without what no database and no file in UTF-8 can hold: NUL, halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def joined(text: object) -> str:
    """A multi-line string of nbformat: one text, or a list of them."""
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


def _kind(cell_type: object) -> CellKind:
    match cell_type:
        case "code" | "markdown" | "raw":
            return CellKind(cell_type)
        case _:
            return CellKind.RAW


def _flag(value: object, default: bool) -> bool:
    return value if isinstance(value, bool) else default
