"""Code or data? When a scheduled run fails, the version that was live and worked before is run against the same data.

If it works, what changed since broke the run; if it fails as well, the data did (or what else is outside the notebook:
packages, the network). The page of the run and the mail say it in the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps_runtime.models import Diagnosis, Run
from apps_runtime.services.runs import runs
from apps_runtime.services.runs.facts import failed_cell, numbers_of
from apps_runtime.session.state import CellState
from projects.models import AuditEvent, Version
from projects.notebook import inputs


class Broke(StrEnum):
    CODE = "code"
    DATA = "data"
    UNKNOWN = ""

    @property
    def label(self) -> str:
        return {Broke.CODE: "The code broke", Broke.DATA: "The data broke"}.get(self, "Code or data?")


@dataclass(frozen=True)
class Verdict:
    """What broke, in a sentence or two; `check` is the run that tells it, None where none was needed."""

    broke: Broke
    sentence: str
    check: Run | None = None


def begin(*, run: Run) -> Run | None:
    """Start the run of the earlier version. None: this run needs none, or there is nothing to hold it against."""
    if not _is_asked(run):
        return None
    earlier = _earlier_that_worked(run)
    if earlier is None:
        return None
    specs = earlier.notebook.inputs
    known = {name: value for name, value in run.values.items() if name in {spec.name for spec in specs}}
    parsed = inputs.parse_values(specs, known, inputs.defaults(specs), timezone.now())
    with transaction.atomic():
        diagnosis, is_new = Diagnosis.objects.get_or_create(run=run)
        if not is_new:
            return diagnosis.check_run
        diagnosis.check_run = runs.start(
            version=earlier,
            trigger=Run.Trigger.CHECK,
            by=run.by,
            values=parsed.values,
            notes=[f"Version {earlier.number} with the inputs of run {run.number}, to tell which of the two broke."],
        )
        diagnosis.save(update_fields=["check_run"])
    return diagnosis.check_run


def is_going_on(run: Run) -> bool:
    return Diagnosis.objects.filter(run=run, check_run__state__in=Run.State.unfinished()).exists()


def verdict_of(run: Run) -> Verdict | None:
    """None: nothing is known, or nothing was asked."""
    if not _is_asked(run):
        return None
    check = Run.objects.filter(diagnosis_of__run=run).select_related("version", "project__workspace").first()
    worked = _worked_before(run)
    now, since = f"version {run.version.number}", _day_words(worked)
    if check is None:
        if worked is None:
            return None
        sentence = f"This version worked{since}, and its code has not changed since: look at the data."
        return Verdict(Broke.DATA, sentence)
    then = f"Version {check.version.number}"
    match check.state:
        case Run.State.QUEUED | Run.State.RUNNING:
            sentence = (
                f"{then}, which worked before, is being run against the same data, to tell which of the two broke."
            )
            return Verdict(Broke.UNKNOWN, sentence, check)
        case Run.State.DONE:
            though = f", though it did{since}" if worked else ""
            sentence = (
                f"{then} runs with today’s data, {now} does not{though}: what changed since {then.lower()} broke it."
            )
            return Verdict(Broke.CODE, sentence, check)
        case Run.State.FAILED if (failed := failed_cell(check, numbers_of(check.version.notebook))) is not None:
            where = f"cell {failed[0]}, {failed[1].error_line}" if failed[1].error_line else f"cell {failed[0]}"
            sentence = f"{then}, which worked before, fails with today’s data too ({where}): the code is not to blame."
            return Verdict(Broke.DATA, sentence, check)
    how = check.why or f"{Run.State(check.state).label}."
    return Verdict(Broke.UNKNOWN, f"{then} was run against the same data, but that run told nothing: {how}", check)


def _is_asked(run: Run) -> bool:
    """Of scheduled runs in which a cell failed: a lost worker or a run that took too long says nothing of either."""
    return (
        settings.HEXLITE_SCHEDULE_DIAGNOSIS
        and run.trigger == Run.Trigger.SCHEDULE
        and run.state == Run.State.FAILED
        and run.cells.filter(state=CellState.FAILED).exists()
    )


def _earlier_that_worked(run: Run) -> Version | None:
    """The version that was live last before this run's, with other content, and of which a run went well."""
    for number in _published_before(run):
        version = run.project.versions.filter(number=number).first()
        if version is None or version.digest == run.version.digest:
            continue
        if version.runs.filter(state=Run.State.DONE).exists():
            return version
    return None


def _published_before(run: Run) -> Sequence[int]:
    """Numbers of the versions that were live before this run's, the latest first, as the audit trail has them."""
    published = AuditEvent.objects.filter(project=run.project_id, action="published", at__lte=run.created_at)
    numbers = [event.detail.get("version") for event in published.order_by("-at", "-pk")[:200]]
    return list(dict.fromkeys(number for number in numbers if isinstance(number, int) and number != run.version.number))


def _worked_before(run: Run) -> Run | None:
    """The newest run of this very version that went well before."""
    return run.version.runs.filter(state=Run.State.DONE, number__lt=run.number).exclude(ended_at=None).first()


def _day_words(run: Run | None) -> str:
    return f" on {timezone.localtime(run.ended_at):%-d %B, %H:%M}" if run else ""
