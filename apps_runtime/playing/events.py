"""What a player reports while a cell is played."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps_runtime.outputs.area import DisplayUpdate, Output, OutputLimits


class EndState(StrEnum):
    """How the playing of a cell ended."""

    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    TIMED_OUT = "timed_out"
    DIED = "died"
    EXITED = "exited"
    OUTPUT_LIMIT = "output_limit"


@dataclass(frozen=True)
class PlayLimits:
    """Of one cell; defaults are those of the faults specification. Seconds."""

    outputs: OutputLimits = field(default_factory=OutputLimits)
    messages: int = 20_000
    junk: int = 100
    interrupt_grace: float = 5.0
    between_changes: float = 0.04
    # A cell that ends this soon after its first output is reported once, by its end.
    settling: float = 0.02
    assign: float = 10.0


@dataclass(frozen=True)
class CellError:
    """Why a cell did not end well: Python's exception, or one of ours for what is none. ANSI colours in traceback."""

    name: str
    value: str
    traceback: tuple[str, ...] = ()


@dataclass(frozen=True)
class Started:
    """The cell was sent to the kernel."""

    at: datetime


@dataclass(frozen=True)
class Changed:
    """All outputs so far, as nbformat has them."""

    outputs: list[Output]


@dataclass(frozen=True)
class Ended:
    """The cell's playing is over. `kernel_gone`: there is no kernel to play the next cell on."""

    state: EndState
    outputs: list[Output]
    error: CellError | None
    execution_count: int | None
    seconds: float
    kernel_gone: bool = False
    # Displays that this cell updated and that other cells may show.
    updates: tuple[DisplayUpdate, ...] = ()
    # What the asked-for user expressions gave: Jupyter's {"status": …, "data": …} for each.
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What happened, in one line for the author; empty when all is well."""
        if self.error is None:
            return ""
        if self.state is EndState.FAILED:
            return f"{self.error.name}: {self.error.value}".strip().rstrip(":").splitlines()[0]
        return self.error.value


Event = Started | Changed | Ended
