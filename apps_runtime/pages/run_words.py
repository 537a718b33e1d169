"""How an app is doing, in a state and a few words: what lists say of runs, schedules and publications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps_runtime.models import Run
from projects.models import Project
from projects.templatetags.times import say_day

# What a tick of the history looks like for each end of a run.
_TICKS = {
    Run.State.QUEUED: "queued",
    Run.State.RUNNING: "running",
    Run.State.DONE: "done",
    Run.State.FAILED: "failed",
    Run.State.CANCELLED: "skipped",
    Run.State.LOST: "failed",
    Run.State.DENIED: "skipped",
}
_KINDS = {
    Run.Trigger.PREVIEW: "Preview",
    Run.Trigger.PUBLISH: "Run",
    Run.Trigger.SCHEDULE: "Scheduled run",
    Run.Trigger.MANUAL: "Run by hand",
    Run.Trigger.API: "Run by a program",
    Run.Trigger.CHECK: "Code or data: run",
    Run.Trigger.LIVE: "Live update",
}


@dataclass(frozen=True)
class Status:
    """`state`: of the design's `.state`, "" for a circle. `word` says it, `beside` goes on in the same line,
    `note` in the next."""

    state: str
    word: str
    note: str = ""
    beside: str = ""


@dataclass(frozen=True)
class StateTick:
    """One run of the history. `took`: its time as a share of the longest one shown, 0 to 1."""

    state: str
    took: float


def status_of(project: Project, *, running: Run | None, results_at: datetime | None) -> Status:
    """What stands first: a run that goes on, a failure, a schedule that paused itself, then what is published.

    `running` carries `done` and `total` cells; `project` the annotations of `home.listed` and its schedules in `plans`.
    """
    if running is not None:
        note = f"{_KINDS[Run.Trigger(running.trigger)]} of version {running.version.number}"
        if running.state == Run.State.QUEUED:
            return Status("queued", "Queued", note)
        return Status("running", "Running", note, f"{running.done} of {running.total}")
    publication = getattr(project, "publication", None)
    if publication is None:
        return Status("", "Not published")
    if project.last_state in (Run.State.FAILED, Run.State.LOST):
        return Status("failed", "Last run failed", _shown_results(results_at))
    if paused := next((schedule.pause for schedule in project.plans if schedule.is_paused), None):
        return Status("paused", "Schedule paused", paused.why or (f"By {paused.by.name}" if paused.by else ""))
    version = publication.version
    if version.digest != project.draft_digest or version.title != project.title:
        return Status("changed", "Unpublished changes", f"Version {version.number} is live")
    return Status("live", "Published", f"Version {version.number}")


def ticks_of(runs: Sequence[Run]) -> list[StateTick]:
    """The history of a project, oldest first, from its newest runs, newest first."""
    longest = max((run.seconds or 0 for run in runs), default=0)
    return [
        StateTick(_TICKS[Run.State(run.state)], round((run.seconds or 0) / longest, 2) if longest else 0.5)
        for run in reversed(runs)
    ]


def _shown_results(results_at: datetime | None) -> str:
    if results_at is None:
        return "There are no results yet"
    day = say_day(results_at)
    return {"Today": "Shows today’s results", "Yesterday": "Shows yesterday’s results"}.get(
        day, f"Shows results from {day}"
    )
