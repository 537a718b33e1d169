"""The analysis of a version is made once and stored: by content, and by the edition of the analysis."""

import pytest

from apps_runtime.models import VersionAnalysis
from apps_runtime.outputs.cache import BoundedCache
from apps_runtime.services.sessions import analyses
from projects import confined
from projects.models import Version
from projects.notebook.document import Show
from projects.notebook.reactivity.graph import CellSource, build
from projects.services import drafts, versions
from tests.cast import Cast, published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def another_process(monkeypatch):
    """`another_process()` forgets what this one has in memory."""

    def forget() -> None:
        monkeypatch.setattr(analyses, "_graphs", BoundedCache(1_000_000))

    forget()
    return forget


@pytest.fixture
def builds(monkeypatch) -> list[int]:
    """How many cells each analysis had to read."""
    counted: list[int] = []
    build = analyses._built
    monkeypatch.setattr(analyses, "_built", lambda cells: counted.append(len(cells)) or build(cells))
    return counted


def test_another_process_reads_what_the_first_one_found(cast: Cast, builds, another_process):
    version = published(cast).version
    first = analyses.of_version(version)
    another_process()
    assert analyses.of_version(version) == first
    assert len(builds) == 1
    row = VersionAnalysis.objects.get()
    assert row.version == version and row.edition == analyses.EDITION and str(row) == "Analysis of Version 1"


def test_a_version_that_differs_in_layout_only_shares_it(cast: Cast, builds):
    first = published(cast).version
    analyses.of_version(first)
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda notebook: notebook.set_show("other", Show(cell=False)))
    second = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.bob)
    assert second.digest != first.digest
    analyses.of_version(second)
    assert len(builds) == 1 and VersionAnalysis.objects.count() == 2


def test_another_edition_of_the_analysis_looks_again(cast: Cast, builds, another_process, monkeypatch):
    version = published(cast).version
    analyses.of_version(version)
    another_process()
    monkeypatch.setattr(analyses, "EDITION", "newer")
    analyses.of_version(version)
    assert len(builds) == 2
    assert VersionAnalysis.objects.get().edition == "newer"


def test_a_draft_leaves_nothing(cast: Cast, builds):
    analyses.of_draft(cast.draft.notebook)
    analyses.of_draft(cast.draft.notebook)
    assert len(builds) == 1 and not VersionAnalysis.objects.exists()


@pytest.mark.parametrize("error", [confined.OutOfBudget, confined.Failed, confined.Busy])
def test_what_cannot_be_analysed_may_do_anything_and_nothing_fails(cast: Cast, monkeypatch, another_process, error):
    version = published(cast).version
    asked = []

    def refuse(*arguments, **limits):
        asked.append(arguments)
        raise error("too much")

    monkeypatch.setattr(confined, "call", refuse)
    for graph in (analyses.of_version(version), analyses.of_draft(cast.draft.notebook)):
        assert {flow.opaque for node, flow in zip(graph.nodes, graph.flows, strict=True) if not node.input_name} == {
            "a text too long to be followed"
        }
    assert not VersionAnalysis.objects.exists()
    analyses.of_version(version)
    assert len(asked) == (3 if error is confined.Busy else 2), "only what may be better in a moment is tried again"


def test_graphs_are_kept_by_their_weight(cast: Cast, monkeypatch):
    light, heavy = (
        build([CellSource("a", source)]) for source in ("x = 1", "\n".join(f"v{i} = []" for i in range(900)))
    )
    assert light.weight < 10_000 < 40 * light.weight < heavy.weight
