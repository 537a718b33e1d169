"""Taking notebooks along: the draft as a Jupyter file, with the outputs it shows."""

from apps_runtime.models import SessionCell
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
