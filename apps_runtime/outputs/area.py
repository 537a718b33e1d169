"""Kernel messages folded into the outputs of one cell. Pure; what a kernel sends is not trusted.

Rules: a stream is one output per name until something else is shown; `clear_output(wait=True)` clears with the next
output; an update of a display replaces it wherever it is shown. Limits are those of specs/faults: 1 MB of each
stream (head and tail kept), 8 MB of rich outputs, 200 outputs; what goes far beyond is to be stopped (`over_limit`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from apps_runtime.outputs.content import Unreadable, clean_bundle, clean_metadata, clean_text
from apps_runtime.outputs.terminal import Terminal

Output: TypeAlias = dict[str, Any]

STREAMS = ("stdout", "stderr")
LONGEST_MESSAGE = 20_000  # characters of an error's own words
LONGEST_TRACEBACK = 200_000


@dataclass(frozen=True)
class OutputLimits:
    """Bytes of one stream, bytes of all rich outputs together, and how many outputs one cell keeps."""

    stream_bytes: int = 1_000_000
    rich_bytes: int = 8_000_000
    outputs: int = 200


@dataclass(frozen=True)
class DisplayUpdate:
    """New content for every display with this id, in whichever cell. `size`: bytes of the data."""

    display_id: str
    data: Mapping[str, Any]
    metadata: Mapping[str, Any]
    size: int = 0


@dataclass
class _Shown:
    """A rich output or an error, as nbformat has it. `size`: bytes of its data."""

    output: Output
    size: int
    display_id: str = ""


@dataclass
class _Stream:
    name: str
    terminal: Terminal

    @property
    def output(self) -> Output:
        return {"output_type": "stream", "name": self.name, "text": self.terminal.text()}


class OutputArea:
    """The outputs of one cell while it runs."""

    def __init__(self, limits: OutputLimits = OutputLimits()) -> None:
        self._limits = limits
        self._shown: list[_Shown | _Stream] = []
        self._clear_with_next = False
        self._left_out = 0
        self._left_out_bytes = 0
        self._updates: dict[str, DisplayUpdate] = {}

    @property
    def outputs(self) -> list[Output]:
        """As nbformat 4 has them. A new list; the outputs in it are not to be changed."""
        outputs = [shown.output for shown in self._shown]
        return [*outputs, self._notice()] if self._left_out else outputs

    @property
    def over_limit(self) -> str | None:
        """A sentence when the cell puts out far more than is kept (twice a limit) and has to be stopped."""
        limits = self._limits
        streamed = max((shown.terminal.written for shown in self._shown if isinstance(shown, _Stream)), default=0)
        if streamed > 2 * limits.stream_bytes:
            return (
                f"The cell printed more than {_megabytes(2 * limits.stream_bytes)} and was stopped. "
                "The first and the last lines are kept."
            )
        if len(self._shown) + self._left_out > 2 * limits.outputs:
            return (
                f"The cell made more than {2 * limits.outputs:,} outputs and was stopped. "
                f"The first {limits.outputs:,} are kept."
            )
        if self._left_out > 1 and self._left_out_bytes > 2 * limits.rich_bytes:
            return (
                f"The cell made more than {_megabytes(2 * limits.rich_bytes)} of outputs and was stopped. "
                f"The first {_megabytes(limits.rich_bytes)} are kept."
            )
        return None

    @property
    def updates_for_others(self) -> tuple[DisplayUpdate, ...]:
        """Updates of displays seen so far, the newest for each id: other cells may show them as well."""
        return tuple(self._updates.values())

    @property
    def displays(self) -> dict[str, list[int]]:
        """Where each display id is shown: its positions in `outputs`."""
        found: dict[str, list[int]] = {}
        for position, shown in enumerate(self._shown):
            if isinstance(shown, _Shown) and shown.display_id:
                found.setdefault(shown.display_id, []).append(position)
        return found

    def feed(self, message: Mapping[str, Any]) -> bool:
        """Take an iopub message. True: the outputs are different now. Messages of no interest and malformed ones
        change nothing."""
        header = message.get("header")
        kind = message.get("msg_type") or (header.get("msg_type") if isinstance(header, Mapping) else None)
        content = message.get("content")
        if not isinstance(content, Mapping):
            return False
        try:
            match kind:
                case "stream":
                    return self._stream(content)
                case "display_data" | "execute_result":
                    return self._display(kind, content)
                case "update_display_data":
                    return self._update(content)
                case "clear_output":
                    return self._clear(wait=content.get("wait") is True)
                case "error":
                    return self._error(content)
        except Unreadable:
            return False
        return False

    def apply_update(self, update: DisplayUpdate) -> bool:
        """Carry out an update that came while another cell ran. True: something here was replaced."""
        size = update.size
        found = False
        for shown in self._shown:
            if isinstance(shown, _Shown) and shown.display_id == update.display_id:
                found = True
                if self._rich_bytes() - shown.size + size > self._limits.rich_bytes:
                    self._leave_out(size)
                    continue
                shown.output = {**shown.output, "data": dict(update.data), "metadata": dict(update.metadata)}
                shown.size = size
        return found

    def _stream(self, content: Mapping[str, Any]) -> bool:
        name, text = content.get("name"), content.get("text")
        if name not in STREAMS or not isinstance(text, str) or not text:
            return False
        self._clear_if_asked()
        stream = self._open_stream(name)
        if stream is None:
            if len(self._shown) >= self._limits.outputs:
                self._leave_out(0)
                return True
            stream = _Stream(name, Terminal(self._limits.stream_bytes))
            self._shown.append(stream)
        stream.terminal.write(clean_text(text))
        return True

    def _open_stream(self, name: str) -> _Stream | None:
        """The stream of that name at the end of the outputs, with at most the other one after it."""
        for shown in reversed(self._shown):
            if not isinstance(shown, _Stream):
                return None
            if shown.name == name:
                return shown
        return None

    def _display(self, kind: str, content: Mapping[str, Any]) -> bool:
        bundle = clean_bundle(content.get("data"))
        output: Output = {
            "output_type": kind,
            "data": bundle.data,
            "metadata": clean_metadata(content.get("metadata")),
        }
        if kind == "execute_result":
            count = content.get("execution_count")
            output["execution_count"] = count if isinstance(count, int) and 0 <= count < 2**31 else None
        self._clear_if_asked()
        return self._append(output, bundle.size, _display_id(content))

    def _update(self, content: Mapping[str, Any]) -> bool:
        display_id = _display_id(content)
        if not display_id:
            return False
        bundle = clean_bundle(content.get("data"))
        metadata = clean_metadata(content.get("metadata"))
        update = DisplayUpdate(display_id, bundle.data, metadata, bundle.size)
        self._remember(update)
        return self.apply_update(update)

    def _remember(self, update: DisplayUpdate) -> None:
        if update.display_id in self._updates or len(self._updates) < self._limits.outputs:
            if update.size > self._limits.rich_bytes:
                update = replace(update, data={"text/plain": self._notice()["text"]}, size=0)
            self._updates[update.display_id] = update

    def _error(self, content: Mapping[str, Any]) -> bool:
        traceback = content.get("traceback")
        parts = traceback if isinstance(traceback, list | tuple) else []
        lines = [clean_text(line) for line in parts if isinstance(line, str)]
        output: Output = {
            "output_type": "error",
            "ename": clean_text(_text(content.get("ename")))[:200],
            "evalue": _shortened(clean_text(_text(content.get("evalue"))), LONGEST_MESSAGE),
            "traceback": _short_traceback(lines),
        }
        self._clear_if_asked()
        # An error is always kept: without it nobody would know why the cell ended.
        self._shown.append(_Shown(output, 0))
        return True

    def _append(self, output: Output, size: int, display_id: str) -> bool:
        full = len(self._shown) >= self._limits.outputs or self._rich_bytes() + size > self._limits.rich_bytes
        if full:
            self._leave_out(size)
        else:
            self._shown.append(_Shown(output, size, display_id))
        return True

    def _leave_out(self, size: int) -> None:
        self._left_out += 1
        self._left_out_bytes += size

    def _rich_bytes(self) -> int:
        return sum(shown.size for shown in self._shown if isinstance(shown, _Shown))

    def _clear(self, *, wait: bool) -> bool:
        if wait:
            self._clear_with_next = True
            return False
        changed = bool(self._shown or self._left_out)
        self._shown = []
        self._left_out = self._left_out_bytes = 0
        self._clear_with_next = False
        return changed

    def _clear_if_asked(self) -> None:
        if self._clear_with_next:
            self._clear(wait=False)

    def _notice(self) -> Output:
        what = "One more output is" if self._left_out == 1 else f"{self._left_out:,} more outputs are"
        size = f" ({_megabytes(self._left_out_bytes)})" if self._left_out_bytes else ""
        kept = f"a cell keeps {self._limits.outputs:,} outputs and {_megabytes(self._limits.rich_bytes)}"
        return {"output_type": "stream", "name": "stderr", "text": f"[… {what} left out{size}: {kept} …]\n"}


def _display_id(content: Mapping[str, Any]) -> str:
    transient = content.get("transient")
    display_id = transient.get("display_id") if isinstance(transient, Mapping) else None
    return display_id if isinstance(display_id, str) and len(display_id) <= 200 else ""


def _short_traceback(lines: Sequence[str]) -> list[str]:
    """The first frame and as many of the last as fit: the end of a traceback says what happened."""
    if sum(map(len, lines)) <= LONGEST_TRACEBACK:
        return list(lines)
    kept: list[str] = []
    room = LONGEST_TRACEBACK
    for line in reversed(lines[1:]):
        room -= len(line)
        if room < 0:
            break
        kept.insert(0, line)
    return [_shortened(lines[0], LONGEST_MESSAGE), "[… frames left out here …]", *kept]


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + " …"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.3g} MB"
