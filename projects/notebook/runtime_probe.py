"""Runs inside the kernel: sees what one execution did to the objects that names are bound to.

Plain Python with the standard library only, so that it can be loaded into any kernel (its text is the module). It
imports nothing of the notebook's libraries; it recognises numpy's and pandas' objects by their types' names.

    probe = Probe(namespace)      # the notebook's globals
    probe.before()                # when the cell is about to run
    ...                           # the cell
    probe.after()                 # -> a report that `json` can write; see `progress.Observation`

Cost: one walk over the objects reachable from the names, with budgets. What a budget cuts off is reported as
`unknown`, never as unchanged. `after` remembers its walk, so the next `before` walks only what was bound in between.
"""

from __future__ import annotations

import dis
import gc
import hashlib
import marshal
import re
import types
import weakref

NODES_PER_NAME = 2_000  # objects looked at for one name
NODES = 12_000  # and for all names together
BYTES = 2_000_000  # of array contents compared for all names together

_ATOMS = (
    type(None), bool, int, float, complex, str, bytes, range, type(Ellipsis), type(NotImplemented), slice,
)  # fmt: skip
_FLAT = frozenset({type(None), bool, int, float, complex, str, bytes})
_LIBRARY = (types.ModuleType, types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType,
            types.MethodWrapperType, types.GetSetDescriptorType, types.MemberDescriptorType,
            types.ClassMethodDescriptorType,
            types.CodeType, types.FrameType, types.TracebackType, weakref.ref)  # fmt: skip
# Immutable types of libraries, by module and name: compared by identity and `repr`.
_VALUES = frozenset(
    [("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")]
    + [("decimal", "Decimal"), ("fractions", "Fraction"), ("uuid", "UUID"), ("zoneinfo", "ZoneInfo"), ("re", "Pattern")]
    + [("pathlib", name) for name in ("Path", "PosixPath", "PurePath", "PurePosixPath", "WindowsPath")]
    + [("pathlib._local", "PosixPath"), ("pandas._libs.tslibs.timestamps", "Timestamp")]
    + [("pandas._libs.tslibs.timedeltas", "Timedelta"), ("pandas._libs.tslibs.period", "Period")]
    + [("pandas._libs.missing", "NAType"), ("pandas._libs.tslibs.nattype", "NaTType")]
)  # fmt: skip
_GLOBAL_NAMES = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "STORE_GLOBAL", "DELETE_GLOBAL"})
# Names that the kernel itself keeps: the history of outputs and inputs, module attributes.
_HIDDEN = re.compile(r"In|Out|get_ipython|exit|quit|open|_+|_\d+|_i+|_i\d+|_[iod]h|_exit_code|__\w+__")


class Probe:
    """Watches one namespace."""

    def __init__(self, namespace):
        self.namespace = namespace
        self._views = {}

    def before(self):
        """Look at what was bound since the last `after` (inputs that were delivered, names removed)."""
        walk = _Walk(self.namespace)
        for name in list(self._views):
            if name not in self.namespace:
                del self._views[name]
        for name in _names(self.namespace):
            view = self._views.get(name)
            if view is None or view.object is not self.namespace[name]:
                self._views[name] = walk.view(self.namespace[name])

    def after(self):
        """What changed since `before`."""
        walk = _Walk(self.namespace)
        old, new = self._views, {}
        for name in _names(self.namespace):
            value = self.namespace[name]
            known = old.get(name)
            if known is not None and known.object is value and known.settled:
                new[name] = known
            else:
                new[name] = walk.view(value)
        self._views = new
        bound = [name for name in new if name not in old or old[name].object is not new[name].object]
        same = [name for name in new if name in old and old[name].object is new[name].object]
        complete = [name for name in same if new[name].complete and old[name].complete]
        return {
            "bound": sorted(bound),
            "deleted": sorted(name for name in old if name not in new),
            "changed": sorted(name for name in complete if new[name].contents != old[name].contents),
            "unknown": sorted(set(same) - set(complete)),
            "iterators": sorted(name for name in new if new[name].iterator),
            "aliases": _groups(new),
            "carries": {name: sorted(view.lookups) for name, view in new.items() if view.lookups},
        }


def _names(namespace):
    return [name for name in list(namespace) if isinstance(name, str) and not _HIDDEN.fullmatch(name)]


def _groups(views):
    owners = {}
    for name, view in views.items():
        for identity in view.reached:
            owners.setdefault(identity, []).append(name)
    return [list(group) for group in sorted({tuple(sorted(names)) for names in owners.values() if len(names) > 1})]


class _View:
    """What was seen of one name's object."""

    __slots__ = ("complete", "contents", "iterator", "lookups", "object", "reached", "settled")

    def __init__(self, value):
        self.object = value  # kept, so that its identity cannot be given to another object
        self.contents = 0
        self.complete = True
        self.settled = False  # nothing reachable can change: no need to look again
        self.iterator = False
        self.reached = frozenset()  # identities of the changeable objects inside
        self.lookups = frozenset()  # names that functions inside look up in the namespace


