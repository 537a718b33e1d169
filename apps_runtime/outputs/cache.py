"""Results of pure functions of immutable content, kept by digest while there is room."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class BoundedCache(Generic[Made]):
    """The results used last. `most`: about how many bytes all of them may weigh."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Made, int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made], *, weight: int) -> Made:
        """The result under `key`, made now if it is not there. What `make` raises is raised and not kept."""
        found = self.find(key)
        if found is not None:
            return found
        made = make()
        self.keep(key, made, weight=weight)
        return made

    def find(self, key: Hashable) -> Made | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def keep(self, key: Hashable, made: Made, *, weight: int) -> None:
        """Keep a result of `weight` bytes, unless it alone would fill an eighth of the room."""
        with self._lock:
            if key in self._kept or weight > self._most // 8:
                return
            self._kept[key] = (made, weight)
            self._weight += weight
            while self._weight > self._most:
                _, (_, forgotten) = self._kept.popitem(last=False)
                self._weight -= forgotten
