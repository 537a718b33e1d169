"""Options that come from variables (specs/url-parameters, row 13): what is known of them."""

import json
from collections.abc import Iterable
from zlib import crc32

from apps_runtime.models import PublishedResults, Run
from apps_runtime.session.state import Options
from projects.models import Publication
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputSpec
from projects.notebook.reactivity.graph import Graph


def of_notebook(notebook: Notebook) -> tuple[InputSpec, ...]:
    """The inputs whose options a variable gives."""
    return tuple(spec for spec in notebook.inputs if spec.options_from)


def told_by(graph: Graph, cell_id: str, specs: Iterable[InputSpec]) -> list[InputSpec]:
    """Those whose variable this cell may set or change. One that can't be analysed may have set any."""
    names = graph.nodes[graph.position[cell_id]].names
    touched = names.writes | names.mutates.keys()
    return [spec for spec in specs if names.opaque or spec.options_from in touched]


def of_run(run: Run) -> dict[str, Options]:
    """What a run found, by input name."""
    return {name: Options(tuple(found["options"]), found["problem"]) for name, found in run.options.items()}


def shown_in(publication: Publication) -> dict[str, Options]:
    """Those of the results that the app shows."""
    shown = PublishedResults.objects.filter(publication=publication).select_related("run").first()
    return of_run(shown.run) if shown else {}


def mark(found: Options | None) -> str:
    """Another one for other options: tells a page that it shows old ones."""
    return f"{crc32(json.dumps([found.options, found.problem]).encode()):x}" if found else ""
