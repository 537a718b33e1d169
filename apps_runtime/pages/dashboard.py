"""What goes on now, for the people who run hexlite: kernels and their memory, queues, what failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from celery import current_app
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from kombu.exceptions import ChannelError, OperationalError

from apps_runtime import kernels
from apps_runtime.messaging import queue
from apps_runtime.models import Participant, Run, Schedule, Session
from apps_runtime.session.state import Phase

FAILED = (Run.State.FAILED, Run.State.LOST, Run.State.DENIED)
ANSWER_SECONDS = 2
MOST_ROWS = 50
LATELY = timedelta(days=7)


@dataclass(frozen=True)
class HostFacts:
    """The kernel host of this machine. `trouble`: it does not answer, and why."""

    most: int = 0
    waiting: int = 0
    sandboxes: int = 0
    layer: str = ""
    shares_network: str = ""  # why kernels have this machine's network; nothing: they have their own, or none
    lacks_network: str = ""  # why they have none although they should
    held: Mapping[str, kernels.KernelStatus] | None = None
    trouble: str = ""
    kept: int = 0  # bytes of all that the host keeps
    idle: int = 0  # of that, what goes when its memory is needed
    budget: int = 0  # the most that it keeps
    evicted: int = 0  # how often something went for that

    @property
    def memory(self) -> int:
        return sum(kernel.resident for kernel in (self.held or {}).values())


@dataclass(frozen=True)
class HeldKernel:
    """A kernel that a session or a run holds, or one that nobody's row knows (neither)."""

    kernel_id: str
    machine: str
    session: Session | None = None
    run: Run | None = None
    status: kernels.KernelStatus | None = None

    @property
    def project(self):
        owner = self.session or self.run
        return owner.project if owner else None

    @property
    def is_here(self) -> bool:
        return self.machine == settings.HEXLITE_MACHINE


@dataclass(frozen=True)
class Queue:
    """A queue of tasks; `length` None: the broker does not say."""

    name: str
    length: int | None


@dataclass(frozen=True)
class Dashboard:
    """One look. Everything is asked once, when it is shown first."""

    now: datetime

    @cached_property
    def host(self) -> HostFacts:
        try:
            found = kernels.stats()
        except kernels.KernelUnavailable as problem:
            return HostFacts(trouble=str(problem))
        statuses = (kernels.KernelStatus(**one) for one in found["kernels"])
        memory = found.get("memory", {})  # A host that was started before the last upgrade does not say.
        return HostFacts(
            most=found["most"],
            waiting=found["waiting"],
            sandboxes=len(found["sandboxes"]),
            layer=found["layer"],
            shares_network=found["shares_network_because"] if found["shares_network"] else "",
            lacks_network=found["shares_network_because"] if found.get("lacks_network") else "",
            held={status.kernel_id: status for status in statuses},
            kept=memory.get("kept", 0),
            idle=memory.get("idle", 0),
            budget=memory.get("most", 0),
            evicted=memory.get("evicted", 0),
        )

    @cached_property
    def held(self) -> list[HeldKernel]:
        """Of all machines as the rows say, with what this machine's host measures; the largest first."""
        here = dict(self.host.held or {})
        sessions = Session.objects.filter(kernel__isnull=False).select_related("project", "owner", "draft", "version")
        runs = Run.objects.unfinished().filter(kernel__isnull=False).select_related("project", "by")
        found = []
        for session in sessions.defer("version__document", "draft__document"):
            identity = session.kernel.get("kernel_id", "")
            found.append(HeldKernel(identity, session.worker, session=session, status=here.pop(identity, None)))
        for run in runs:
            identity = run.kernel.get("kernel_id", "")
            found.append(HeldKernel(identity, run.worker, run=run, status=here.pop(identity, None)))
        found += [HeldKernel(status.kernel_id, settings.HEXLITE_MACHINE, status=status) for status in here.values()]
        return sorted(found, key=lambda one: -(one.status.resident if one.status else 0))

    @cached_property
    def queues(self) -> list[Queue]:
        machines = {settings.HEXLITE_MACHINE, *Session.objects.exclude(worker="").values_list("worker", flat=True)}
        return queue_lengths([queue.RUNS, *sorted(queue.sessions_queue(machine) for machine in machines)])

    @cached_property
    def queue_length(self) -> int | None:
        lengths = [one.length for one in self.queues if one.length is not None]
        return sum(lengths) if lengths else None

    @cached_property
    def waiting_runs(self) -> int:
        return Run.objects.filter(state=Run.State.QUEUED).count()

    @cached_property
    def running_runs(self) -> int:
        return Run.objects.filter(state=Run.State.RUNNING).count()

    @cached_property
    def oldest_waiting(self) -> Run | None:
        return Run.objects.filter(state=Run.State.QUEUED).order_by("created_at").first()

    @cached_property
    def waiting_sessions(self) -> int:
        return Session.objects.filter(state__phase=Phase.QUEUED.value).count()

    @cached_property
    def windows(self) -> int:
        return Participant.objects.count()

    @cached_property
    def failed_today(self) -> int:
        return self._failed(timedelta(days=1)).count()

    @cached_property
    def failed(self) -> list[Run]:
        found = self._failed(LATELY).select_related("project__workspace", "by").order_by("-ended_at")
        return list(found.defer("values", "notes")[:MOST_ROWS])

    @cached_property
    def paused(self) -> list[Schedule]:
        found = Schedule.objects.filter(pause__isnull=False).select_related("project", "pause", "created_by")
        return list(found.order_by("-pause__at")[:MOST_ROWS])

    def _failed(self, within: timedelta) -> QuerySet[Run]:
        return Run.objects.filter(state__in=FAILED, ended_at__gte=self.now - within)


def look(now: datetime | None = None) -> Dashboard:
    return Dashboard(now or timezone.now())


def queue_lengths(names: list[str]) -> list[Queue]:
    """How many messages wait in each queue, asked of the broker."""
    try:
        with current_app.connection_for_read(transport_options={"socket_timeout": ANSWER_SECONDS}) as connection:
            connection.ensure_connection(max_retries=1, timeout=ANSWER_SECONDS)
            channel = connection.default_channel
            return [Queue(name, _length(channel, name)) for name in names]
    except OperationalError:
        return [Queue(name, None) for name in names]


def _length(channel, name: str) -> int:
    try:
        return channel.queue_declare(queue=name, passive=True).message_count
    except ChannelError:  # Nobody has sent anything there yet.
        return 0
