"""The dependency graph of a notebook, worked out in a confined process and kept by content, while there is room.

A version's is made once and stored; a draft's is made for each text of it.
"""

import hashlib
import json
import logging
from dataclasses import astuple
from typing import Any

from django.utils import timezone

from apps_runtime.models import Session, VersionAnalysis
from apps_runtime.outputs.cache import BoundedCache
from projects import confined
from projects.models import Version
from projects.notebook.analysis.analysis_version import EDITION
from projects.notebook.document import Notebook
from projects.notebook.reactivity import graph as dataflow
from projects.notebook.reactivity.graph import CellSource, Graph
from projects.notebook.reactivity.sources import sources_of

SECONDS, MEGABYTES = 10.0, 512.0  # for one notebook; what is within `analysis.budget` takes less

logger = logging.getLogger(__name__)

# The same text is asked about at every change of an input.
_graphs: BoundedCache[Graph] = BoundedCache(256_000_000)


def of_session(session: Session) -> Graph:
    return of_draft(session.notebook) if session.is_draft else of_version(session.version)


def of_draft(notebook: Notebook) -> Graph:
    cells = sources_of(notebook)
    content = _digest(cells)
    found = _graphs.find(content)
    if found is not None:
        return found
    try:
        return _kept(content, _built(cells))
    except confined.NotDone as error:
        return _not_followed(content, cells, error)


def of_version(version: Version) -> Graph:
    """Stored by whoever asks first: the worker that plays its preview, for all that follow."""
    cells = sources_of(version.notebook)
    content = _digest(cells)
    key = (version.pk, content)
    found = _graphs.find(key)
    if found is not None:
        return found
    known = VersionAnalysis.objects.filter(content=content, edition=EDITION)
    stored: Any = known.filter(version=version.pk).values_list("graph", flat=True).first()
    if stored is not None:
        return _kept(key, Graph.from_json(stored))
    stored = known.values_list("graph", flat=True).first()  # of a version that differs in words or layout
    try:
        graph = _built(cells) if stored is None else Graph.from_json(stored)
    except confined.NotDone as error:
        return _not_followed(key, cells, error)
    # One statement, so that two workers who come at once agree.
    VersionAnalysis.objects.bulk_create(
        [
            VersionAnalysis(
                version_id=version.pk, edition=EDITION, content=content, graph=graph.to_json(), made_at=timezone.now()
            )
        ],
        update_conflicts=True,
        unique_fields=["version"],
        update_fields=["edition", "content", "graph", "made_at"],
    )
    return _kept(key, graph)


def _built(cells: tuple[CellSource, ...]) -> Graph:
    """Raises confined.NotDone."""
    return confined.call(dataflow.build, cells, seconds=SECONDS, megabytes=MEGABYTES)


def _not_followed(key: object, cells: tuple[CellSource, ...], error: confined.NotDone) -> Graph:
    """Nothing fails: every cell may read and change everything. It is kept here, not for others, unless the next
    attempt may succeed."""
    graph = dataflow.not_followed(cells)
    logger.warning("A notebook of %d cells is not analysed: %s", len(cells), error)
    return graph if isinstance(error, confined.Busy) else _kept(key, graph)


def _kept(key: object, graph: Graph) -> Graph:
    _graphs.keep(key, graph, weight=graph.weight)
    return graph


def _digest(cells: tuple[CellSource, ...]) -> str:
    text = json.dumps([astuple(cell) for cell in cells])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
