"""Taking notebooks along as Jupyter files: the draft with the outputs it shows, a run as it was executed."""

from apps_runtime.models import Run, SessionCell
from apps_runtime.outputs import store
from projects.models import Draft
from projects.notebook import fileformat


def as_file(draft: Draft) -> str:
    """The draft as `.ipynb`; a cell that ran, or came with outputs, has them. Plain Jupyter opens and runs it."""
    rows = SessionCell.objects.filter(session__draft=draft)
    return fileformat.write(
        draft.notebook,
        outputs={row.cell_id: store.load(row.outputs) for row in rows if row.outputs},
        execution_counts={row.cell_id: row.execution_count for row in rows if row.execution_count},
    )


def executed(run: Run) -> str:
    """What a run executed, as `.ipynb`: its version with the outputs of this run."""
    rows = run.cells.all()
    return fileformat.write(
        run.version.notebook,
        outputs={row.cell_id: store.load(row.outputs) for row in rows if row.outputs},
        execution_counts={row.cell_id: row.execution_count for row in rows if row.execution_count},
    )
