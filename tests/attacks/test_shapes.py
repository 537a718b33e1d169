"""Every shape to every operation: the answer is a sentence, never a traceback, and nothing is lost.

What there is to ask is found, not listed: addresses in the URLconf, what a view reads of a query or a form by watching
it, operations of the notebook and messages of sockets in their own tables.
"""

import asyncio
import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from asgiref.sync import sync_to_async
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps_runtime.consumers.policy import PolicyConsumer
from apps_runtime.models import ApiToken
from apps_runtime.views import cell_operations, cells, layout_operations, operation
from projects.models import Draft
from tests.attacks.shapes import BODIES, ENCODED, FEW, TEXTS, VALUES, written
from tests.security.addresses import ours, parameters
from tests.security.policy import ROUTES, SOCKETS, Address, Elsewhere
from tests.security.test_policy_matrix import arguments_of, restore_files
from tests.security.test_policy_sockets import address as address_of_socket
from tests.security.windows import open_window
from tests.security.world import World, make_world

pytestmark = pytest.mark.django_db

# What they answer is no view's: the first always 404, the second the description that the library makes.
NAMES = sorted(name for name in ours() if name and name not in {"outputs", "metrics"})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Asker:
    """alice asks, by the page's cookie and by a token, and takes back what it did. Tracebacks are kept."""

    def __init__(self, world: World) -> None:
        self.world, self.found = world, {}
        self.client = Client(raise_request_exception=False)
        self.client.force_login(world.cast.alice)
        self.cookies = self.client.cookies.copy()
        self.token = ApiToken.make(person=world.cast.alice, name="shapes")[1]
        self.raised = ""
        got_request_exception.connect(self._note)

    def _note(self, **signal: Any) -> None:
        self.raised = traceback.format_exc().strip()

    def ask(self, method: str, name: str, path: str, body: Any = None, kind: str = "") -> int:
        headers = {"Authorization": f"Bearer {self.token}"} if name.startswith("api-v1:") else {}
        self.client.cookies, self.raised = self.cookies.copy(), ""
        with transaction.atomic():
            draft = self.world.cast.draft
            before = draft.digest
            response = self.client.generic(
                method, path, body if body is not None else b"", kind or "application/json", headers=headers
            )
            if response.streaming:
                list(response.streaming_content)
            status = response.status_code
            if status >= 500 and status != 503:
                said = self.raised.splitlines()
                where = [line.strip() for line in said if "/site-packages/" not in line and 'File "' in line]
                self.found.setdefault((name, said[-1] if said else status), (method, path[:200], body, where[-3:]))
            elif status >= 400 and Draft.objects.filter(pk=draft.pk).exists():
                assert Draft.objects.get(pk=draft.pk).digest == before, (name, path, body)
            transaction.set_rollback(True)
        return status

    def path(self, name: str) -> str:
        row = ROUTES.get(name)
        if isinstance(row, Elsewhere):
            arguments = dict.fromkeys(parameters(name), "x") | dict(row.arguments)
        else:
            arguments = arguments_of(self.world, name, self.world.cast.alice)
        if name == "workspace":
            arguments = {"workspace": self.world.project.workspace.slug}
        if name in {"ask-access", "api-v1:api-project"}:
            arguments = arguments_of(self.world, name, self.world.cast.alice)
        return reverse(name, kwargs=arguments)


@pytest.fixture
def asker(db) -> Iterator[Asker]:
    asker = Asker(make_world())
    yield asker
    got_request_exception.disconnect(asker._note)
    restore_files(asker.world)
    assert not asker.found, "\n".join(f"{key}: {value}" for key, value in asker.found.items())


@pytest.fixture
def read(monkeypatch) -> set[str]:
    """The names of fields that views read of a query or a form."""
    names: set[str] = set()
    for method in ("get", "__getitem__", "getlist", "__contains__"):
        whole = getattr(QueryDict, method)

        def watched(self, key, *rest, whole=whole, **named):
            if isinstance(key, str):
                names.add(key)
            return whole(self, key, *rest, **named)

        monkeypatch.setattr(QueryDict, method, watched)
    return names


def rows(name: str) -> list[Address]:
    found = ROUTES.get(name)
    return [] if found is None or isinstance(found, Elsewhere) else list(found if isinstance(found, tuple) else [found])


def learned(read: set[str], ask: Callable[[], Any]) -> set[str]:
    read.clear()
    ask()
    return {name for name in read if name not in {"csrfmiddlewaretoken"}}


