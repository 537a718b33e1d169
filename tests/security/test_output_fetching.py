"""A digest is no key: who may fetch which output (specs/permissions, notes 5 and 6)."""

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from apps_runtime.models import BlobUse, Run, Session
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs
from apps_runtime.services.sessions import sessions
from projects.levels import Level
from projects.models import Project, User, Version
from projects.notebook.document import Show
from projects.services import drafts, versions
from sharing.services import grants
from tests.cast import Cast, make_cast, published
from tests.security.world import chart

pytestmark = pytest.mark.django_db

TRACEBACK = {
    "output_type": "error",
    "ename": "ValueError",
    "evalue": "a",
    "traceback": [f"Cell In[1], line {number}\n----> 1 secret_{number}()" for number in range(200)],
}


@pytest.fixture
def cast(db) -> Cast:
    cast = make_cast()
    hidden = Show(cell=True, code=False, output=False)
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda notebook: notebook.set_show("other", hidden))
    return cast


def digest_after(cast: Cast, act) -> str:
    """The one digest that `act` adds to what is known of the project."""
    before = set(BlobUse.objects.filter(project=cast.project).values_list("blob_id", flat=True))
    act()
    after = set(BlobUse.objects.filter(project=cast.project).values_list("blob_id", flat=True))
    (digest,) = after - before
    return digest


def status(cast: Cast, who: User | None, digest: str, client: Client | None = None) -> int:
    client = client or Client()
    if who:
        client.force_login(who)
    answers = {
        client.get(reverse(name, args=[cast.workspace.slug, cast.project.pk, digest])).status_code
        for name in ("output", "output-frame")
    }
    (answer,) = answers
    return answer


def of_draft(cast: Cast) -> str:
    session = sessions.of_draft(draft=cast.draft)
    return digest_after(cast, lambda: sessions.submit(session.pk, results={"squares": {"outputs": [chart("draft")]}}))


def of_app(cast: Cast, *, owner: User | None, visitor: str = "", cell: str = "squares") -> tuple[Session, str]:
    version = cast.project.publication.version
    session = sessions.open_app(version=version, person=owner, visitor=visitor, values={})
    outputs = [chart(f"of {session.pk}")]
    return session, digest_after(cast, lambda: sessions.submit(session.pk, results={cell: {"outputs": outputs}}))


def test_carol_lowered_to_app_only_cannot_fetch_the_draft_output_she_saw(cast):
    published(cast)
    digest = of_draft(cast)
    assert status(cast, cast.carol, digest) == 200
    grants.grant(project=cast.project, to=cast.carol, level=Level.APP_ONLY, by=cast.alice)
    assert status(cast, cast.carol, digest) == 404
    assert status(cast, cast.dave, digest) == 404


def test_the_outputs_of_a_preview_are_the_authors_until_it_is_published(cast):
    published(cast)
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda notebook: notebook.set_show("other", Show()))
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=cast.alice)
    run = runs.start(version=version, trigger=Run.Trigger.PREVIEW, by=cast.alice)
    run = runs.claim(run_id=str(run.pk), worker="test", now=run.created_at)
    digest = digest_after(cast, lambda: runs.record(run=run, cells={"squares": {"outputs": [chart("new")]}}))
    assert (status(cast, cast.carol, digest), status(cast, cast.dave, digest)) == (200, 404)
    runs.finish(run=run, state=Run.State.DONE)
    assert status(cast, cast.dave, digest) == 404
    publishing.publish(version=version, by=cast.alice, checked=False)
    assert status(cast, cast.dave, digest) == 200


def test_of_the_app_hidden_outputs_and_tracebacks_are_the_authors(cast):
    published(cast, outputs={"other": [chart("hidden")], "squares": [chart("shown"), TRACEBACK]})
    statuses = {
        use.blob.media_type + use.blob_id: status(cast, cast.dave, use.blob_id)
        for use in BlobUse.objects.filter(project=cast.project, blob__media_type="text/html").select_related("blob")
    }
    assert sorted(statuses.values()) == [200, 404]
    traceback = BlobUse.objects.filter(blob__media_type__contains="traceback").values_list("blob_id", flat=True)[0]
    address = reverse("output", args=[cast.workspace.slug, cast.project.pk, traceback])
    client = Client()
    client.force_login(cast.dave)
    assert client.get(address).status_code == 404
    client.force_login(cast.carol)
    assert client.get(address).status_code == 200


def test_what_the_app_showed_before_is_still_there_for_pages_that_are_open(cast):
    published(cast, outputs={"squares": [chart("first")]})
    digest = BlobUse.objects.filter(shown_to=BlobUse.Audience.APP).values_list("blob_id", flat=True)[0]
    published(cast, outputs={"squares": [chart("second")]})
    assert status(cast, cast.dave, digest) == 200


def test_an_output_of_a_session_is_of_those_who_are_in_it(cast):
    published(cast)
    session, digest = of_app(cast, owner=cast.dave)
    assert status(cast, cast.dave, digest) == 200
    assert status(cast, cast.alice, digest) == 404, "Full Access is no way into somebody's session"
    assert status(cast, cast.bob, digest) == 404
    sessions.share(session=session)
    assert status(cast, cast.bob, digest) == 200
    assert status(cast, cast.mallory, digest) == 404


def test_a_strangers_session_is_found_by_the_strangers_own_key(cast):
    published(cast)
    cast.project.visibility = Project.Visibility.LINK
    cast.project.save()
    stranger, another = Client(), Client()
    stranger.get(cast.project.app_url)
    another.get(cast.project.app_url)
    _, digest = of_app(cast, owner=None, visitor=stranger.session["visitor"])
    assert status(cast, None, digest, stranger) == 200
    assert status(cast, None, digest, another) == 404
    assert status(cast, None, digest, Client()) == 404


def test_what_a_session_made_in_a_hidden_block_has_no_address(cast):
    published(cast)
    session = sessions.open_app(version=cast.project.publication.version, person=cast.dave, visitor="", values={})
    sessions.submit(session.pk, results={"other": {"outputs": [chart("hidden")]}})
    assert not BlobUse.objects.filter(session=session).exists()


def test_an_installation_that_had_one_audience_for_all_keeps_showing_its_apps(cast):
    """The migration: what apps and their sessions show is theirs, the rest is the authors'."""
    published(cast, outputs={"other": [chart("hidden")], "squares": [chart("shown"), TRACEBACK]})
    of_app(cast, owner=cast.dave)
    of_draft(cast)

    def told() -> set:
        rows = BlobUse.objects.exclude(shown_to=BlobUse.Audience.AUTHORS)
        return set(rows.values_list("blob_id", "shown_to", "session_id"))

    before = told()
    assert len(before) == 2
    BlobUse.objects.exclude(shown_to=BlobUse.Audience.AUTHORS).delete()
    import_module("apps_runtime.migrations.0007_blob_uses_by_audience").say_whom_they_are_shown_to(apps, None)
    assert told() >= before
