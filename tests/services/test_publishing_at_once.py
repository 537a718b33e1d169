"""Two publishers at the same moment: one wins, the other is told who and when, and no version is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connections

from apps_runtime.services.publishing import publishing
from projects.models import Publication, Version
from projects.services import drafts, notebooks, versions
from projects.services.versions import PublishedMeanwhile
from tests.cast import make_cast, published

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 50


@pytest.fixture
def cast(transactional_db):
    cast = make_cast()
    published(cast)
    return cast


def test_one_of_two_publishers_wins_every_time(cast):
    """Each edits a notebook of his own, previews it, and presses Publish at the same time as the other."""
    people = {"alice": cast.draft, "bob": notebooks.copy(draft=cast.draft, by=cast.bob)}
    for number in range(ROUNDS):
        live = Publication.objects.get().version
        candidates = {}
        for name, draft in people.items():
            cell = draft.notebook.cells[2].id
            text = f"print({name!r}, {number})"
            drafts.change(draft=draft, by=cast.people[name], edit=lambda n, c=cell, t=text: n.replace_source(c, t))
            candidates[name] = versions.save_version(draft=draft, reason=Version.Reason.PUBLISH, by=cast.people[name])
        outcomes = at_once(
            lambda name, of=candidates, live=live: publishing.publish(
                version=of[name], by=cast.people[name], replaces=live
            )
        )
        winners = [name for name, refused in outcomes.items() if refused is None]
        [loser] = set(outcomes) - set(winners)
        assert len(winners) == 1
        assert Publication.objects.get().version == candidates[winners[0]]
        assert outcomes[loser].startswith(f"{winners[0].capitalize()} published version")
        assert set(Version.objects.values_list("pk", flat=True)) >= {version.pk for version in candidates.values()}
    assert Version.objects.count() == 1 + 2 * ROUNDS


def test_versions_that_are_saved_at_once_have_numbers_of_their_own(cast):
    people = {"alice": cast.draft, "bob": notebooks.copy(draft=cast.draft, by=cast.bob)}
    for number in range(ROUNDS):
        for name, draft in people.items():
            cell = draft.notebook.cells[2].id
            drafts.change(
                draft=draft,
                by=cast.people[name],
                edit=lambda n, c=cell, t=f"print({number})": n.replace_source(c, t),
            )
        at_once(
            lambda name: versions.save_version(
                draft=people[name], reason=Version.Reason.AUTOMATIC, by=cast.people[name]
            )
        )
    numbers = sorted(Version.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 2 + 2 * ROUNDS))


def at_once(act) -> dict[str, str | None]:
    """alice and bob do it in threads that begin together; for each the sentence of the refusal, or None."""
    together = threading.Barrier(2, timeout=10)

    def attempt(name: str) -> str | None:
        close_old_connections()
        together.wait()
        try:
            act(name)
        except PublishedMeanwhile as refusal:
            return str(refusal)
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(2) as pool:
        found = {name: pool.submit(attempt, name) for name in ("alice", "bob")}
        return {name: future.result(30) for name, future in found.items()}
