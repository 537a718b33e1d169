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
import sys
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
_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE; types without it are C's and live for ever
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
        walk = _ObjectWalk(self.namespace)
        for name in list(self._views):
            if name not in self.namespace:
                del self._views[name]
        for name in _names(self.namespace):
            view = self._views.get(name)
            if view is None or view.object is not self.namespace[name]:
                self._views[name] = walk.view(self.namespace[name])

    def after(self):
        """What changed since `before`."""
        walk = _ObjectWalk(self.namespace)
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


class _ObjectWalk:
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
        self.held, self.kept = [], []  # or the identity of something that is gone could be given to something else
        self.arrays = []  # their contents are read last: for nothing, where something else can't be seen
        self.reached = set()
        self.lookups = set()
        self.complete = True
        self.mutable = False
        self.left = started = min(NODES_PER_NAME, self.nodes)
        self.waiting = [value]
        bytes_before = self.bytes
        self._look()
        if self.waiting:
            self.complete = False
            self.mutable = True
        self.nodes -= started - self.left
        view.complete = self.complete
        view.iterator = _is_iterator(value)
        view.reached = frozenset(self.reached)
        view.lookups = frozenset(self.lookups)
        view.settled = self.complete and not self.mutable
        if self.complete:
            self.tokens += [hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in self.arrays]
            view.contents = hashlib.blake2b(marshal.dumps(self.tokens, 0), digest_size=16).digest()
        else:
            self.bytes = bytes_before
        return view

    def _look(self):
        """Look at what waits, until nothing does or the budget is used up."""
        waiting, tokens, kinds = self.waiting, self.tokens, _KINDS
        while waiting and self.left > 0:
            self.left -= 1
            value = waiting.pop()
            kind = type(value)
            if kind in _FLAT:
                tokens.append(value)
            else:
                known = kinds.get(kind) or _kind_of(kind)
                known.look(self, value, known)

    def _again(self, value, kind):
        """Whether it was met before in this walk."""
        number = self.numbers.setdefault(id(value), len(self.numbers))
        if number != len(self.held):
            self.tokens.append(("again", number))
            return True
        self.held.append(value)
        self.tokens.append(kind.token)
        return False

    def _changeable_again(self, value, kind):
        if self._again(value, kind):
            return True
        self.mutable = True
        self.reached.add(id(value))
        return False

    # ---- Ways to look at one object

    def _atom(self, value, kind):
        self.tokens.append((kind.type.__name__, repr(value)))

    def _library(self, value, kind):
        self.tokens.append(("library", id(value)))

    def _library_value(self, value, kind):
        self.tokens.append((kind.type.__name__, id(value)))
        self.kept.append(value)

    def _fixed(self, value, kind):
        if not self._again(value, kind):
            self._sequence(value)

    def _class(self, value, kind):
        if value.__module__ != "__main__":
            self._library(value, kind)
            return
        if self._again(value, kind):
            return
        self.mutable = True
        found = []
        for name, one in list(vars(value).items()):
            if name not in ("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__",
                            "__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl",
                            "__annotations_cache__", "__annotate_func__", "__annotate__"):  # fmt: skip
                found += [name, one]
        self._push(found + [base for base in value.__mro__[1:] if base.__module__ == "__main__"])

    def _function(self, function, kind):
        if self._again(function, kind):
            return
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

    def _series(self, value, kind):
        if not self._changeable_again(value, kind):
            self._sequence(value)
            self._attributes(value, kind)

    def _mapping(self, value, kind):
        if value is self.namespace:
            self._library(value, kind)
        elif not self._changeable_again(value, kind):
            self.tokens.append(len(value))
            self._push([part for pair in dict.items(value) for part in pair])
            self._attributes(value, kind)

    def _memory(self, value, kind):
        if self._changeable_again(value, kind):
            return
        if len(value) > self.bytes:
            self.complete = False
            return
        self.bytes -= len(value)
        self.tokens.append(hashlib.blake2b(bytes(value), digest_size=16).digest())

    def _method(self, value, kind):
        if not self._changeable_again(value, kind):
            self._push([value.__self__, value.__func__])

    def _parts(self, value, kind):
        if not self._changeable_again(value, kind):
            self._push(gc.get_referents(value))

    def _plain(self, value, kind):
        if not self._changeable_again(value, kind):
            self._attributes(value, kind)

    def _opaque(self, value, kind):
        """Not Python's own, or with a state that cannot be seen: only what it refers to is known."""
        if not self._changeable_again(value, kind):
            self.complete = False
            self._push(gc.get_referents(value))

    def _array(self, array, kind):
        if self._changeable_again(array, kind):
            return
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
            self.arrays.append(array)

    def _pandas(self, value, kind):
        if self._changeable_again(value, kind):
            return
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
        elif _is_plain(kind.type):
            self._attributes(value, kind)
        else:
            self.complete = False
            self._push(gc.get_referents(value))

    # ---- What is inside

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
        for name, mangled in kind.slots:
            try:
                found += [name, object.__getattribute__(value, mangled)]
            except AttributeError:
                found.append(("no slot", name))
        if kind.of_notebook:
            found.append(kind.type)
        self._push(found)

    def _apart(self, values, copied):
        """Look at these to the end before anything else; `copied`: what they share counts for nothing."""
        reached = set(self.reached)
        waiting, self.waiting = self.waiting, list(reversed(values))
        self._look()
        if self.waiting:
            self.complete = False
        self.waiting = waiting
        if copied:
            self.reached = reached


