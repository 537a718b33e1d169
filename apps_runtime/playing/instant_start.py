"""Instant start: the published version, played once in a process that sessions are forked from (docs/kernels.md).

A fork has everything in memory that the app shows, so a visitor's first change runs only what depends on it. What the
probe saw while the template was played is kept in it, and every fork tells it again: plans are as exact as after a run
of the session's own.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps_runtime import kernels
from apps_runtime.kernels import KernelHostUnreachable, KernelUnavailable
from apps_runtime.messaging import queue
from apps_runtime.models import InstantStart, PublishedResults, Session
from apps_runtime.playing import probing, run_playing
from apps_runtime.playing.player import Player
from apps_runtime.services.sessions import analyses
from projects.models import Project
from projects.notebook import inputs
from projects.notebook.document import Notebook
from projects.notebook.reactivity.progress import KernelProgress, record
from projects.services.drafts import source_digest

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Played:
    """What has run in a kernel that was forked: the planner's progress, and cell id → digest of its source."""

    progress: Mapping[str, Any]
    played: Mapping[str, str]


def make(*, project_id: str, machine: str) -> InstantStart | None:
    """Play the published version on this machine, in place of the one before. None: there are no results to begin
    from, nobody but the authors may run the app, or the project is in the trash; then the one before goes as well."""
    results = _results(project_id)
    if results is None or not results.run.version.notebook.settings.viewers_run:
        _forget(project_id, machine)
        return None
    project, notebook, key = results.run.project, results.run.version.notebook, key_of(results)
    values, now = _values(notebook, results), timezone.now()
    if any(values.get(spec.name) for spec in notebook.inputs if spec.kind.takes_upload):
        return _note(project, machine, key, ready=False, reason="its results were made with a file that was uploaded")
    cells = [
        (cell.id, inputs.assignment([cell.input], values, now) if cell.input else cell.source)
        for cell in notebook.cells
        if cell.kind.runs
    ]
    silently = ("", probing.INSTALL + probing.remember([cell_id for cell_id, _ in cells], values, now))
    before = InstantStart.objects.filter(project=project, machine=machine).exclude(key=key).first()
    try:
        report = kernels.make_template(
            str(project.pk),
            key,
            [silently, *cells],
            seconds=settings.HEXLITE_RUN_SECONDS_PREVIEW,
            **run_playing.place(project, notebook),
        )
        if before is not None:
            kernels.drop_template(str(project.pk), before.key)
    except (KernelUnavailable, KernelHostUnreachable) as unavailable:
        logger.warning("No template was made of project %s: %s", project.pk, unavailable)
        return None
    return _note(
        project, machine, key, ready=report.ready, reason=report.reason[:500], cell_id=report.cell_id,
        seconds=report.seconds, bytes=report.bytes,
    )  # fmt: skip


def _forget(project_id: str, machine: str) -> None:
    known = InstantStart.objects.filter(project=project_id, machine=machine).first()
    if known is None:
        return
    try:
        kernels.drop_template(project_id, known.key)
    except KernelHostUnreachable:
        logger.info("The template of project %s went with its host", project_id)
    known.delete()


def key_for(session: Session) -> str:
    """The template that a session's kernel may be forked from; "" when there is none, which is then seen to."""
    if session.is_draft:
        return ""
    results = _results(session.project_id)
    if results is None or results.run.version_id != session.version_id:
        return ""
    return key_of(results)


def missed(session: Session, key: str, *, machine: str) -> None:
    """A session got a clean kernel: unless it is known that it must, have the template made for the next one."""
    known = InstantStart.objects.filter(project=session.project_id, machine=machine, key=key, ready=False)
    if not known.exists():
        queue.ask_for_template(session.project_id, machine=machine)


def played_in(kernel: kernels.Kernel, session: Session) -> Played:
    """What the template of this fork has played. Raises AssignmentFailed."""
    told = probing.recalled(Player(kernel, run_playing.limits()))
    notebook, graph = session.notebook, analyses.of_session(session)
    specs = {spec.name: spec for spec in notebook.inputs}
    values = {name: value for name, value in told.values.items() if name in specs}
    resolved = {name: inputs.resolve(specs[name], value, told.now) for name, value in values.items()}
    progress = KernelProgress().begin().with_inputs(graph, resolved)
    for node in graph.nodes:
        progress = record(progress, graph, node.id, observation=told.observations.get(node.id))
    digests = {cell.id: source_digest(cell.source) for cell in notebook.cells if cell.kind.runs}
    return Played(progress.to_json(), digests)


def key_of(results: PublishedResults) -> str:
    return f"{results.run.version_id}.{results.run_id}"


def _results(project_id: object) -> PublishedResults | None:
    return (
        PublishedResults.objects.filter(publication__project=project_id, publication__project__trashing=None)
        .select_related("run__version", "run__project")
        .first()
    )


def _values(notebook: Notebook, results: PublishedResults) -> dict[str, Any]:
    return {**inputs.defaults(notebook.inputs), **results.run.values}


def _note(project: Project, machine: str, key: str, **found: Any) -> InstantStart:
    defaults = {"key": key, "reason": "", "cell_id": "", "seconds": 0.0, "bytes": 0, **found}
    noted, _ = InstantStart.objects.update_or_create(project=project, machine=machine, defaults=defaults)
    return noted
