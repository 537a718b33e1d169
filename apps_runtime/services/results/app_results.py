"""The results of an app, for its notebook."""

from collections.abc import Mapping

from apps_runtime.models import PublishedResults, RunCell
from apps_runtime.session.state import CellState
from projects.models import Draft
from projects.notebook import inputs
from projects.notebook.document import Notebook

FINISHED = (CellState.DONE, CellState.FAILED)


def for_draft(draft: Draft) -> Mapping[str, RunCell]:
    """Results by cell id, as far as the cells of the draft are still those that the app was made of. Empty where the
    app shows what other inputs gave."""
    of_app = PublishedResults.objects.filter(publication__project=draft.project_id, run__version__draft=draft)
    results = of_app.select_related("run__version").first()
    if results is None or results.run.values != inputs.defaults(draft.notebook.inputs):
        return {}
    same = _cells_as_played(draft.notebook, results.run.version.notebook)
    return {row.cell_id: row for row in results.run.cells.filter(state__in=FINISHED) if row.cell_id in same}


def _cells_as_played(draft: Notebook, version: Notebook) -> set[str]:
    """Ids of the cells before the first that a run from the top would play differently today."""
    same = set()
    then = [cell for cell in version.cells if cell.kind.runs]
    for now, before in zip((cell for cell in draft.cells if cell.kind.runs), then, strict=False):
        if (now.id, now.source) != (before.id, before.source):
            break
        same.add(now.id)
    return same
