"""`/metrics`, for Prometheus: what goes on now, as the database, Redis and this machine's kernel host say, and how long
this process's answers took. Loaded only where HEXLITE_METRICS_TOKEN is set: see `hexlite.health`.
"""

import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apps_runtime.messaging import machines
from apps_runtime.models import Participant, Run, Session
from apps_runtime.pages.dashboard import Dashboard

REGISTRY = CollectorRegistry()
BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
ANSWERS = Histogram(
    "hexlite_http_seconds",
    "How long answers took in this web process.",
    ["view", "method", "status"],
    buckets=BUCKETS,
    registry=REGISTRY,
)


class Timed:
    """Measures each answer by the name of its address, not by the address: projects and people stay out of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        labels = (match.view_name if match else "none", request.method or "", f"{response.status_code // 100}xx")
        ANSWERS.labels(*labels).observe(time.perf_counter() - began)
        return response


class Now(Collector):
    """Gauges that are asked for when somebody looks."""

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        look = Dashboard(now)
        yield _labelled(
            "hexlite_runs",
            "Runs in the log.",
            ["trigger", "state"],
            Run.objects.values_list("trigger", "state").annotate(count=Count("pk")).order_by(),
        )
        oldest = look.oldest_waiting
        waits = (now - oldest.created_at).total_seconds() if oldest else 0
        yield _plain("hexlite_run_waiting_seconds", "How long the first run of the queue has waited.", waits)
        yield _plain("hexlite_sessions_waiting", "Sessions that wait for a worker or a kernel.", look.waiting_sessions)
        yield _labelled(
            "hexlite_session_kernels",
            "Kernels that sessions hold, by machine.",
            ["machine"],
            Session.objects.filter(kernel__isnull=False).values_list("worker").annotate(count=Count("pk")).order_by(),
        )
        yield _plain("hexlite_windows", "Windows that are open on apps and notebooks.", Participant.objects.count())
        lengths = [(one.name, one.length) for one in look.queues if one.length is not None]
        yield _labelled("hexlite_queue_length", "Tasks that wait in Redis.", ["queue"], lengths)
        yield from _of_the_host(look)
        yield _labelled(
            "hexlite_heard_seconds",
            "Since a part was heard of: workers, machines that take sessions, beat.",
            ["part", "machine"],
            [((part, name), now.timestamp() - at) for part, name, at in machines.heard()],
        )


def _of_the_host(look: Dashboard) -> Iterator[GaugeMetricFamily]:
    machine, host = settings.HEXLITE_MACHINE, look.host
    yield _labelled(
        "hexlite_host_up", "The kernel host of this machine answers.", ["machine"], [(machine, not host.trouble)]
    )
    if host.trouble:
        return
    for name, what, value in (
        ("hexlite_host_kernels", "Kernels of this machine.", len(host.held or {})),
        ("hexlite_host_kernels_most", "Kernels it may hold.", host.most),
        ("hexlite_host_waiting", "Callers that wait for a kernel.", host.waiting),
        ("hexlite_host_sandboxes", "Sandboxes.", host.sandboxes),
        ("hexlite_host_memory_bytes", "Resident memory of its kernels.", host.memory),
        ("hexlite_host_kept_bytes", "Memory of all that it keeps; shared pages count once.", host.kept),
        ("hexlite_host_idle_bytes", "Of that, what goes when its memory is needed.", host.idle),
        ("hexlite_host_kept_bytes_most", "The most that it keeps.", host.budget),
        ("hexlite_host_evicted", "How often something idle went for others since it started.", host.evicted),
    ):
        yield _labelled(name, what, ["machine"], [(machine, value)])


def _plain(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)


def _labelled(name: str, what: str, labels: list[str], rows) -> GaugeMetricFamily:
    """Rows end in the value; what is before it are the labels, or a tuple of them."""
    family = GaugeMetricFamily(name, what, labels=labels)
    for *values, value in rows:
        texts = values[0] if values and isinstance(values[0], tuple) else values
        family.add_metric([str(text) for text in texts], value)
    return family


REGISTRY.register(Now())


def text() -> bytes:
    return generate_latest(REGISTRY)
