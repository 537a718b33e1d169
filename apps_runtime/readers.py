"""What a reader may be told: the one door by which text, names and outputs leave (specs/security T2).

Pages, fragments, sockets, the API, links, notices, mails, files and pictures ask a Reader, or one of the functions
here; no view, consumer or endpoint decides for itself what App Only may see. Nothing here reads or writes a row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from apps_runtime.models import CellResult, Run
from apps_runtime.outputs import store
from apps_runtime.outputs.render import OutputContext
from apps_runtime.outputs.store import Output
from apps_runtime.session.reducer import NAMELESS
from apps_runtime.session.state import CellState, Note, Options
from projects.notebook.cells import Cell
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputSpec
from projects.notebook.reactivity import reasons
from projects.permissions import Action, Rights

Context = TypeVar("Context", bound=OutputContext)

# What of an output's metadata says how to draw it; the rest is the author's own.
DRAWING = frozenset({"alt", "width", "height", "isolated", "needs_background"})
NOTHING_TO_CHOOSE = "There is nothing to choose from at the moment."


@dataclass(frozen=True)
class Reader:
    """Who looks: what the person may do and see, and where outputs are fetched from. Equal readers see the same.

    `reads_notebook`: hidden cells are no secret to them; `sees_errors`: nor are tracebacks and standard error. `place`
    begins the ids of controls, where the page has others of the same inputs.
    """

    may_run: bool = False
    reads_notebook: bool = False
    sees_errors: bool = False
    outputs_url: str = ""
    place: str = ""

    def inputs(self, notebook: Notebook) -> tuple[InputSpec, ...]:
        """The inputs that exist for this reader: what they are told of, and what they may set, by whatever way."""
        return notebook.inputs if self.reads_notebook else _shown_inputs(notebook)

    def names(self, notebook: Notebook) -> frozenset[str]:
        """The variables of those inputs."""
        return frozenset(spec.name for spec in self.inputs(notebook))

    def values(self, notebook: Notebook, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of those inputs, of values by input name."""
        names = self.names(notebook)
        return {name: value for name, value in values.items() if self.reads_notebook or name in names}

    def options(self, found: Options | None) -> Options | None:
        """The options that a variable gave; what is wrong with it is said to its authors."""
        if found is None or not found.problem or self.sees_errors:
            return found
        return replace(found, problem="" if found.options else NOTHING_TO_CHOOSE)

    def notes(self, notebook: Notebook, notes: Iterable[Note]) -> list[str]:
        """The sentences of a session that are about nothing hidden."""
        names = self.names(notebook)
        return [note.sentence for note in notes if self.reads_notebook or not note.input or note.input in names]

    def why(self, notebook: Notebook, sentence: str) -> str:
        """Why a cell is what it is; without the names and cells that only the notebook's readers know."""
        return sentence if self.reads_notebook else reasons.for_viewers(sentence, self.names(notebook), NAMELESS)

    def sees_errors_of(self, notebook: Notebook, cell_id: str) -> bool:
        """Whether the error of this cell is told in its own words, and its standard error with it."""
        return self.sees_errors or (notebook.settings.show_errors and shows_output(notebook, cell_id))

    def context(self, outputs_url: str = "", *, kind: type[Context] = OutputContext, **where: Any) -> Context:
        """For drawing outputs for this reader wherever errors are not the app's own matter (authors' pages, files)."""
        return kind(outputs_url=outputs_url or self.outputs_url, show_errors=self.sees_errors, **where)

    def context_in_app(self, notebook: Notebook, result: CellResult) -> OutputContext:
        """For drawing the outputs of a cell as the app shows it to this reader."""
        sees_errors = self.sees_errors_of(notebook, result.cell_id)
        return OutputContext(outputs_url=self.outputs_url, show_errors=sees_errors, error_id=result.error_id)

    def outputs(self, notebook: Notebook, result: CellResult) -> list[Output] | None:
        """The outputs of a cell as nbformat has them; None where they are hidden from this reader. Raises BlobMissing.

        Viewers get no errors, no standard error and nothing of what authors wrote into the metadata.
        """
        if not self.reads_notebook and not shows_output(notebook, result.cell_id):
            return None
        sees_errors = self.sees_errors_of(notebook, result.cell_id)
        kept = [output for output in result.outputs if sees_errors or not _is_error(output)]
        return [output if self.reads_notebook else _as_drawn(output) for output in store.load(kept)]

    def end_of_run(self, run: Run, notebook: Notebook, cells: Iterable[CellResult]) -> str:
        """Why a run ended. What Python said of a failed cell is for those who may read it; others get the number."""
        failed = next((cell for cell in cells if cell.state == CellState.FAILED), None)
        if failed is None or self.sees_errors_of(notebook, failed.cell_id):
            return run.why
        return could_not(failed.error_id)

    def may_fetch(self, notebook: Notebook | None, media_type: str) -> bool:
        """Whether bytes of this type, which a result for this reader holds, may be fetched: of standard error, which
        viewers are not shown, a digest is not enough. `notebook`: the published one."""
        if media_type != store.STDERR_TYPE or self.sees_errors:
            return True
        return notebook is not None and notebook.settings.show_errors


