"""The app's settings, kept per notebook in `metadata.hexlite.app`. Reading is total: bad values become the default."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

COLUMNS = 12
MAXIMUM_TITLE = 200
MAXIMUM_DESCRIPTION = 2_000
MAXIMUM_TABS = 50
MAXIMUM_SITES = 50
MAXIMUM_ROWS = 1_000
LONGEST_IDLE_MINUTES = 24 * 60

# A source of the Content-Security-Policy's frame-ancestors: nothing here can end the directive or begin another.
_SITE = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", re.ASCII)
_TAB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

_Choice = TypeVar("_Choice", bound=StrEnum)


class Opening(StrEnum):
    """What somebody sees who opens the app."""

    PUBLISHED = "published"
    CLEAN = "clean"
    RUN = "run"


class Applying(StrEnum):
    """When a changed input takes effect."""

    CHANGE = "change"
    APPLY = "apply"


@dataclass(frozen=True)
class Tab:
    id: str
    title: str


@dataclass(frozen=True)
class Slot:
    """A cell's place in a row: `span` of the 12 columns, on the tab with this id ("": the first)."""

    cell: str
    span: int = COLUMNS
    tab: str = ""


@dataclass(frozen=True)
class Embedding:
    """Which sites may show the app inside their pages, as origins: `https://example.org`, `https://*.example.org`."""

    enabled: bool = False
    sites: tuple[str, ...] = ()


@dataclass(frozen=True)
class AppSettings:
    """How the app looks and behaves. `layout` holds rows of slots: a row stands where the first of its cells stands in
    the notebook, and a cell in none has a row of its own.

    `extra` keeps settings this release does not know.
    """

    title: str = ""
    description: str = ""
    picture: str = ""
    hide_code: bool = False
    full_width: bool = False
    table_of_contents: bool = False
    outputs: Opening = Opening.PUBLISHED
    viewers_run: bool = True
    reactive: bool = True
    apply: Applying = Applying.CHANGE
    show_errors: bool = False
    idle_minutes: int = 10
    live_updates: bool = False
    embed: Embedding = field(default_factory=Embedding)
    tabs: tuple[Tab, ...] = ()
    layout: tuple[tuple[Slot, ...], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: object) -> "AppSettings":
        """Never raises; what is not understood has its default."""
        if not isinstance(data, Mapping):
            return cls()
        tabs = _tabs(data.get("tabs"))
        return cls(
            title=_text(data.get("title"), MAXIMUM_TITLE),
            description=_text(data.get("description"), MAXIMUM_DESCRIPTION),
            picture=_text(data.get("picture"), MAXIMUM_DESCRIPTION),
            hide_code=_flag(data.get("hide_code"), False),
            full_width=_flag(data.get("full_width"), False),
            table_of_contents=_flag(data.get("table_of_contents"), False),
            outputs=_choice(data.get("outputs"), Opening.PUBLISHED),
            viewers_run=_flag(data.get("viewers_run"), True),
            reactive=_flag(data.get("reactive"), True),
            apply=_choice(data.get("apply"), Applying.CHANGE),
            show_errors=_flag(data.get("show_errors"), False),
            idle_minutes=_whole(data.get("idle_minutes"), 1, LONGEST_IDLE_MINUTES, 10),
            live_updates=_flag(data.get("live_updates"), False),
            embed=_embedding(data.get("embed")),
            tabs=tabs,
            layout=_layout(data.get("layout"), frozenset(tab.id for tab in tabs)),
            extra={key: value for key, value in data.items() if key not in FIELDS},
        )

    def to_json(self) -> dict[str, Any]:
        """All settings, as they are kept; `from_json` gives an equal value back."""
        return {
            **self.extra,
            "title": self.title,
            "description": self.description,
            "picture": self.picture,
            "hide_code": self.hide_code,
            "full_width": self.full_width,
            "table_of_contents": self.table_of_contents,
            "outputs": str(self.outputs),
            "viewers_run": self.viewers_run,
            "reactive": self.reactive,
            "apply": str(self.apply),
            "show_errors": self.show_errors,
            "idle_minutes": self.idle_minutes,
            "live_updates": self.live_updates,
            "embed": {"enabled": self.embed.enabled, "sites": list(self.embed.sites)},
            "tabs": [{"id": tab.id, "title": tab.title} for tab in self.tabs],
            "layout": [[_slot_json(slot) for slot in row] for row in self.layout],
        }


FIELDS = frozenset(AppSettings().to_json())


def is_site(text: object) -> bool:
    """Whether the text names a site that may embed the app."""
    return isinstance(text, str) and len(text) <= 300 and _SITE.fullmatch(text) is not None


def _flag(value: object, default: bool) -> bool:
    return value if isinstance(value, bool) else default


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:limit]


def _whole(value: object, least: int, most: int, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        return default
    return value


def _choice(value: object, default: _Choice) -> _Choice:
    return type(default)(value) if isinstance(value, str) and value in list(type(default)) else default


def _embedding(data: object) -> Embedding:
    if not isinstance(data, Mapping):
        return Embedding()
    sites = data.get("sites")
    named = [site.lower().rstrip("/") for site in sites if isinstance(site, str)] if isinstance(sites, list) else []
    usable = dict.fromkeys(site for site in named if is_site(site))
    return Embedding(_flag(data.get("enabled"), False), tuple(usable)[:MAXIMUM_SITES])


def _tabs(data: object) -> tuple[Tab, ...]:
    if not isinstance(data, list):
        return ()
    tabs: dict[str, Tab] = {}
    for item in data[:MAXIMUM_TABS]:
        identity = item.get("id") if isinstance(item, Mapping) else None
        if isinstance(identity, str) and _TAB_ID.fullmatch(identity) and identity not in tabs:
            tabs[identity] = Tab(identity, _text(item.get("title"), MAXIMUM_TITLE) or f"Tab {len(tabs) + 1}")
    return tuple(tabs.values())


def _layout(data: object, tabs: frozenset[str]) -> tuple[tuple[Slot, ...], ...]:
    """Rows of slots. A cell has one place: what comes again is left out; so is an empty row, and what would make a
    row wider than 12 columns begins the next."""
    rows: list[tuple[Slot, ...]] = []
    placed: set[str] = set()
    for item in data[:MAXIMUM_ROWS] if isinstance(data, list) else ():
        slots = [_slot(part, tabs) for part in item] if isinstance(item, list) else []
        row: list[Slot] = []
        for slot in slots:
            if slot is None or slot.cell in placed:
                continue
            if row and (sum(other.span for other in row) + slot.span > COLUMNS or row[0].tab != slot.tab):
                rows.append(tuple(row))
                row = []
            placed.add(slot.cell)
            row.append(slot)
        if row:
            rows.append(tuple(row))
    return tuple(rows)


def _slot(data: object, tabs: frozenset[str]) -> Slot | None:
    if not isinstance(data, Mapping) or not isinstance(data.get("cell"), str) or not data["cell"]:
        return None
    tab = data.get("tab")
    return Slot(
        cell=data["cell"],
        span=_whole(data.get("span"), 1, COLUMNS, COLUMNS),
        tab=tab if isinstance(tab, str) and tab in tabs else "",
    )


def _slot_json(slot: Slot) -> dict[str, Any]:
    return {"cell": slot.cell, "span": slot.span} | ({"tab": slot.tab} if slot.tab else {})
