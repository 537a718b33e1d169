"""jupyter_client's channels for kernels that cannot be trusted: what is no message is passed over, and counted."""

import os
from collections.abc import Mapping
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type

LARGEST_MESSAGE = 32 * 1024 * 1024
# Messages the reader's side may hold before it is asked for them: with the size above it bounds a worker's memory
# against a hostile kernel. ipykernel queues without loss on its own side.
READ_AHEAD = 10

_contexts: dict[int, zmq.asyncio.Context] = {}


class PatientChannel(AsyncZMQSocketChannel):
    """A channel whose `get_msg` returns only messages of the protocol's shape; the rest is `junk`."""

    junk = 0

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message. Raises queue.Empty when none comes within `timeout` seconds."""
        while True:
            try:
                # jupyter_client asks first whether there is one, and waits a second time to take it.
                message = await (self._recv() if timeout is None else super().get_msg(timeout=timeout))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                # A bad signature, no JSON, too deep, parts missing: the kernel holds the key and can send anything.
                self.junk += 1
                continue
            if _well_formed(message):
                return message
            self.junk += 1


class WorkerClient(AsyncKernelClient):
    """The client side of a kernel as workers use it: no stdin, no heartbeat (the host tells of the kernel's end)."""

    shell_channel_class = Type(PatientChannel)
    iopub_channel_class = Type(PatientChannel)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.allow_stdin = False
        self.user_expressions: dict[str, str] = {}
        self.ahead = ""

    def execute(self, code: str, *args: Any, **options: Any) -> str:
        """As jupyter_client's; `user_expressions` of this object go with every request, `ahead` with the next one."""
        options.setdefault("user_expressions", self.user_expressions)
        if not self.ahead:
            return super().execute(code, *args, **options)
        metadata, self.ahead = {"hexlite_ahead": self.ahead}, ""
        content = {"code": code, "silent": False, "allow_stdin": False, "stop_on_error": False, **options}
        message = self.session.msg("execute_request", content, metadata=metadata)
        self.shell_channel.send(message)
        return message["header"]["msg_id"]

    async def reply_to(self, message_id: str) -> dict[str, Any]:
        """The content of the reply on the shell channel; replies to others are passed over."""
        while True:
            reply = await self.shell_channel.get_msg()
            if reply["parent_header"].get("msg_id") == message_id:
                return reply["content"]


def context_of_process() -> zmq.asyncio.Context:
    """One per process, whose sockets refuse giant messages and never hold up the end of the process."""
    process = os.getpid()
    if process not in _contexts:
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        context.setsockopt(zmq.RCVHWM, READ_AHEAD)
        context.setsockopt(zmq.RECONNECT_IVL, 10)
        context.setsockopt(zmq.LINGER, 0)
        _contexts[process] = context
    return _contexts[process]


def _well_formed(message: Mapping[str, Any]) -> bool:
    return (
        isinstance(message.get("header"), Mapping)
        and isinstance(message.get("parent_header"), Mapping)
        and isinstance(message.get("content"), Mapping)
        and isinstance(message.get("msg_type"), str)
    )
