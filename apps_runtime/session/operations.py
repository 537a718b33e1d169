"""What can happen to a session, and what has to be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from apps_runtime.session.state import Note, Request, State
from projects.notebook.inputs import InputSpec

# Cells in order, each with the reason why it runs.
Steps: TypeAlias = tuple[tuple[str, str], ...]


class Planner(Protocol):
    """What knows the notebook's graph. Pure: the same state gives the same answer."""

    def begin(self, state: State) -> tuple[Steps, Mapping[str, Any]]:
        """For the request of `state`: the cells that run, and the progress with the newest values in it."""
        ...

    def stale(self, state: State) -> Mapping[str, str]:
        """Cells whose shown outputs are not those of the present values, each with the reason."""
        ...


@dataclass(frozen=True)
class SetValues:
    """Somebody moved inputs. `values` are canonical already; `play` runs what depends on them. `held` wait for their
    options, which the next run tells; `notes` say what of a link was not used. `by` is a name to read, `account` the
    account's, "" for a stranger."""

    values: Mapping[str, Any]
    by: str = ""
    play: bool = True
    message: str = ""
    held: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    account: str = ""


@dataclass(frozen=True)
class Press:
    """Somebody pressed a run button: True for exactly one run. `play_all` is the behaviour Run notebook."""

    name: str
    by: str = ""
    play_all: bool = False
    message: str = ""


@dataclass(frozen=True)
class Ask:
    """Somebody wants cells played."""

    request: Request
    message: str = ""


@dataclass(frozen=True)
class Stop:
    """Somebody wants the run to end."""


@dataclass(frozen=True)
class Claim:
    """A worker takes the queued session, and with `begin` starts on the plan at once: it has the kernel already."""

    begin: bool = False


@dataclass(frozen=True)
class Wait:
    """There is no kernel to be had now; `why` says how many wait. The worker asks again by itself."""

    why: str


@dataclass(frozen=True)
class KernelReady:
    """The worker has a kernel. `fresh`: a new one; `progress` and `played` (cell id → digest of its source) say what
    has run in it already, where it was forked from a template."""

    fresh: bool
    progress: Mapping[str, Any] = field(default_factory=dict)
    played: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Begin:
    """The worker starts on what was asked for; the plan is made here, under the lock, from the newest values."""


@dataclass(frozen=True)
class CellStarted:
    cell: str


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class CellEnded:
    """`digest` is of the source that was played, which may have been edited since; `progress` is the planner's after
    it, and `steps` what is left to play: a cell that did other things than its text says changes the plan."""

    cell: str
    outcome: Outcome
    digest: str
    why: str = ""
    progress: Mapping[str, Any] | None = None
    steps: Steps = ()
    blocked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OptionsKnown:
    """A variable told the options of an input. What is held or chosen is judged by them; where that gives another
    value, the run that is going on takes it in (`joins`), or another one follows (`play`)."""

    spec: InputSpec
    options: tuple[Any, ...]
    now: datetime
    problem: str = ""
    joins: bool = False
    play: bool = True


@dataclass(frozen=True)
class Replanned:
    """The run that is going on has other cells left to play than before."""

    progress: Mapping[str, Any]
    steps: Steps


@dataclass(frozen=True)
class Finish:
    """The worker is at the end of the plan, or was stopped on the way."""


@dataclass(frozen=True)
class KernelLost:
    """The kernel is gone. `died`: not by our own doing, so `why` says it to the reader."""

    why: str = ""
    died: bool = False


@dataclass(frozen=True)
class DocumentChanged:
    """The draft was edited: its runnable cells now, as (id, digest of the source, name of the input or "")."""

    cells: tuple[tuple[str, str, str], ...]
    defaults: Mapping[str, Any]


Operation: TypeAlias = (
    SetValues
    | Press
    | Ask
    | Stop
    | Claim
    | Wait
    | KernelReady
    | Begin
    | CellStarted
    | CellEnded
    | OptionsKnown
    | Replanned
    | Finish
    | KernelLost
    | DocumentChanged
)


class Effect(StrEnum):
    """What the caller must do once the new state is saved."""

    ENQUEUE = "enqueue"
    INTERRUPT = "interrupt"
    PLAY = "play"
    KILL_KERNEL = "kill kernel"