# Who reads the notebook, and who only looks at the app: what is not asked for somebody is answered for the second.
AUTHOR = Reader(reads_notebook=True, sees_errors=True)
VIEWER = Reader()


def reader_of(rights: Rights, outputs_url: str = "") -> Reader:
    return Reader(
        may_run=rights.may(Action.RUN_APP),
        reads_notebook=rights.may(Action.VIEW_NOTEBOOK),
        sees_errors=rights.may(Action.VIEW_TRACEBACK),
        outputs_url=outputs_url,
    )


# ---- What an app shows, whoever looks


def shows_output(notebook: Notebook, cell_id: str) -> bool:
    """Whether the app shows what this cell puts out."""
    if cell_id not in notebook:
        return False
    show = notebook.cell(cell_id).show
    return show.cell and show.output


def shows_code(notebook: Notebook, cell: Cell) -> bool:
    return cell.show.cell and cell.show.code and not notebook.settings.hide_code


def digests(notebook: Notebook, stored: Mapping[str, Sequence[Output]]) -> Iterator[str]:
    """Of outputs by cell, the digests of what viewers are sent addresses of: no hidden blocks, no traceback."""
    for cell_id, outputs in stored.items():
        if shows_output(notebook, cell_id):
            for reference in store.references(outputs):
                if reference["media_type"] != store.TRACEBACK_TYPE:
                    yield reference["sha256"]


def could_not(error_id: str) -> str:
    """What viewers are told of an error instead of its words; the page of the run has them behind the number."""
    number = f" Tell the authors the number {error_id} if it happens again." if error_id else ""
    return f"A part of this app could not be worked out.{number}"


def hidden_cells(notebook: Notebook, cell_ids: Iterable[str]) -> list[str]:
    """Those among them whose outcome no block of the app tells."""
    return [cell_id for cell_id in cell_ids if not shows_output(notebook, cell_id)]


def _shown_inputs(notebook: Notebook) -> tuple[InputSpec, ...]:
    return tuple(cell.input for cell in notebook.input_cells.values() if cell.input and cell.show.cell)


def _is_error(output: Output) -> bool:
    return output["output_type"] == "error" or output.get("name") == "stderr"


def _as_drawn(output: Output) -> Output:
    """Metadata about the whole output, or by media type, without what no page reads."""
    if "metadata" not in output:
        return output
    kept = {}
    for name, value in output["metadata"].items():
        if name in DRAWING:
            kept[name] = value
        elif name in output.get("data", {}) and isinstance(value, Mapping):
            kept[name] = {word: of for word, of in value.items() if word in DRAWING}
    return {**output, "metadata": kept}