class _Kind:
    """What there is to know of a type before its instances are looked at."""

    __slots__ = ("look", "of_notebook", "slots", "token", "type")

    def __init__(self, kind):
        self.type = kind
        self.look = _way_to_look(kind)
        self.token = (kind.__module__, kind.__name__)
        self.of_notebook = kind.__module__ == "__main__"
        self.slots = []
        for base in kind.__mro__:
            slots = base.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name not in ("__dict__", "__weakref__"):
                    self.slots.append((name, _mangled(base, name)))


_KINDS = {}  # type -> _Kind


def _kind_of(kind):
    """Types that live as long as their modules are remembered; others may hold much, and are made anew by cells."""
    known = _Kind(kind)
    importable = getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind
    if not kind.__flags__ & _HEAP or (importable and not known.of_notebook):
        _KINDS[kind] = known
    return known


def _way_to_look(kind):
    if issubclass(kind, _ATOMS) or (kind.__module__, kind.__name__) in _VALUES:
        return _ObjectWalk._atom
    if issubclass(kind, _LIBRARY):
        return _ObjectWalk._library
    if issubclass(kind, type):
        return _ObjectWalk._class
    if _is_library_value(kind):
        return _ObjectWalk._library_value
    if kind in (tuple, frozenset):
        return _ObjectWalk._fixed
    if issubclass(kind, types.FunctionType):
        return _ObjectWalk._function
    if issubclass(kind, (list, tuple, set, frozenset)) or kind.__name__ == "deque":
        return _ObjectWalk._series
    if issubclass(kind, dict):
        return _ObjectWalk._mapping
    if issubclass(kind, (bytearray, memoryview)):
        return _ObjectWalk._memory
    if issubclass(kind, types.MethodType):
        return _ObjectWalk._method
    if issubclass(kind, (property, staticmethod, classmethod, types.CellType)) or kind.__name__ == "partial":
        return _ObjectWalk._parts
    if kind.__module__ == "numpy" and hasattr(kind, "__array_interface__"):
        return _ObjectWalk._array
    if kind.__module__.partition(".")[0] == "pandas":
        return _ObjectWalk._pandas
    return _ObjectWalk._plain if _is_plain(kind) else _ObjectWalk._opaque


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
    if not base.__flags__ & _HEAP:
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
    pandas = sys.modules.get("pandas")
    return pandas is not None and int(pandas.__version__.split(".")[0]) >= 3
