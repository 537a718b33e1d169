"""Taking notebooks along as Jupyter files: the draft with the outputs it shows, a run as it was executed.

For those who may export: the whole notebook is in the file.
"""

from collections.abc import Iterable

from apps_runtime.models import CellResult, Run, SessionCell
from apps_runtime.outputs.store import Output
from apps_runtime.readers import AUTHOR
from projects.models import Draft
from projects.notebook.document import Notebook
from projects.notebook.files import ipynb


def as_file(draft: Draft) -> str:
    """The draft as `.ipynb`; a cell that ran, or came with outputs, has them. Plain Jupyter opens and runs it."""
    rows = SessionCell.objects.filter(session__draft=draft)
    return ipynb.write(
        draft.notebook,
        outputs=_outputs(draft.notebook, rows),
        execution_counts={row.cell_id: row.execution_count for row in rows if row.execution_count},
    )


def executed(run: Run) -> str:
    """What a run executed, as `.ipynb`: its version with the outputs of this run."""
    rows = run.cells.all()
    return ipynb.write(
        run.version.notebook,
        outputs=_outputs(run.version.notebook, rows),
        execution_counts={row.cell_id: row.execution_count for row in rows if row.execution_count},
    )


def _outputs(notebook: Notebook, rows: Iterable[CellResult]) -> dict[str, list[Output]]:
    return {row.cell_id: AUTHOR.outputs(notebook, row) or [] for row in rows if row.outputs}
