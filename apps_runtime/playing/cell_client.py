"""nbclient plays one cell; we say where outputs go, what is too much, and when the kernel is dead.

nbclient re-arms its timeout for ever, keeps all output and takes `exit()` for success (security specification, M1–M3),
so deadline, budget and verdict are not its business here.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode

from apps_runtime.kernels.kernel import Kernel
from apps_runtime.outputs.area import OutputArea
from apps_runtime.playing.events import PlayLimits

# Outputs that are on their way when the kernel dies are still shown.
LAST_WORDS_SECONDS = 0.05
# The reply comes before the kernel says that it is idle; later than this it does not come.
REPLY_SECONDS = 1.0


class CellClient(NotebookClient):
    """Plays cells on a kernel that is connected already."""

    def __init__(self, kernel: Kernel) -> None:
        # Not new_notebook: it validates against the schema. allow_errors: the kernel must not drop what follows an
        # error; we decide what is played next.
        notebook = NotebookNode(cells=[], metadata=NotebookNode(), nbformat=4, nbformat_minor=5)
        super().__init__(nb=notebook, timeout=None, allow_errors=True, iopub_timeout=2, record_timing=False)
        self.kernel = kernel
        self.kc = kernel.client
        self.area = OutputArea()
        self.limits = PlayLimits()
        self.messages = 0
        self.full = False
        self.giving_up: asyncio.TimerHandle | None = None
        self.reply: dict[str, Any] | None = None
        self.on_begin: Callable[[], None] = lambda: None
        self.on_change: Callable[[], None] = lambda: None
        self.on_excess: Callable[[str], None] = lambda _: None

    async def play(self, source: str, area: OutputArea, limits: PlayLimits) -> dict[str, Any] | None:
        """The kernel's execute_reply; None when the kernel died. An empty source is a success that ran nothing."""
        self.area, self.limits, self.reply = area, limits, None
        self.messages, self.full, self.giving_up = 0, False, None
        self.kernel.on_broken_channel = self._lost_outputs
        self.kc.iopub_channel.junk = self.kc.shell_channel.junk = 0
        # Not new_code_cell: it validates against the schema each time, a tenth of what a small cell costs.
        cell = NotebookNode(cell_type="code", source=source, metadata=NotebookNode(), outputs=[], execution_count=None)
        self.nb.cells = [cell]
        self.reset_execution_trackers()
        if not source.strip():
            return {"status": "ok"}
        try:
            await self.async_execute_cell(cell, 0)
        except DeadKernelError:
            return self.reply
        finally:
            if self.giving_up is not None:
                self.giving_up.cancel()
        return self.reply

    def _lost_outputs(self) -> None:
        self._exceed("The kernel sent a message of more than 32 MB, and the cell was stopped.")

    def _exceed(self, words: str) -> None:
        self.full = True
        self.on_excess(words)

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> None:
        """Raises CellExecutionComplete, nbclient's signal, when the kernel is idle again."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "status":
            if content.get("execution_state") == "idle":
                raise CellExecutionComplete
            return
        if self.full:
            return  # It is being stopped; what is on its way is only taken off the wire.
        if kind == "execute_input":
            self.on_begin()
        self.messages += 1
        if self.messages > self.limits.messages:
            self._exceed(f"The cell sent more than {self.limits.messages:,} messages and was stopped.")
            return
        if not self.area.feed(msg):
            return
        if excess := self.area.over_limit:
            self._exceed(excess)
        self.on_change()

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: Any, cell_index: int) -> None:
        while True:
            msg = await self.kc.iopub_channel.get_msg()
            if self.kc.iopub_channel.junk > self.limits.junk:
                self._exceed("The kernel sent messages that are none, and the cell was stopped.")
            if msg["parent_header"].get("msg_id") != parent_msg_id:
                continue
            try:
                self.process_message(msg, cell, cell_index)
            except CellExecutionComplete:
                self.giving_up = self.kernel.loop.call_later(REPLY_SECONDS, self._give_up_the_reply)
                return

    def _give_up_the_reply(self) -> None:
        """A second interrupt, while the kernel tells of the first, makes it forget the reply; it is idle though."""
        self.reply = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    async def _async_poll_kernel_alive(self) -> None:
        """nbclient asks every second; the host tells us at once."""
        await self.kernel.ended.wait()
        await asyncio.sleep(LAST_WORDS_SECONDS)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    async def _check_raise_for_error(self, cell: Any, cell_index: int, exec_reply: dict[str, Any] | None) -> None:
        self.reply = exec_reply["content"] if exec_reply else None
