"""What a reader of an app is sent: an allowlist, built here and nowhere else, as `readers` says (specs/security T2).

Hidden cells, hidden code and hidden outputs are left out before any template sees them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.safestring import SafeString

from apps_runtime.models import CellResult
from apps_runtime.outputs.prose import Heading, headings, highlight_python, render_markdown
from apps_runtime.outputs.render import render_outputs
from apps_runtime.readers import Reader, shows_code
from apps_runtime.services.runs.facts import value_words
from apps_runtime.services.sessions.options import mark
from apps_runtime.session.state import CellState, Options, State
from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.inputs import InputSpec
from projects.notebook.layout.layout import head_of, pages

# What ids of controls begin with in the publish dialogue: the notebook below it has the same inputs.
PREVIEW = "preview-"


@dataclass(frozen=True)
class Control:
    """An input as the reader meets it.

    `found` are the options that a variable gave; None: not known yet, or none of a variable.
    `place` keeps apart two controls of one input on a page, such as the app's and a dialogue's.
    """

    spec: InputSpec
    value: Any
    by: str = ""
    disabled: bool = False
    found: Options | None = None
    place: str = ""

    @property
    def options(self) -> Sequence[Any] | None:
        return self.found.options if self.found else None

    @property
    def problem(self) -> str:
        return self.found.problem if self.found else ""

    @property
    def id(self) -> str:
        return f"{self.place}input-{self.spec.name}"

    @property
    def field_id(self) -> str:
        return f"{self.place}field-{self.spec.name}"

    @property
    def options_mark(self) -> str:
        """Another one for other options: tells a page that it shows old ones."""
        return mark(self.found)


@dataclass(frozen=True)
class LatestChange:
    """What somebody did last in a shared session, in words."""

    by: str
    account: str
    title: str
    words: str


def latest_change(notebook: Notebook, state: State, reader: Reader, *, shared: bool) -> LatestChange | None:
    """Whose change the last one was; None in a session of one's own, and where it was of an input that is hidden."""
    name, account = state.latest
    spec = next((spec for spec in reader.inputs(notebook) if spec.name == name), None)
    by = state.by.get(name, "")
    if not shared or spec is None or not by:
        return None
    value = state.shown_values.get(spec.name)
    if spec.kind.takes_upload and value:
        value = str(value).rpartition("/")[2]
    return LatestChange(by, account, spec.title, value_words(value))


@dataclass(frozen=True)
class Block:
    """One cell of the app. `html` is safe: it comes from the output renderer."""

    id: str
    kind: str
    state: str = ""
    why: str = ""
    label: str = ""
    seconds: float | None = None
    control: Control | None = None
    prose: SafeString | None = None
    code: SafeString | None = None
    outputs: SafeString | None = None
    span: int = 12
    nth: int = 1
    sequence: int = 0


@dataclass(frozen=True)
class BlockRow:
    """Blocks next to each other. `inputs` rows are one grid of controls; `columns` are as wide as the author said."""

    blocks: tuple[Block, ...]
    placed: bool = False

    @property
    def kind(self) -> str:
        if not self.placed and self.blocks[0].kind == "input":
            return "inputs"
        return "columns" if len(self.blocks) > 1 or self.blocks[0].kind == "input" else "block"


@dataclass(frozen=True)
class PageTab:
    id: str
    title: str
    rows: tuple[BlockRow, ...]


@dataclass(frozen=True)
class AppPage:
    """The whole app for one reader. `lead` is prose under the title; `contents` the headings of what is shown."""

    title: str
    lead: SafeString | None
    description: str
    tabs: tuple[PageTab, ...]
    contents: tuple[Heading, ...]
    full_width: bool


