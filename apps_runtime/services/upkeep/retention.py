"""What is kept for how long: runs and sessions by the settings, the bytes of outputs as long as a result holds them.

Once a day. Nothing that the app shows, or that goes on, is ever taken.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from apps_runtime.models import Blob, BlobUse, DueTime, PublishedResults, Run, RunCell, Session, SessionCell
from apps_runtime.outputs import store
from apps_runtime.services import tokens
from apps_runtime.services.limits import tries
from apps_runtime.services.links import followers
from projects.models import Project

logger = logging.getLogger(__name__)

# What was kept within this time may belong to a result that is being written.
GRACE = timedelta(days=1)
BATCH = 200
UNSENT_FOR = timedelta(days=30)


def tidy(*, now: datetime) -> None:
    """One pass over everything; safe to run at any time and by several at once."""
    runs, sessions = remove_old_runs(now=now), remove_old_sessions(now=now)
    blobs = collect_blobs(now=now)
    followers.forget(now=now)
    remove_unsent_mails(now=now)
    tokens.warn(now=now)
    tries.forget(now=now)
    logger.info("Tidied: %s runs, %s sessions, %s pieces of outputs", runs, sessions, blobs)


def remove_unsent_mails(*, now: datetime) -> None:
    """Where there is no mail server they are files, and their links have ended long before."""
    for mail in Path(settings.EMAIL_FILE_PATH).glob("*.log"):
        if mail.stat().st_mtime < (now - UNSENT_FOR).timestamp():
            mail.unlink(missing_ok=True)


def remove_old_runs(*, now: datetime) -> int:
    """Runs that ended long ago, but for the newest of each project and what its app shows. Due times go with them."""
    if not settings.HEXLITE_RUN_DAYS:
        return 0
    cutoff = now - timedelta(days=settings.HEXLITE_RUN_DAYS)
    DueTime.objects.filter(at__lt=cutoff).exclude(run__ended_at__gte=cutoff).delete()
    old = Run.objects.filter(ended_at__lt=cutoff).exclude(pk__in=PublishedResults.objects.values("run"))
    removed = 0
    for project in Project.objects.filter(pk__in=old.values("project")):
        newest = project.runs.values_list("number", flat=True)[: settings.HEXLITE_RUNS_KEPT]
        removed += old.filter(project=project).exclude(number__in=list(newest)).delete()[1].get("apps_runtime.Run", 0)
    return removed


def remove_old_sessions(*, now: datetime) -> int:
    """Sessions of apps that nobody came back to; drafts keep theirs."""
    if not settings.HEXLITE_SESSION_DAYS:
        return 0
    cutoff = now - timedelta(days=settings.HEXLITE_SESSION_DAYS)
    old = Session.objects.filter(draft=None, kernel__isnull=True, lease_until=None, seen_at__lt=cutoff)
    return old.delete()[1].get("apps_runtime.Session", 0)


def collect_blobs(*, now: datetime) -> int:
    """Take away the bytes that no result holds any more; returns how many pieces that were.

    A blob that is kept again is touched first (`store.put`), so whatever is a day old and held by nothing is garbage.
    """
    cutoff = now - GRACE
    held: set[str] = set()
    for project in Project.objects.filter(blob_uses__isnull=False).distinct().iterator(BATCH):
        of_project = set(_held_by(project))
        held |= of_project
        uses = BlobUse.objects.filter(project=project, session=None, blob__created_at__lt=cutoff)
        stale = [key for key, digest in uses.values_list("pk", "blob_id") if digest not in of_project]
        for start in range(0, len(stale), BATCH):
            BlobUse.objects.filter(pk__in=stale[start : start + BATCH], blob__created_at__lt=cutoff).delete()
    unused = Blob.objects.filter(created_at__lt=cutoff, uses=None).values_list("pk", flat=True)
    collected = sum(_collect(digest, cutoff) for digest in list(unused) if digest not in held)
    return collected + _collect_files(cutoff)


def _held_by(project: Project) -> Iterator[str]:
    """Digests that results of the project refer to."""
    for rows in (
        RunCell.objects.filter(run__project=project).values_list("outputs", flat=True),
        SessionCell.objects.filter(session__project=project).values_list("outputs", flat=True),
    ):
        for outputs in rows.iterator(BATCH):
            for reference in store.references(outputs):
                yield reference["sha256"]


def _collect(digest: str, cutoff: datetime) -> int:
    """The row and its file, unless it was kept or used again. The file goes first and under the row's lock: whoever
    keeps the same bytes waits for it, and writes them anew."""
    with transaction.atomic():
        blob = Blob.objects.select_for_update().filter(pk=digest, created_at__lt=cutoff).first()
        if blob is None or blob.uses.exists():
            return 0
        default_storage.delete(blob.path)
        blob.delete()
    return 1


def _collect_files(cutoff: datetime) -> int:
    """Files without a row: left by a process that was killed between the two."""
    try:
        folder = Path(default_storage.path("blobs"))
    except NotImplementedError:  # Not a file system; a whole object appears at once there.
        return 0
    collected = 0
    for place in folder.glob("*/*"):
        is_old = place.is_file() and place.stat().st_mtime < cutoff.timestamp()
        if is_old and not Blob.objects.filter(pk=f"{place.parent.name}{place.name}").exists():
            place.unlink(missing_ok=True)
            collected += 1
    return collected