def addresses_of(path: str, keys: set[str], method: str) -> Iterator[str]:
    """A query with all of its keys at each text, and each key alone at some."""
    for text in [*(quote(text) for text in TEXTS), *ENCODED] if method == "GET" else map(quote, FEW):
        yield path + "?" + "&".join(f"{quote(key)}={text}" for key in sorted(keys))
    if method == "GET" and len(keys) > 1:
        for key in sorted(keys):
            yield from (f"{path}?{quote(key)}={quote(text)}" for text in FEW)


def test_every_query(asker, read):
    for name in NAMES:
        path = asker.path(name)
        for method in ("GET", "POST"):
            keys = learned(read, lambda m=method, n=name, p=path: asker.ask(m, n, p))
            for address in addresses_of(path, keys, method) if keys else ():
                asker.ask(method, name, address)


def test_every_form(asker, read):
    form = "application/x-www-form-urlencoded"
    for name in NAMES:
        path, words = asker.path(name), asker.world.words()
        samples = [row.data for row in rows(name) if row.method == "POST" and not row.json] or [{}]
        for sample in samples:
            sent = {key: words.get(value, value) for key, value in sample.items()}
            good = urlencode(sent).encode()
            keys = learned(read, lambda n=name, p=path, b=good: asker.ask("POST", n, p, b, form)) | set(sent)
            for key in sorted(keys):
                for text in TEXTS if key in sent or len(keys) < 4 else FEW:
                    asker.ask("POST", name, path, urlencode({**sent, key: text}).encode(), form)
                asker.ask("POST", name, path, good + f"&{quote(key)}={ENCODED[0]}".encode(), form)


def test_every_body(asker):
    kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream", "x")
    for name in NAMES:
        path = asker.path(name)
        for method in METHODS:
            for body in BODIES if method == "POST" else BODIES[:1]:
                asker.ask(method, name, path, body)
        for kind in kinds:
            asker.ask("POST", name, path, b"\x00\xff{", kind)
        for row in rows(name):
            for body in [{**row.data, key: value} for key in row.data for value in VALUES] if row.json else []:
                asker.ask("POST", name, path + row.query, written(body))


def test_every_path(asker):
    for name in NAMES:
        pattern = ours()[name]
        for parameter in parameters(name):
            everywhere = parameter in {"workspace", "project_id"}
            for text in FEW if everywhere else [*TEXTS, *ENCODED]:
                kind = re.search(rf"<(?:(\w+):)?{parameter}>", pattern)[0]
                before, after = pattern.split(kind, 1)
                shown = text if text in ENCODED else quote(text, safe="")
                path = "/" + _filled(asker, name, before) + shown + _filled(asker, name, after)
                asker.ask("GET", name, path)
                if not everywhere:
                    asker.ask("POST", name, path)


def _filled(asker: Asker, name: str, pattern: str) -> str:
    """A part of a pattern with the parameters that are not tried at what they are in the world."""
    try:
        values = arguments_of(asker.world, name, asker.world.cast.alice)
    except KeyError:
        values = {}
    words = {"workspace": asker.world.project.workspace.slug, **values}
    filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(words.get(found[1], "x")), pattern)
    return filled.replace("^", "").replace("$", "").replace("\\Z", "")


# ---- Operations of the notebook page

SOURCES = (cells, cell_operations, layout_operations, operation)
KEYS = sorted({key for module in SOURCES for key in re.findall(r'\("(\w+)"[,)]', Path(module.__file__).read_text())})
OPERATIONS = sorted({*cell_operations.EDITS, "look", "copy"})
PLAUSIBLE: dict[str, Any] = {
    "cell": "squares", "cells": ["squares"], "ids": ["fresh"], "id": "fresh", "kind": "code", "source": "x = 1",
    "base": "", "after": "other", "before": "other", "neighbour": "other", "tab": "", "title": "T", "offset": 1,
    "span": 6, "position": 0, "show": {"code": True}, "settings": {"title": "T"}, "known": {}, "again": [],
    "always": True, "restore": [], "view": "",
}  # fmt: skip
A_CELL = {"cell_type": "code", "id": "fresh", "source": "x", "metadata": {}, "outputs": []}
IN_A_CELL = ("cell_type", "id", "source", "metadata", "outputs", "execution_count", "attachments")


def values() -> st.SearchStrategy[Any]:
    text = st.text(st.characters(), max_size=20)
    leaf = st.one_of(st.sampled_from(VALUES), text, st.integers(), st.floats(), st.sampled_from(sorted(PLAUSIBLE)))
    keys = st.one_of(st.sampled_from([*KEYS, *IN_A_CELL, "hexlite", "input", "name", "default", "options"]), text)
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
    )


