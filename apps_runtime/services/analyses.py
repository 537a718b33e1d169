"""The dependency graph of a notebook. A version's is made once and stored; a draft's is made for each text of it."""

import hashlib
import json
from dataclasses import astuple
from functools import lru_cache
from typing import Any

from django.utils import timezone

from apps_runtime.models import Session, VersionAnalysis
from projects.models import Version
from projects.notebook.analysis.edition import EDITION
from projects.notebook.dataflow import CellSource, Graph, build
from projects.notebook.document import Notebook
from projects.notebook.sources import sources_of

KEPT = 256  # graphs in memory: the same text is asked about at every change of an input


def of_session(session: Session) -> Graph:
    return of_draft(session.notebook) if session.is_draft else of_version(session.version)


def of_draft(notebook: Notebook) -> Graph:
    return _built(sources_of(notebook))


def of_version(version: Version) -> Graph:
    """Stored by whoever asks first: the worker that plays its preview, for all that follow."""
    return _of_version(version.pk, sources_of(version.notebook))


@lru_cache(maxsize=KEPT)
def _built(cells: tuple[CellSource, ...]) -> Graph:
    return build(cells)


@lru_cache(maxsize=KEPT)
def _of_version(version_id: object, cells: tuple[CellSource, ...]) -> Graph:
    content = _digest(cells)
    known = VersionAnalysis.objects.filter(content=content, edition=EDITION)
    stored: Any = known.filter(version=version_id).values_list("graph", flat=True).first()
    if stored is not None:
        return Graph.from_json(stored)
    stored = known.values_list("graph", flat=True).first()  # of a version that differs in words or layout
    graph = build(cells) if stored is None else Graph.from_json(stored)
    # One statement, so that two workers who come at once agree.
    VersionAnalysis.objects.bulk_create(
        [
            VersionAnalysis(
                version_id=version_id, edition=EDITION, content=content, graph=graph.to_json(), made_at=timezone.now()
            )
        ],
        update_conflicts=True,
        unique_fields=["version"],
        update_fields=["edition", "content", "graph", "made_at"],
    )
    return graph


def _digest(cells: tuple[CellSource, ...]) -> str:
    text = json.dumps([astuple(cell) for cell in cells])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
