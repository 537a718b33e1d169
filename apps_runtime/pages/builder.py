"""The App view of the notebook page: the app as viewers will see it, and what an author needs to arrange it."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import re2

from apps_runtime.models import Session
from apps_runtime.pages import fragments
from apps_runtime.pages.app import AppPage, Block, app_page
from apps_runtime.pages.app import BlockRow as AppRow
from apps_runtime.pages.notebook import Author, shown_values
from apps_runtime.pages.progress import Progress, of_session
from apps_runtime.session.state import State
from projects.models import Draft, Project
from projects.notebook.difference.fields import show_in_words
from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.layout.layout import LEAST_SPAN, LONGEST_WORDS, evenly, head_of, in_app, words_of
from projects.services import cells

# A heading in what a block shows, or strong words that it begins with. With re2: an author's markup is in it.
_HEADING = re2.compile(
    r"(?s)(?:<h[1-6][^>]*>|\A\s*(?:<(?:div|section|figure|figcaption|header|p)\b[^>]*>\s*)+<strong[^>]*>)(.*?)</(?:h[1-6]|strong)>"
)
_TAG = re2.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Placed:
    """A block on the stage. `span`: of 12 columns; `border`: how far the border at its left can move, where it has
    one."""

    block: Block
    cell: Cell
    number: int | None
    words: str
    shows: str
    span: int
    border: "Border | None" = None

    @property
    def mark(self) -> str:
        """Names all that the block shows: a page that has it keeps the one it shows."""
        return f"{cells.mark(self.cell)}.{self.block.sequence}.{self.block.state}"

    @property
    def icon(self) -> str:
        return icon_of(self.cell)


@dataclass(frozen=True)
class Border:
    """The line between a block and its left neighbour: the neighbour's width, and what both have together."""

    cell: str
    words: str
    now: int
    both: int

    @property
    def least(self) -> int:
        return LEAST_SPAN

    @property
    def most(self) -> int:
        return self.both - LEAST_SPAN


@dataclass(frozen=True)
class StageRow:
    number: int
    placed: tuple[Placed, ...]


@dataclass(frozen=True)
class StageTab:
    id: str
    title: str
    rows: tuple[StageRow, ...]

    @property
    def blocks(self) -> list[Placed]:
        return [placed for row in self.rows for placed in row.placed]


@dataclass(frozen=True)
class Aside:
    """A cell that is not in the app, and why."""

    cell: Cell
    words: str
    why: str


class BuilderPage:
    """The app of a draft, drawn for somebody who may read the notebook: nothing is there that viewers would not get,
    but for `aside`."""

    def __init__(self, *, project: Project, draft: Draft, session: Session, author: Author) -> None:
        self.project, self.draft, self.session, self.author = project, draft, session, author
        self.notebook: Notebook = draft.notebook
        self.state = State.from_json(session.state)
        self.numbers: Mapping[str, int] = _numbers(self.notebook)

    @cached_property
    def app(self) -> AppPage:
        return app_page(
            notebook=self.notebook,
            title=self.project.title,
            results={row.cell_id: row for row in self.session.cells.all()},
            values=shown_values(self.notebook, self.state),
            by=self.state.by,
            whys={cell.id: cell.why for cell in self.state.cells},
            reader=fragments.draft_reader(self.project, may_run=self.author.runs),
            options=self.state.options,
        )

    @cached_property
    def tabs(self) -> tuple[StageTab, ...]:
        found = []
        for tab in self.app.tabs:
            rows = tuple(self._row(number, row) for number, row in enumerate(tab.rows, 1))
            found.append(StageTab(tab.id, tab.title, rows))
        return tuple(found)

    @cached_property
    def aside(self) -> list[Aside]:
        """What viewers get nothing of, in the order of the notebook."""
        here = {cell.id for cell in in_app(self.notebook)} | {cell.id for cell in [head_of(self.notebook)] if cell}
        return [
            Aside(cell, words_of(cell), self._why(cell))
            for cell in self.notebook.cells
            if cell.id not in here and cell.kind is not CellKind.RAW and (cell.source.strip() or cell.input)
        ]

    @property
    def has_tabs(self) -> bool:
        return bool(self.notebook.settings.tabs)

    @property
    def progress(self) -> Progress:
        return of_session(self.session, self.state)

    def _row(self, number: int, row: AppRow) -> StageRow:
        blocks = row.blocks
        spans = [block.span for block in blocks]
        if not row.placed:
            spans = (
                [slot.span for slot in evenly([block.id for block in blocks])]
                if len(blocks) <= 4
                else [3] * len(blocks)
            )
        placed = []
        for place, (block, span) in enumerate(zip(blocks, spans, strict=True)):
            border = None
            if place and (row.placed or len(blocks) <= 4):
                left = blocks[place - 1].id
                border = Border(left, self._words(left), spans[place - 1], spans[place - 1] + span)
            cell = self.notebook.cell(block.id)
            words = self._words(cell.id)
            placed.append(Placed(block, cell, self.numbers.get(cell.id), words, show_in_words(cell), span, border))
        return StageRow(number, tuple(placed))

    def _words(self, cell_id: str) -> str:
        """What a block is called: the heading that it shows, else what its cell is called."""
        shown = self.outputs.get(cell_id)
        heading = _HEADING.search(shown) if shown else None
        words = html.unescape(_TAG.sub("", heading[1])).strip() if heading else ""
        return words[:LONGEST_WORDS] or words_of(self.notebook.cell(cell_id))

    @cached_property
    def outputs(self) -> Mapping[str, str | None]:
        return {block.id: block.outputs for tab in self.app.tabs for row in tab.rows for block in row.blocks}

    def _why(self, cell: Cell) -> str:
        kind = {CellKind.MARKDOWN: "Text", CellKind.INPUT: "Input"}.get(
            cell.kind, f"Cell {self.numbers.get(cell.id, 0)}"
        )
        if cell.show.cell:
            return f"{kind}, code only, and all code is hidden" if cell.show.code else f"{kind}, shows nothing"
        return kind if cell.kind is CellKind.MARKDOWN else f"{kind}, hidden"


def icon_of(cell: Cell) -> str:
    match cell.kind:
        case CellKind.INPUT:
            return "sliders"
        case CellKind.MARKDOWN:
            return "text"
        case _:
            return "chart"


def _numbers(notebook: Notebook) -> dict[str, int]:
    running = [cell.id for cell in notebook.cells if cell.kind.runs]
    return {identity: number for number, identity in enumerate(running, 1)}
