"""Version control: list, read, compare, name, revert and undo (specs/publishing, "Version control")."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from projects.models import Project, Publication, Version
from projects.services import drafts, projects, versions
from tests.cast import Cast, published
from tests.markup import flat

pytestmark = pytest.mark.django_db


def address(cast: Cast, name: str, *more: object) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *more])


def write(cast: Cast, source: str) -> None:
    drafts.change(draft=cast.draft, by=cast.bob, edit=lambda n: n.replace_source("other", source))


def saved(cast: Cast, source: str, note: str = "") -> Version:
    write(cast, source)
    return versions.save_version(draft=cast.draft, reason=Version.Reason.NAMED, by=cast.bob, note=note)


def read(client, where: str, **query: object) -> str:
    response = client.get(where, query)
    assert response.status_code == 200
    return flat(response.content.decode())


@pytest.fixture
def bob(cast: Cast, client):
    client.force_login(cast.bob)
    return client


def test_the_list_says_number_time_who_note_and_what_is_published(cast: Cast, bob) -> None:
    published(cast)
    version = saved(cast, "print('two')", note="Dry spells, thanks Carol")
    versions.name_version(version=version, name="Before the new smoothing", by=cast.bob)
    page = read(bob, address(cast, "versions"))
    assert "Before the new smoothing" in page and "number 2" in page and "“Dry spells, thanks Carol”" in page
    assert f"{timezone.localtime(version.created_at):%H:%M}, number 2" in page
    assert 'aria-label="Bob"' in page and 'data-state="live">Published' in page


def test_what_was_published_goes_by_its_number_however_it_was_saved(cast: Cast, bob) -> None:
    write(cast, "x = 1")
    first = versions.save_version(draft=cast.draft, reason=Version.Reason.AUTOMATIC, by=cast.bob)
    assert "<span>Saved while editing</span>" in read(bob, address(cast, "versions"))
    versions.publish(version=first, by=cast.alice, checked=False)
    assert "<strong>Version 1</strong>" in read(bob, address(cast, "versions"))
    published(cast)
    listed = read(bob, address(cast, "versions"))
    assert "<strong>Version 1</strong>" in listed and "Saved while editing" not in listed


@pytest.mark.parametrize("name, below", [("versions", "versions/?to=1"), ("app-settings", "settings/?to=1")])
def test_whoever_goes_to_a_dialogue_sees_it_over_the_notebook(cast: Cast, bob, name: str, below: str) -> None:
    """A bookmark, or a link opened in a new tab."""
    saved(cast, "print('one')")
    response = bob.get(address(cast, name), {"to": "1"}, headers={"Accept": "text/html,*/*;q=0.8"}, follow=True)
    assert response.redirect_chain == [(f"{address(cast, 'notebook')}?{urlencode({'dialogue': below})}", 302)]
    assert f'data-opens="{address(cast, "notebook")}{below}"' in response.content.decode()


def test_only_dialogues_of_the_project_are_opened(cast: Cast, bob) -> None:
    for elsewhere in ("//example.org/versions/", "../../", "share/revoke/", "versions/1/revert/"):
        assert "data-opens" not in read(bob, address(cast, "notebook"), dialogue=elsewhere)


def test_who_may_not_see_a_dialogue_is_not_sent_on(cast: Cast, client) -> None:
    client.force_login(cast.mallory)
    assert client.get(address(cast, "versions"), headers={"Accept": "text/html"}).status_code == 404


def test_a_version_is_read_as_it_was(cast: Cast, bob) -> None:
    version = saved(cast, "print('as it was')")
    write(cast, "print('as it is')")
    page = read(bob, address(cast, "version-comparison"), to=version.number, show="read")
    text = page.replace("</span>", "").replace("&#x27;", "'")
    assert "as it was" in text and "as it is" not in text
    assert "textarea" not in page


def test_any_two_are_compared_and_by_default_the_published_with_the_draft(cast: Cast, bob) -> None:
    published(cast)
    first, second = saved(cast, "print('first')"), saved(cast, "print('second')")
    write(cast, "print('third')")
    page = read(bob, address(cast, "version-comparison"), **{"from": first.number, "to": second.number})
    assert "<del>first</del>" in page and "<ins>second</ins>" in page and "third" not in page
    page = read(bob, address(cast, "version-comparison"))
    assert "<del>words = </del>" in page or "untouched" in page
    assert "third" in page and "second" not in page


def test_the_present_draft_is_saved_with_a_name_and_a_version_named_later(cast: Cast, bob) -> None:
    answer = bob.post(address(cast, "version-save"), {"name": "  As I  like it "}).json()
    assert answer == {"version": 1, "sentence": "Saved “As I like it”."}
    answer = bob.post(address(cast, "version-name", 1), {"name": "Better"}).json()
    assert answer["sentence"] == "Version 1 is called “Better” now."
    assert Version.objects.get().name == "Better"
    assert 'data-name="1"' in read(bob, address(cast, "version-comparison"), to=1)
    for name in ("version-save", "version-name"):
        where = address(cast, name, *([1] if name == "version-name" else []))
        refused = bob.post(where, {"name": "  "})
        assert refused.status_code == 400 and refused.json()["sentence"] == "Give the version a name."


def test_reverting_changes_the_draft_only_and_can_be_undone(cast: Cast, bob) -> None:
    live = published(cast).version
    write(cast, "print('unsaved work')")
    answer = bob.post(address(cast, "version-revert", live.number)).json()
    assert answer["sentence"] == "The draft is Version 1 again. The app changes when you publish."
    assert cast.draft.digest == live.digest
    assert Publication.objects.get().version == live
    kept = Version.objects.get(number=answer["undo"])
    assert kept.reason == Version.Reason.REVERT and kept.notebook.cell("other").source == "print('unsaved work')"
    bob.post(address(cast, "version-revert", answer["undo"]))
    assert cast.draft.notebook.cell("other").source == "print('unsaved work')"


@pytest.mark.parametrize("name", ["version-save", "version-name", "version-revert"])
@pytest.mark.parametrize(("person", "status"), [("carol", 403), ("dave", 403), ("mallory", 404)])
def test_changing_anything_takes_can_edit(cast: Cast, client, name: str, person: str, status: int) -> None:
    saved(cast, "print('one')")
    client.force_login(cast.people[person])
    where = address(cast, name, *([] if name == "version-save" else [1]))
    assert client.post(where, {"name": "x"}).status_code == status


@pytest.mark.parametrize(("person", "status"), [("carol", 200), ("dave", 403), ("mallory", 404)])
def test_looking_takes_can_view(cast: Cast, client, person: str, status: int) -> None:
    client.force_login(cast.people[person])
    assert client.get(address(cast, "versions")).status_code == status
    assert client.get(address(cast, "version-comparison")).status_code == status


# ---- Automatic versions: every ten minutes while editing, and two minutes after the last change


def test_a_draft_that_came_to_rest_is_saved_after_two_minutes(cast: Cast) -> None:
    write(cast, "print('one')")
    now = timezone.now()
    assert versions.save_automatically(now=now + timedelta(seconds=110)) == []
    [version] = versions.save_automatically(now=now + timedelta(seconds=130))
    assert version.reason == Version.Reason.AUTOMATIC and version.created_by == cast.bob
    assert versions.save_automatically(now=now + timedelta(hours=1)) == []


def test_while_editing_goes_on_there_is_one_every_ten_minutes(cast: Cast, monkeypatch) -> None:
    begun = timezone.now()
    clock = [begun]
    monkeypatch.setattr(timezone, "now", lambda: clock[0])
    saved(cast, "print('one')")
    found = []
    for minute in range(1, 32):
        clock[0] = begun + timedelta(minutes=minute)
        write(cast, f"print({minute})")
        found += [minute for _ in versions.save_automatically(now=clock[0])]
    assert found == [10, 20, 30]


def test_nothing_is_saved_in_the_trash(cast: Cast) -> None:
    write(cast, "print('one')")
    projects.trash(project=Project.objects.get(), by=cast.alice)
    assert versions.save_automatically(now=timezone.now() + timedelta(hours=1)) == []


def test_each_publication_is_in_the_trail(cast: Cast) -> None:
    published(cast)
    write(cast, "print('two')")
    published(cast, by=cast.bob)
    trail = cast.project.audit_events.filter(action="published").order_by("pk")
    assert [(event.by, event.detail) for event in trail] == [(cast.alice, {"version": 1}), (cast.bob, {"version": 2})]
