"""What an audience would receive: said before the app is opened to it, counted from what is published."""

from dataclasses import dataclass

from django.conf import settings

from projects.models import Project
from projects.notebook.cells import CellKind
from projects.services import files


@dataclass(frozen=True)
class Reach:
    """Counts of blocks and files of an app. Where nothing is published, of the draft: what publishing would give.

    `shown_code`: cells whose code is part of the app. `hidden`: cells that are never sent, or whose output is not.
    """

    published: bool
    shown: int
    shown_code: int
    hidden: int
    inputs: int
    files: int
    kept_back: int
    more_files: bool
    viewers_run: bool
    strangers_run: bool


def of(project: Project) -> Reach:
    publication = getattr(project, "publication", None)
    draft = project.app_draft
    notebook = publication.version.notebook if publication else draft.notebook
    drawn = [cell for cell in notebook.cells if cell.kind is not CellKind.RAW]
    shown = [cell for cell in drawn if cell.show.cell]
    code = [cell for cell in shown if cell.kind is CellKind.CODE]
    counted = files.contents(project)
    settings_of_app = notebook.settings
    return Reach(
        published=publication is not None,
        shown=len(shown),
        shown_code=0 if settings_of_app.hide_code else sum(cell.show.code for cell in code),
        hidden=len(drawn) - len(shown) + sum(not cell.show.output for cell in code),
        inputs=sum(cell.input is not None for cell in shown),
        files=counted.reachable,
        kept_back=counted.files - counted.reachable,
        more_files=counted.more,
        viewers_run=settings_of_app.viewers_run,
        strangers_run=settings_of_app.viewers_run and settings.HEXLITE_ALLOW_ANONYMOUS_RUN,
    )
