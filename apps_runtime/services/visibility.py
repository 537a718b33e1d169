"""Which outputs a person may fetch."""

from django.db.models import Q, QuerySet

from apps_runtime.models import PublishedResults, RunCell, Session, SessionCell
from projects.models import Project
from projects.permissions import Action, Person, may


def may_see_output(person: Person, project: Project, digest: str) -> bool:
    """Whether some result of this project that `person` may look at holds the output.

    People who may read the notebook see every output of the project. A visitor sees those of shown cells in the
    published results and in app sessions: the digest names the content, so knowing it takes having seen it or having
    guessed 256 bits, and hidden cells' outputs are left out all the same.
    """
    needle = Q(outputs__icontains=digest)
    if may(person, project, Action.VIEW_NOTEBOOK):
        return (
            RunCell.objects.filter(needle, run__project=project).exists()
            or SessionCell.objects.filter(needle, session__project=project).exists()
        )
    published = PublishedResults.objects.filter(publication__project=project).select_related("run__version").first()
    if published and _shown(RunCell.objects.filter(needle, run=published.run), published.run.version.notebook):
        return True
    sessions = Session.objects.filter(project=project, draft=None, cells__outputs__icontains=digest)
    for session in sessions.select_related("version").distinct()[:20]:
        if _shown(session.cells.filter(needle), session.version.notebook):
            return True
    return False


def _shown(cells: QuerySet, notebook) -> bool:
    """Whether one of these results belongs to a cell whose output the app shows."""
    for cell_id in cells.values_list("cell_id", flat=True):
        cell = notebook.cell(cell_id)
        if cell is not None and cell.show.cell and cell.show.output:
            return True
    return False
