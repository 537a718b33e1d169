"""One way to play a cell on a kernel, for runs and for sessions.

    player = Player(kernel, PlayLimits())
    for event in player.play(source, cell_id="a1", deadline_seconds=60):
        ...  # Started, Changed…, Ended

Synchronous, for the threads of a worker: the kernel's own asyncio loop runs in the thread that takes the events, while
it takes them. `stop` may be called by any other thread.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from apps_runtime.kernels.kernel import Kernel
from apps_runtime.outputs.area import OutputArea
from apps_runtime.playing.cell_client import CellClient
from apps_runtime.playing.events import CellError, Changed, Ended, EndState, Event, PlayLimits, Started
from apps_runtime.playing.verdict import Evidence, judge

__all__ = [
    "AssignmentFailed",
    "CellError",
    "Changed",
    "EndState",
    "Ended",
    "Event",
    "PlayLimits",
    "Player",
    "Started",
]

TURN_SECONDS = 10.0
# From the kernel's word that a cell begins until its code runs.
BEGUN_SECONDS = 0.05


class AssignmentFailed(Exception):
    """The kernel did not carry out a silent statement; the text says why."""


class Player:
    """Plays cells on one kernel, one at a time. Once stopped, it plays nothing more."""

    def __init__(self, kernel: Kernel, limits: PlayLimits | None = None) -> None:
        self.kernel = kernel
        self.limits = limits or PlayLimits()
        self._client = CellClient(kernel)
        self._client.on_begin = self._note_begin
        self._client.on_change = self._note_change
        self._client.on_excess = self._note_excess
        self._stopped = False
        self._forget()

    def play(
        self,
        source: str,
        *,
        cell_id: str,
        deadline_seconds: float,
        expressions: Mapping[str, str] | None = None,
        ahead: Sequence[str] = (),
    ) -> Iterator[Event]:
        """Play a cell: `Started`, `Changed` at most every 40 ms, and `Ended`, always and last.

        At the deadline the cell is interrupted, and 5 seconds later the kernel is killed. `expressions` are evaluated
        after the cell and come back in `Ended.values`. `ahead` are statements that the kernel runs silently before it,
        in the same request: it must have been told how (`probing.INSTALL`), and ends if it can't. Raises KernelBusy
        when another thread plays on this kernel.
        """
        with self.kernel.turn(wait=TURN_SECONDS):
            self._forget()
            began = time.monotonic()
            yield Started(datetime.now(UTC))
            area = OutputArea(self.limits.outputs)
            self._client.kc.user_expressions = dict(expressions or {})
            self._client.kc.ahead = "\n".join(ahead)
            loop = self.kernel.loop
            try:
                playing = loop.create_task(self._play(source, area, deadline_seconds), name=f"cell {cell_id}")
                while not loop.run_until_complete(self._until_news(playing)):
                    yield Changed(area.outputs)
                yield self._ended(playing.result(), area, time.monotonic() - began)
            finally:
                if not playing.done():  # Whoever took the events went away: the cell must not run on unseen.
                    self.kernel.interrupt()
                    playing.cancel()
                    loop.run_until_complete(asyncio.gather(playing, return_exceptions=True))

    def stop(self) -> None:
        """Interrupt what is played, and kill the kernel when that has no effect for 5 seconds. From any thread."""
        self._stopped = True
        self.kernel.loop.call_soon_threadsafe(self._intervene, EndState.INTERRUPTED, "The cell was stopped.")

    def assign(self, statement: str) -> None:
        """Run a statement silently: no outputs, no execution count. Raises AssignmentFailed."""
        with self.kernel.turn(wait=TURN_SECONDS):
            content = self.kernel.loop.run_until_complete(self._ask(statement, {}))
        if content.get("status") != "ok":
            raise AssignmentFailed(f"{content.get('ename', 'Error')}: {content.get('evalue', '')}")

    def assign_all(self, statements: Sequence[str]) -> None:
        """As `assign`, of several statements at once; nothing is asked of the kernel when there are none."""
        if statements:
            self.assign("\n".join(statements))

    def options(self, name: str) -> list[str | int | float | bool | None]:
        """The items a variable offers to choose from (`inside/probe.py` says of what). Raises AssignmentFailed."""
        return self.evaluate(f"__import__('hexlite_inside.probe').probe.options({name})")["application/json"]

    def evaluate(self, expression: str) -> dict[str, Any]:
        """What the kernel shows of an expression, by media type. Raises AssignmentFailed."""
        with self.kernel.turn(wait=TURN_SECONDS):
            content = self.kernel.loop.run_until_complete(self._ask("", {"asked": expression}))
        answer = content.get("user_expressions", {}).get("asked", {})
        if answer.get("status") != "ok":
            raise AssignmentFailed(f"{answer.get('ename', 'Error')}: {answer.get('evalue', '')}")
        return answer["data"]

    # ---- In the kernel's loop

    async def _play(self, source: str, area: OutputArea, deadline_seconds: float) -> dict[str, Any] | None:
        loop = asyncio.get_running_loop()
        if self._stopped:
            return {"status": "error", "ename": "KeyboardInterrupt", "evalue": ""}
        if self.kernel.end is not None:
            return None
        watchdog = loop.call_later(
            max(deadline_seconds, 0.0),
            self._intervene,
            EndState.TIMED_OUT,
            f"The cell ran longer than {deadline_seconds:g} seconds and was stopped.",
        )
        try:
            return await self._client.play(source, area, self.limits)
        finally:
            watchdog.cancel()
            for timer in self._timers:
                timer.cancel()
            self._news.set()

    async def _until_news(self, playing: asyncio.Task) -> bool:
        """True: the cell has ended. False: its outputs have changed."""
        self._news.clear()
        if self._dirty is False and not playing.done():
            await self._news.wait()
        if not playing.done():
            # Reported together with the end when that is only a moment away; and not more often than agreed.
            rest = self._changed_at + self.limits.between_changes - time.monotonic()
            await asyncio.wait({playing}, timeout=max(rest, self.limits.settling))
        if playing.done():
            return True
        self._dirty = False
        self._changed_at = time.monotonic()
        return False

    def _note_begin(self) -> None:
        """A kernel that has not begun takes no notice of an interrupt: it gets another when the cell has."""
        if self._cause is not None:
            self._timers.append(self.kernel.loop.call_later(BEGUN_SECONDS, self.kernel.interrupt))

    def _note_change(self) -> None:
        self._dirty = True
        self._news.set()

    def _note_excess(self, words: str) -> None:
        self._intervene(EndState.OUTPUT_LIMIT, words)

    def _intervene(self, cause: EndState, words: str) -> None:
        """The first cause stands. Interrupt now, kill when that has no effect."""
        if self._cause is not None or not self.kernel.busy:
            return
        self._cause, self._words = cause, words
        self.kernel.interrupt()
        loop = self.kernel.loop
        self._timers.append(loop.call_later(self.limits.interrupt_grace, self.kernel.kill, words))

    async def _ask(self, statement: str, expressions: dict[str, str]) -> dict[str, Any]:
        if self.kernel.end is not None:
            raise AssignmentFailed("The kernel is gone.")
        client = self.kernel.client
        request = client.execute(
            statement, silent=True, store_history=False, user_expressions=expressions, stop_on_error=False
        )
        reply = asyncio.create_task(client.reply_to(request))
        dead = asyncio.create_task(self.kernel.ended.wait())
        try:
            await asyncio.wait({reply, dead}, timeout=self.limits.assign, return_when=asyncio.FIRST_COMPLETED)
            if reply.done():
                return reply.result()
            raise AssignmentFailed("The kernel died." if dead.done() else "The kernel did not answer in time.")
        finally:
            reply.cancel()
            dead.cancel()
            await asyncio.gather(reply, dead, return_exceptions=True)

    # ---- What it knows about the cell that is played

    def _forget(self) -> None:
        self._cause: EndState | None = None
        self._words = ""
        self._dirty = False
        self._changed_at = 0.0
        self._news = asyncio.Event()
        self._timers: list[asyncio.TimerHandle] = []

    def _ended(self, reply: dict[str, Any] | None, area: OutputArea, seconds: float) -> Ended:
        # Somebody else's interrupt: the host's, perhaps.
        interrupted = self._cause is None and (reply or {}).get("ename") == "KeyboardInterrupt"
        notice = self.kernel.notice() if interrupted else ""
        state, error = judge(Evidence(reply, self.kernel.end, self._cause, self._words, notice))
        if state is EndState.EXITED:
            self.kernel.kill("exit()")  # It is about to end by itself; nothing may be played on it meanwhile.
        count = (reply or {}).get("execution_count")
        values = (reply or {}).get("user_expressions")
        return Ended(
            state=state,
            outputs=area.outputs,
            error=error,
            execution_count=count if isinstance(count, int) else None,
            seconds=seconds,
            kernel_gone=reply is None or state is EndState.EXITED,
            updates=area.updates_for_others,
            values=values if isinstance(values, Mapping) else {},
        )