def app_page(
    *,
    notebook: Notebook,
    title: str,
    results: Mapping[str, CellResult],
    values: Mapping[str, Any],
    by: Mapping[str, str],
    whys: Mapping[str, str],
    reader: Reader,
    options: Mapping[str, Options] | None = None,
) -> AppPage:
    """The app as `reader` sees it, with the outputs in `results` (cell id → row)."""
    settings = notebook.settings
    shown = [cell for cell in notebook.cells if cell.show.cell and cell.kind is not CellKind.RAW]
    title, lead = _head(notebook, settings.title or title)
    head = head_of(notebook)
    shown = [cell for cell in shown if cell is not head]
    blocks = {}
    for cell in shown:
        block = cell_block(
            notebook=notebook,
            cell=cell,
            result=results.get(cell.id),
            values=values,
            by=by,
            why=whys.get(cell.id, ""),
            reader=reader,
            options=options,
        )
        if block is not None:
            blocks[cell.id] = block
    contents = (
        tuple(
            heading
            for cell in shown
            if cell.kind is CellKind.MARKDOWN
            for heading in headings(cell.source, prefix=f"{cell.id}-")
        )
        if settings.table_of_contents
        else ()
    )
    return AppPage(
        title=title,
        lead=lead,
        description=settings.description,
        tabs=_tabs(notebook, blocks),
        contents=contents,
        full_width=settings.full_width,
    )


def cell_block(
    *,
    notebook: Notebook,
    cell: Cell,
    result: CellResult | None,
    values: Mapping[str, Any],
    by: Mapping[str, str],
    why: str,
    reader: Reader,
    options: Mapping[str, Options] | None = None,
) -> Block | None:
    """One cell as `reader` sees it; None when nothing of it is shown."""
    if not cell.show.cell:
        return None
    why = reader.why(notebook, why)
    match cell.kind:
        case CellKind.INPUT:
            spec = cell.input
            control = Control(
                spec,
                values.get(spec.name),
                by.get(spec.name, ""),
                disabled=not reader.may_run,
                found=reader.options((options or {}).get(spec.name)),
                place=reader.place,
            )
            return Block(id=cell.id, kind="input", control=control)
        case CellKind.MARKDOWN:
            return Block(
                id=cell.id, kind="markdown", prose=render_markdown(cell.source, cell.attachments, prefix=f"{cell.id}-")
            )
        case CellKind.CODE:
            code = highlight_python(cell.source) if shows_code(notebook, cell) else None
            outputs = _outputs(notebook, result, reader) if cell.show.output and result else None
            if code is None and outputs is None:
                return None if not cell.show.output else _waiting(cell, result, why)
            return Block(
                id=cell.id,
                kind="code",
                state=_state(result),
                why=why,
                seconds=result.seconds if result else None,
                code=code,
                outputs=outputs,
                sequence=result.sequence if result else 0,
            )
    return None


def _waiting(cell: Cell, result: CellResult | None, why: str) -> Block:
    """A place for outputs that are not there: kept in the page so that a fragment can fill it."""
    return Block(id=cell.id, kind="code", state=_state(result), why=why, sequence=result.sequence if result else 0)


def _state(result: CellResult | None) -> str:
    return "" if result is None or result.state in (CellState.IDLE, CellState.SKIPPED) else result.state


def _outputs(notebook: Notebook, result: CellResult, reader: Reader) -> SafeString | None:
    if not result.outputs:
        return None
    return render_outputs(result.outputs, context=reader.context_in_app(notebook, result))


def _head(notebook: Notebook, title: str) -> tuple[str, SafeString | None]:
    """A notebook that opens with a heading of its own has said its title already: that text becomes the head."""
    cell = head_of(notebook)
    if cell is None:
        return title, None
    first, _, rest = cell.source.lstrip().partition("\n")
    lead = render_markdown(rest, cell.attachments) if rest.strip() else None
    return first[2:].strip(" #"), lead


def _tabs(notebook: Notebook, blocks: Mapping[str, Block]) -> tuple[PageTab, ...]:
    """The blocks on their pages. `nth` is a block's place among those of its row in the order of the notebook, which
    is how they stand on a phone."""
    found = []
    for page in pages(notebook, blocks):
        rows = []
        for row in page.rows:
            stacked = sorted(row.cells, key=notebook.position)
            slots = [replace(blocks[slot.cell], span=slot.span, nth=stacked.index(slot.cell) + 1) for slot in row.slots]
            rows.append(BlockRow(tuple(slots), placed=row.placed))
        found.append(PageTab(page.tab.id, page.tab.title, tuple(rows)))
    return tuple(found)
