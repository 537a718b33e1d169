"""What the notebook page shows: the draft's cells with what they did last in its live session."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Min
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from apps_runtime.models import Session, SessionCell
from apps_runtime.outputs.prose import Heading, headings, highlight_python, render_markdown
from apps_runtime.outputs.render import render_outputs
from apps_runtime.pages import fragments
from apps_runtime.pages.app import Control
from apps_runtime.pages.progress import Progress, of_session
from apps_runtime.readers import AUTHOR
from apps_runtime.services.sessions import analyses
from apps_runtime.session.state import CellState, CellStatus, State
from projects.models import Project
from projects.notebook import inputs
from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.files.parameters import PARAMETERS_TAG, Offer, offers_of
from projects.permissions import Action, Person, rights_of
from projects.services import cells
from projects.services.drafts import source_digest

# The id of a cell that only exists in the page's templates.
NEW = "new"


@dataclass(frozen=True)
class Author:
    """What the person at the page may do. People with Can View read it: no editing, no runs."""

    edits: bool
    runs: bool
    publishes: bool
    shares: bool
    renames: bool

    @classmethod
    def of(cls, person: Person, project: Project) -> "Author":
        rights = rights_of(person, project)
        return cls(
            edits=rights.may(Action.EDIT),
            runs=rights.may(Action.RUN_NOTEBOOK),
            publishes=rights.may(Action.PUBLISH),
            shares=rights.may(Action.VIEW_ACCESS),
            renames=rights.may(Action.RENAME),
        )


@dataclass(frozen=True)
class CellView:
    """One cell as the page draws it. `number` counts the cells that run; `html` parts are safe."""

    cell: Cell
    number: int | None
    result: SessionCell | None
    status: CellStatus | None
    outputs: SafeString | None = None
    prose: SafeString | None = None
    code: SafeString | None = None
    control: Control | None = None
    offers: Sequence[Offer] = ()

    @property
    def offered(self) -> list[str]:
        """Variables of a `parameters` cell that can become inputs."""
        return [offer.name for offer in self.offers if offer.spec]

    @property
    def base(self) -> str:
        """Digest of the text, which edits begin from."""
        return source_digest(self.cell.source)

    @property
    def mark(self) -> str:
        return cells.mark(self.cell)

    @property
    def state(self) -> str:
        return self.status.state.value if self.status else (CellState.IDLE.value if self.cell.kind.runs else "")

    @property
    def name(self) -> str:
        """What a screen reader calls it, without its state and number."""
        match self.cell.kind:
            case CellKind.INPUT:
                return f"Input cell: {self.cell.input.title}" if self.cell.input else "Input cell"
            case CellKind.MARKDOWN:
                return "Text cell"
            case CellKind.RAW:
                return "Raw cell"
            case CellKind.CODE:
                return "Code cell"

    @property
    def always_runs(self) -> bool:
        return cells.ALWAYS_RUN in self.cell.tags


@dataclass(frozen=True)
class Content:
    """A heading of the contents, and the cell it is in."""

    heading: Heading
    cell_id: str


class NotebookPage:
    """The cells of a draft, drawn for somebody who may read it."""

    def __init__(self, *, project: Project, notebook: Notebook, session: Session, author: Author) -> None:
        self.notebook, self.session, self.author = notebook, session, author
        self.project = project
        self.state = State.from_json(session.state)
        self.statuses = {status.id: status for status in self.state.cells}
        self.values = shown_values(notebook, self.state)
        self.outputs_url = fragments.outputs_url(project)

    def views(self, only: set[str] | None = None) -> list[CellView]:
        """The cells in order; `only` these, with the numbers they have among all."""
        rows = self.session.cells.all() if only is None else self.session.cells.filter(cell_id__in=only)
        results = {row.cell_id: row for row in rows}
        found, number = [], 0
        for cell in self.notebook.cells:
            number += cell.kind.runs
            if only is None or cell.id in only:
                found.append(self._view(cell, number if cell.kind.runs else None, results.get(cell.id)))
        return found

    def progress(self) -> Progress:
        """How far the run is that goes on, with the time its first cell started."""
        progress = of_session(self.session, self.state)
        if not progress.is_busy:
            return progress
        played = [cell.id for cell in self.state.cells if cell.id in self.state.plan and cell.state != CellState.QUEUED]
        began = self.session.cells.filter(cell_id__in=played).aggregate(Min("started_at"))["started_at__min"]
        return replace(progress, since=began)

    def blank_views(self) -> list[CellView]:
        """An empty cell of each kind that a page can make without asking: it is on the screen at once."""
        kinds = (CellKind.CODE, CellKind.MARKDOWN, CellKind.RAW)
        return [self._view(Cell(NEW, kind), 1 if kind.runs else None, None) for kind in kinds]

    def contents(self) -> list[Content]:
        return [
            Content(heading, cell.id)
            for cell in self.notebook.cells
            if cell.kind is CellKind.MARKDOWN
            for heading in headings(cell.source, prefix=_prefix(cell))
        ]

    def users_of(self, cell: Cell) -> list[CellView] | None:
        """The cells that run when an input changes, directly and by way of others; None for what is no input."""
        if cell.input is None:
            return None
        below: dict[str, list[str]] = {}
        for edge in analyses.of_draft(self.notebook).edges:
            below.setdefault(edge.source, []).append(edge.target)
        found, waiting = set(), [cell.id]
        while waiting:
            new = [target for target in below.get(waiting.pop(), ()) if target not in found]
            found.update(new)
            waiting += new
        return self.views(found)

    def cell_html(self, view: CellView) -> str:
        return render_to_string("notebook/cell.html", {"view": view, "author": self.author, "project": self.project})

    def _view(self, cell: Cell, number: int | None, result: SessionCell | None) -> CellView:
        status = self.statuses.get(cell.id)
        match cell.kind:
            case CellKind.MARKDOWN:
                prose = render_markdown(cell.source, cell.attachments, prefix=_prefix(cell))
                return CellView(cell, number, None, None, prose=prose)
            case CellKind.INPUT if cell.input is not None:
                control = Control(
                    cell.input,
                    self.values[cell.input.name],
                    "",  # By whom is said in apps, not here.
                    disabled=not self.author.runs,
                    found=self.state.options.get(cell.input.name),
                )
                return CellView(cell, number, result, status, control=control)
            case CellKind.CODE:
                return CellView(
                    cell,
                    number,
                    result,
                    status,
                    outputs=self._outputs(result),
                    code=highlight_python(cell.source),
                    offers=offers_of(self.notebook, cell.id) if PARAMETERS_TAG in cell.tags else (),
                )
            case _:
                return CellView(cell, number, None, None)

    def _outputs(self, result: SessionCell | None) -> SafeString | None:
        if result is None or not result.outputs:
            return None
        context = AUTHOR.context(self.outputs_url, error_id=result.error_id, density="compact")
        return render_outputs(result.outputs, context=context)


def _prefix(cell: Cell) -> str:
    """What anchors of a text begin with: the same heading may stand in two cells."""
    return f"in-{cell.id}"


def shown_values(notebook: Notebook, state: State) -> dict[str, Any]:
    """Every input's value in the session. One that the input does not take any more, because its settings were
    edited, gives way to the default."""
    known = {spec.name: state.shown_values[spec.name] for spec in notebook.inputs if spec.name in state.values}
    parsed = inputs.parse_values(notebook.inputs, known, {}, timezone.now(), state.known_options)
    return {**parsed.values, **parsed.held}
