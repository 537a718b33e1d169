"""One message of the notebook page, in either view: JSON that is checked as it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from projects.models import Draft, User
from projects.notebook.cells import is_id
from projects.services.cells import Known
from projects.services.drafts import Edited
from projects.shapes import LARGEST, BadShape, read_object

MAXIMUM_AT_ONCE = 500

T = TypeVar("T")


class BadOperation(BadShape):
    """An operation without what it takes. The text is for developers."""


@dataclass(frozen=True)
class Operation:
    """One message of the page, with what it may hold checked on reading. Every reader raises BadOperation."""

    name: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, body: bytes) -> "Operation":
        data = read_object(body)
        name = data.get("operation")
        if not isinstance(name, str):
            raise BadOperation("An operation is a JSON object with a name.")
        return cls(name, data)

    def text(self, key: str) -> str:
        return self._of_type(key, str)

    def flag(self, key: str) -> bool:
        return self._of_type(key, bool)

    def number(self, key: str) -> int:
        if isinstance(self.data.get(key), bool):
            raise BadOperation(f"“{key}” must be a number.")
        found = self._of_type(key, int)
        if abs(found) > LARGEST:
            raise BadOperation(f"“{key}” is too large a number.")
        return found

    def identity(self, key: str) -> str:
        return checked_identity(self.data.get(key), key)

    def neighbour(self, key: str) -> str | None:
        """The id of another cell, or None where there is no neighbour on that side."""
        return None if self.data.get(key) is None else self.identity(key)

    def identities(self, key: str = "cells") -> list[str]:
        return [checked_identity(item, key) for item in self.listed(key)]

    def known(self, key: str = "cells") -> list[Known]:
        return [_known(item) for item in self.listed(key)]

    def texts(self, key: str) -> list[str]:
        """Of a key that may be left out."""
        items = [] if self.data.get(key) is None else self.listed(key)
        if not all(isinstance(item, str) for item in items):
            raise BadOperation(f"“{key}” must be a list of texts.")
        return items

    def listed(self, key: str) -> list[Any]:
        items = self._of_type(key, list)
        if len(items) > MAXIMUM_AT_ONCE:
            raise BadOperation(f"“{key}” has more than {MAXIMUM_AT_ONCE} items.")
        return items

    def mapping(self, key: str) -> dict[str, Any]:
        return self._of_type(key, dict)

    def _of_type(self, key: str, kind: type[T]) -> T:
        value = self.data.get(key)
        if not isinstance(value, kind):
            raise BadOperation(f"“{key}” must be a {kind.__name__}.")
        return value


Edit: TypeAlias = Callable[[Draft, User, Operation], Edited]


def checked_identity(value: object, key: str) -> str:
    if not is_id(value):
        raise BadOperation(f"“{key}” must name a cell.")
    return value


def _known(item: object) -> Known:
    if not isinstance(item, dict) or not isinstance(item.get("base"), str):
        raise BadOperation("A cell comes with the digest of its text.")
    return Known(checked_identity(item.get("id"), "id"), item["base"])