class _Walk:
    """One walk over the objects of a namespace, with its budgets."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.nodes = NODES
        self.bytes = BYTES

    def view(self, value):
        """Look at one object and everything inside it."""
        view = _View(value)
        if type(value) in _FLAT:
            view.settled = True
            return view
        self.tokens = []
        self.numbers = {}
        self.held = []  # or the identity of something that is gone could be given to something else
        self.reached = set()
        self.lookups = set()
        self.complete = True
        self.mutable = False
        self.left = min(NODES_PER_NAME, self.nodes)
        started = self.left
        self.waiting = [value]
        while self.waiting:
            if self.left <= 0:
                self.complete = False
                self.mutable = True
                break
            self.left -= 1
            self._look(self.waiting.pop())
        self.nodes -= started - self.left
        view.complete = self.complete
        view.iterator = _is_iterator(value)
        view.reached = frozenset(self.reached)
        view.lookups = frozenset(self.lookups)
        view.settled = self.complete and not self.mutable
        if self.complete:
            view.contents = hashlib.blake2b(marshal.dumps(self.tokens, 0), digest_size=16).digest()
        return view

    def _look(self, value):
        kind = type(value)
        if kind in _FLAT or isinstance(value, _ATOMS):
            self.tokens.append(value if kind in _FLAT else (kind.__name__, repr(value)))
            return
        if (
            value is self.namespace
            or isinstance(value, _LIBRARY)
            or (isinstance(value, type) and value.__module__ != "__main__")
        ):
            self.tokens.append(("library", id(value)))
            return
        if (kind.__module__, kind.__name__) in _VALUES:
            self.tokens.append((kind.__name__, repr(value)))
            return
        if _is_library_value(kind):
            self.tokens.append((kind.__name__, id(value)))
            self.held.append(value)
            return
        number = self.numbers.get(id(value))
        if number is not None:
            self.tokens.append(("again", number))
            return
        self.numbers[id(value)] = len(self.numbers)
        self.held.append(value)
        self.tokens.append((kind.__module__, kind.__name__))
        if isinstance(value, (tuple, frozenset)) and kind in (tuple, frozenset):
            self._sequence(value)
            return
        if isinstance(value, types.FunctionType):
            self._function(value)
            return
        self.mutable = True
        if isinstance(value, type):
            self._class(value)
            return
        self.reached.add(id(value))
        self._changeable(value, kind)

    def _changeable(self, value, kind):
        if isinstance(value, (list, tuple, set, frozenset)) or kind.__name__ == "deque":
            self._sequence(value)
            self._attributes(value, kind)
        elif isinstance(value, dict):
            self.tokens.append(len(value))
            self._push([part for pair in dict.items(value) for part in pair])
            self._attributes(value, kind)
        elif isinstance(value, (bytearray, memoryview)):
            self._bytes(value)
        elif isinstance(value, types.MethodType):
            self._push([value.__self__, value.__func__])
        elif isinstance(value, (property, staticmethod, classmethod, types.CellType)) or kind.__name__ == "partial":
            self._push(gc.get_referents(value))
        elif kind.__module__ == "numpy" and hasattr(value, "__array_interface__"):
            self._array(value)
        elif kind.__module__.partition(".")[0] == "pandas":
            self._pandas(value, kind)
        elif _is_plain(kind):
            self._attributes(value, kind)
        else:
            # Not Python's own, or with a state that cannot be seen: only what it refers to is known.
            self.complete = False
            self._push(gc.get_referents(value))

    def _push(self, values):
        if len(values) > self.left:
            self.complete = False
            values = values[: self.left]
        self.waiting.extend(reversed(values))

    def _sequence(self, values):
        self.tokens.append(len(values))
        values = list(values)
        if len(values) > 16 and set(map(type, values)) <= _FLAT:
            self.left -= len(values) // 256
            self.tokens.append(hash(marshal.dumps(values, 0)))
            return
        self._push(values)

    def _attributes(self, value, kind):
        attributes = getattr(value, "__dict__", None)
        found = []
        if isinstance(attributes, dict):
            for name, one in list(attributes.items()):
                found += [name, one]
        for base in kind.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name not in ("__dict__", "__weakref__"):
                    try:
                        found += [name, object.__getattribute__(value, _mangled(base, name))]
                    except AttributeError:
                        found.append(("no slot", name))
        if kind.__module__ == "__main__":
            found.append(kind)
        self._push(found)

    def _class(self, value):
        found = []
        for name, one in list(vars(value).items()):
            if name not in ("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__",
                            "__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl",
                            "__annotations_cache__", "__annotate_func__", "__annotate__"):  # fmt: skip
                found += [name, one]
        self._push(found + [base for base in value.__mro__[1:] if base.__module__ == "__main__"])

    def _function(self, function):
        self.tokens.append(id(function.__code__))
        if function.__globals__ is self.namespace:
            self.lookups.update(_looked_up(function.__code__))
        found = list(function.__defaults__ or ()) + [
            one for pair in (function.__kwdefaults__ or {}).items() for one in pair
        ]
        for name, one in list(function.__dict__.items()):
            found += [name, one]
        for cell in function.__closure__ or ():
            self.mutable = True
            try:
                found.append(cell.cell_contents)
            except ValueError:
                found.append("empty cell")
            self.reached.add(id(cell))
        if function.__globals__ is self.namespace:
            self.mutable = True  # attributes can be set on it
        self._push(found)

    def _bytes(self, value):
        if len(value) > self.bytes:
            self.complete = False
            return
        self.bytes -= len(value)
        self.tokens.append(hashlib.blake2b(bytes(value), digest_size=16).digest())

    def _array(self, array):
        base = array
        while getattr(base, "base", None) is not None:
            base = base.base
        self.reached.add(id(base))
        self.tokens += [repr(array.dtype), repr(array.shape)]
        if array.dtype.hasobject:
            if array.size > self.left:
                self.complete = False
                return
            self._sequence(array.ravel().tolist())
        elif array.nbytes > self.bytes:
            self.complete = False
        else:
            self.bytes -= array.nbytes
            self.tokens.append(hashlib.blake2b(array.tobytes(), digest_size=16).digest())

    def _pandas(self, value, kind):
        manager = getattr(value, "_mgr", None)
        if manager is not None and hasattr(manager, "blocks"):
            found = list(manager.axes)
            for block in manager.blocks:
                found += [repr(block.mgr_locs), block.values]
            # Sharing of memory below pandas' objects is undone by pandas before anything is written to it.
            self._apart(found, copied=_copies_on_write())
            for name, one in (getattr(value, "_attrs", None) or {}).items():
                self._push([name, one])
        elif hasattr(value, "_values") and hasattr(value, "names"):
            self.reached.discard(id(value))  # an Index is immutable
            self._apart([*value.names, value._values], copied=True)
        elif hasattr(value, "_ndarray") and hasattr(value, "dtype"):
            self._push([value.dtype, value._ndarray])
        elif _is_plain(kind):
            self._attributes(value, kind)
        else:
            self.complete = False
            self._push(gc.get_referents(value))

    def _apart(self, values, copied):
        """Look at these to the end before anything else; `copied`: what they share counts for nothing."""
        reached = set(self.reached)
        self._now(values)
        if copied:
            self.reached = reached

    def _now(self, values):
        """Look at these to the end before anything else."""
        waiting, self.waiting = self.waiting, list(reversed(values))
        while self.waiting and self.left > 0:
            self.left -= 1
            self._look(self.waiting.pop())
        if self.waiting:
            self.complete = False
        self.waiting = waiting


def _is_iterator(value):
    kind = type(value)
    return hasattr(kind, "__next__") or (hasattr(kind, "read") and hasattr(kind, "close"))


def _is_plain(kind):
    """Whether everything that instances hold is in their `__dict__` and slots: no base keeps fields of its own in C."""
    known = _PLAIN.get(kind)
    if known is None:
        known = _PLAIN[kind] = not hasattr(kind, "__next__") and all(map(_is_made_in_python, kind.__mro__[:-1]))
    return known


def _is_library_value(kind):
    """Immutable objects of the data libraries: Arrow's arrays, types of elements, numpy's scalars."""
    package = kind.__module__.partition(".")[0]
    if package == "pyarrow" or kind.__module__ == "numpy.dtypes":
        return True
    if package in ("numpy", "pandas"):
        return any(base.__name__ in ("generic", "dtype", "ExtensionDtype") for base in kind.__mro__)
    return False


_PLAIN = weakref.WeakKeyDictionary()


def _is_made_in_python(base):
    if not base.__flags__ & (1 << 9):  # Py_TPFLAGS_HEAPTYPE: static types are C's
        return False
    slots = base.__dict__.get("__slots__", ())
    fields = 1 if isinstance(slots, str) else len(list(slots))
    # Beside its slots a Python class adds at most a pointer for `__dict__` and one for weak references.
    grown = base.__basicsize__ - base.__base__.__basicsize__
    described = fields or "__dict__" in base.__dict__ or grown == 0
    return bool(described) and grown <= 8 * (fields + 2)


def _mangled(base, name):
    return "_" + base.__name__.lstrip("_") + name if name.startswith("__") and not name.endswith("__") else name


_LOOKED_UP = {}  # code -> the names it looks up in its globals; a kernel makes few functions


def _looked_up(code):
    found = _LOOKED_UP.get(code)
    if found is None:
        found = {one.argval for one in dis.get_instructions(code) if one.opname in _GLOBAL_NAMES}
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                found |= _looked_up(constant)
        _LOOKED_UP[code] = found
    return found


def _copies_on_write():
    """Whether pandas copies before it writes to shared memory: always since version 3."""
    import sys

    pandas = sys.modules.get("pandas")
    return pandas is not None and int(pandas.__version__.split(".")[0]) >= 3