@pytest.fixture
def notebook(asker) -> Callable[[dict], int]:
    path = asker.path("notebook-cells")
    return lambda body: asker.ask("POST", "notebook-cells", path, written(body))


class Watched(dict):
    """Remembers what was read of it."""

    def __init__(self, values: dict, names: set[str]) -> None:
        super().__init__(values)
        self.names = names

    def get(self, key, *rest):
        self.names.add(key)
        return super().get(key, *rest)

    def __contains__(self, key) -> bool:
        self.names.add(key)
        return super().__contains__(key)


@pytest.fixture
def taken(monkeypatch) -> set[str]:
    """The names of what an operation reads."""
    names: set[str] = set()
    whole = operation.Operation.read.__func__

    def watched(cls, body: bytes):
        found = whole(cls, body)
        return cls(found.name, Watched(found.data, names))

    monkeypatch.setattr(operation.Operation, "read", classmethod(watched))
    return names


def test_every_operation_with_each_part_wrong(notebook, taken):
    for name in OPERATIONS:
        taken.clear()
        notebook({**PLAUSIBLE, "operation": name})
        assert taken, name
        for key in sorted(taken):
            for value in VALUES:
                notebook({**PLAUSIBLE, "operation": name, key: value})


@pytest.mark.parametrize("name", ["paste", "restore"])
def test_cells_with_each_part_wrong(notebook, name):
    inside = [{"hexlite": value} for value in VALUES] + [{"hexlite": {"input": value}} for value in VALUES]
    inside += [
        {"hexlite": {"input": {"kind": "slider", key: value}}}
        for key in ("name", "default", "min", "options")
        for value in VALUES
    ]
    for key in IN_A_CELL:
        for value in [*VALUES, *(inside if key == "metadata" else ())]:
            cell = {**A_CELL, key: value}
            many = [cell] if name == "paste" else [{"cell": cell, "after": None}]
            notebook({**PLAUSIBLE, "operation": name, "cells" if name == "paste" else "restore": many})


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=st.sampled_from(OPERATIONS), wrong=st.dictionaries(st.sampled_from(KEYS), values(), max_size=4))
def test_any_operation_with_anything(notebook, name, wrong):
    notebook({**PLAUSIBLE, **wrong, "operation": name})


# ---- Sockets

MESSAGE_KEYS = (
    "sequence",
    "values",
    "name",
    "cells",
    "code",
    "cursor",
    "request",
    "message",
    "version",
    "results",
    "play",
    "link",
    "pending",
)
GOOD: dict[str, Any] = {"sequence": 0, "values": {"n": 3}, "name": "n", "cells": ["squares"], "code": "sq", "cursor": 2}


@pytest.fixture
def heard(monkeypatch, settings) -> tuple[asyncio.Queue, list[str]]:
    """A queue of messages that were dealt with, and the tracebacks of those that were not."""
    settings.HEXLITE_SOCKET_RATE = settings.HEXLITE_SOCKET_BURST = 100_000
    done, raised, receive = asyncio.Queue(), [], PolicyConsumer.receive

    async def watched(self, text_data=None, bytes_data=None):
        try:
            await receive(self, text_data, bytes_data)
        except Exception:  # noqa: BLE001  (whatever it is, it is what the test looks for)
            raised.append(f"{text_data[:200]}\n{traceback.format_exc()[-1500:]}")
        self.mistakes = 0
        await done.put(True)

    monkeypatch.setattr(PolicyConsumer, "receive", watched)
    return done, raised


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("socket", sorted(SOCKETS))
async def test_every_message(socket, heard):
    """A message that makes no sense is said to be that; a traceback would close the window."""
    done, raised = heard
    world = await sync_to_async(make_world)()
    window = await open_window(address_of_socket(world, socket), world.cast.alice)
    messages = [name for name in SOCKETS[socket] if name] or ["hello"]
    parts = [(name, key) for name in messages for key in MESSAGE_KEYS]
    odd = [written({**GOOD, "type": name, key: value}) for name, key in parts for value in VALUES[::3]]
    odd += [written({**GOOD, "type": name, "values": {"n": value}}) for name in messages for value in VALUES]
    odd += [written({"type": value}) for value in VALUES] + [body.decode("latin-1")[:60_000] for body in BODIES]
    for text in odd:
        await window.send(text)
        async with asyncio.timeout(20):
            await done.get()
    await window.leave()
    assert not raised, "\n".join(raised[:5])
