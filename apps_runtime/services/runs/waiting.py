"""Waiting for work that a worker may have taken."""

import time

from apps_runtime.models import Run

PAUSE = 0.1


def until_finished(run: Run) -> Run:
    """Returns the row once the run has ended. Its deadline and its worker's lease bound the wait."""
    run.refresh_from_db()
    while not run.is_finished:
        time.sleep(PAUSE)
        run.refresh_from_db()
    return run
