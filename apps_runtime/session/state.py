"""What a session is, as values: the reducer's state. Everything here is frozen and knows no framework.

Concurrency: a state is only changed by `reducer.apply`, called under a lock on the session's row
(`services.sessions.submit`); workers and browsers never hold one across calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

# Message ids remembered so that one sent twice over a broken connection is applied once.
REMEMBERED_MESSAGES = 64


class CellState(StrEnum):
    """What a reader is told about a cell."""

    IDLE = "idle"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STALE = "stale"
    SKIPPED = "skipped"

    @property
    def label(self) -> str:
        return {
            CellState.IDLE: "Not run yet",
            CellState.QUEUED: "Queued",
            CellState.RUNNING: "Running",
            CellState.DONE: "Done",
            CellState.FAILED: "Failed",
            CellState.STALE: "Stale",
            CellState.SKIPPED: "Not run",
        }[self]


class Phase(StrEnum):
    """What the session as a whole is doing."""

    RESTING = "resting"
    QUEUED = "queued"
    PLAYING = "playing"
    STOPPING = "stopping"


class KernelState(StrEnum):
    NONE = "none"
    STARTING = "starting"
    READY = "ready"
    DIED = "died"


class Wanted(StrEnum):
    """What is to be played next."""

    NOTHING = "nothing"
    STALE = "stale"
    CELLS = "cells"
    ALL = "all"


@dataclass(frozen=True)
class CellStatus:
    """One cell that can run.

    `digest` is of the source it has now, `played` of the source whose effects are in the kernel ("" if none are:
    never run there, or run in a kernel that is gone). `why` is a sentence about its state.
    """

    id: str
    digest: str
    input: str = ""
    state: CellState = CellState.IDLE
    played: str = ""
    why: str = ""

    @property
    def is_played(self) -> bool:
        """Whether the effects of its present source are in the kernel."""
        return bool(self.played) and self.played == self.digest

    @property
    def is_current(self) -> bool:
        return self.state is CellState.DONE and self.is_played


@dataclass(frozen=True)
class Request:
    """What somebody asked to be played: all, what is stale, or these cells; `restart` wants a new kernel first."""

    wanted: Wanted = Wanted.NOTHING
    cells: tuple[str, ...] = ()
    restart: bool = False

    def and_then(self, other: "Request") -> "Request":
        """Both requests as one: the larger of the two, cells joined."""
        restart = self.restart or other.restart
        if Wanted.ALL in (self.wanted, other.wanted):
            return Request(Wanted.ALL, restart=restart)
        if Wanted.CELLS in (self.wanted, other.wanted):
            return Request(Wanted.CELLS, tuple(dict.fromkeys(self.cells + other.cells)), restart)
        return Request(Wanted.STALE if Wanted.STALE in (self.wanted, other.wanted) else Wanted.NOTHING, (), restart)


@dataclass(frozen=True)
class Options:
    """What a variable gave an input to choose from, and a sentence for the author where it gave something else."""

    options: tuple[Any, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Note:
    """A sentence for whoever has the session open, and the input it is about ("": none)."""

    sentence: str
    input: str = ""


@dataclass(frozen=True)
class State:
    """A session.

    values: every input's canonical value (JSON); changed: inputs that were moved since they were last delivered;
    baseline: the values for which the outputs that are shown were made; by: whose change each input's value is;
    pressed: the run button that is True for the next run; request: what to play next; plan: cells of the run that is
    going on, in order, `exact` when these cells were asked for; last: the cells of the newest run, each with the reason
    it ran for; moved: the inputs that it was for, each with the value before; progress: what has run in the kernel, as
    the planner's `Progress.to_json` ({}: nothing);
    recent: message ids applied lately; options: what variables gave inputs to choose from, by input name; held: values
    of a link for inputs whose options no run has told yet; notes: about values that were not used; latest: the input
    that was moved last, and by which account.
    """

    cells: tuple[CellStatus, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    by: Mapping[str, str] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    pressed: str = ""
    phase: Phase = Phase.RESTING
    request: Request = Request()
    plan: tuple[str, ...] = ()
    exact: bool = False
    last: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, Any] = field(default_factory=dict)
    kernel: KernelState = KernelState.NONE
    why: str = ""
    runs: int = 0
    baseline: Mapping[str, Any] = field(default_factory=dict)
    progress: Mapping[str, Any] = field(default_factory=dict)
    recent: tuple[str, ...] = ()
    options: Mapping[str, Options] = field(default_factory=dict)
    held: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    latest: tuple[str, str] = ("", "")

    @property
    def shown_values(self) -> Mapping[str, Any]:
        """What the controls stand at: a held value is shown while it waits to be judged."""
        return {**self.values, **self.held}

    @property
    def known_options(self) -> Mapping[str, Sequence[Any]]:
        """Options by input name, for the parser."""
        return {name: found.options for name, found in self.options.items()}

    @property
    def is_busy(self) -> bool:
        return self.phase is not Phase.RESTING

    def cell(self, cell_id: str) -> CellStatus | None:
        return next((cell for cell in self.cells if cell.id == cell_id), None)

    def with_cells(self, change: Mapping[str, CellStatus]) -> "State":
        return replace(self, cells=tuple(change.get(cell.id, cell) for cell in self.cells))

    def to_json(self) -> dict[str, Any]:
        return {
            "cells": [
                [cell.id, cell.digest, cell.input, cell.state.value, cell.played, cell.why] for cell in self.cells
            ],
            "values": dict(self.values),
            "by": dict(self.by),
            "changed": sorted(self.changed),
            "pressed": self.pressed,
            "phase": self.phase.value,
            "request": [self.request.wanted.value, list(self.request.cells), self.request.restart],
            "plan": list(self.plan),
            "exact": self.exact,
            "last": dict(self.last),
            "moved": dict(self.moved),
            "kernel": self.kernel.value,
            "why": self.why,
            "runs": self.runs,
            "baseline": dict(self.baseline),
            "progress": dict(self.progress),
            "recent": list(self.recent),
            "options": {name: [list(found.options), found.problem] for name, found in self.options.items()},
            "held": dict(self.held),
            "notes": [[note.sentence, note.input] for note in self.notes],
            "latest": list(self.latest),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "State":
        wanted, cells, restart = data["request"]
        return cls(
            cells=tuple(
                CellStatus(identity, digest, input_name, CellState(state), played, why)
                for identity, digest, input_name, state, played, why in data["cells"]
            ),
            values=data["values"],
            by=data["by"],
            changed=frozenset(data["changed"]),
            pressed=data["pressed"],
            phase=Phase(data["phase"]),
            request=Request(Wanted(wanted), tuple(cells), restart),
            plan=tuple(data["plan"]),
            exact=data["exact"],
            last=_reasons(data.get("last")),
            moved=data.get("moved", {}),
            kernel=KernelState(data["kernel"]),
            why=data["why"],
            runs=data["runs"],
            baseline=data["baseline"],
            progress=data["progress"],
            recent=tuple(data["recent"]),
            options={name: Options(tuple(found), said) for name, (found, said) in data.get("options", {}).items()},
            held=data.get("held", {}),
            notes=tuple(_note(note) for note in data.get("notes", ())),
            latest=(data["latest"][0], data["latest"][1]) if data.get("latest") else ("", ""),
        )


def _reasons(data: Any) -> Mapping[str, str]:
    """Releases before this one kept the cells alone."""
    return data if isinstance(data, Mapping) else dict.fromkeys(data or (), "")


def _note(data: Any) -> Note:
    """Releases before this one kept the sentence alone: what it is about is not known, so no viewer is told it."""
    return Note(data, "?") if isinstance(data, str) else Note(*data)
