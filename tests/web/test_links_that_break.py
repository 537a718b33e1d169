"""Links that the next version would break are listed before publishing, and can be kept working."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps_runtime.models import LinkFollower, Run, SavedLink
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from apps_runtime.services.upkeep import retention
from projects.models import Project
from projects.notebook.cells import Cell
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import drafts
from tests.cast import Cast, make_cast, published
from tests.markup import flat, tight

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    published(cast)
    return cast


def change_input(cast: Cast, **settings) -> None:
    def edit(notebook: Notebook) -> Notebook:
        return notebook.set_input("count", replace(notebook.cell("count").input, **settings))

    drafts.change(draft=cast.draft, by=cast.bob, edit=edit)


def previewed(cast: Cast) -> Run:
    run = publishing.preview(draft=cast.draft, by=cast.bob)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.finish(run=run, state=Run.State.DONE)
    return run


def address(cast: Cast, name: str, *more: object) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *more])


def changes(cast: Cast, client, run: Run) -> str:
    return flat(client.get(address(cast, "preview-changes", run.number)).content.decode())


def test_a_renamed_input_can_keep_its_old_name(cast, client):
    client.force_login(cast.bob)
    change_input(cast, name="many")
    run = previewed(cast)
    page = changes(cast, client, run)
    assert "Links with _n will stop working. The input is now called many." in page
    assert "Keep _n working" in page

    answer = client.post(address(cast, "preview-keep-name", run.number), {"name": "n", "answers": "many"})
    assert answer.status_code == 200 and "<publish-dialogue" in answer.content.decode()
    assert "will stop working" not in answer.content.decode()
    assert cast.draft.notebook.cell("count").input.aliases == ("n",)

    newer = cast.project.runs.first()
    assert newer.number == run.number + 1 and newer.version.notebook.cell("count").input.aliases == ("n",)
    client.post(address(cast, "preview-publish", newer.number), {"replaces": 1}, content_type="application/json")
    client.force_login(cast.dave)
    app = client.get(address(cast, "app"), {"_n": "7"}).content.decode()
    assert '"many": 7' in app and "was not used" not in app


def test_saved_inputs_of_a_schedule_keep_working_with_it(cast, client):
    from datetime import time

    from apps_runtime.schedules.recurrence import Every, Recurrence

    schedule = schedules.create(
        project=cast.project,
        recurrence=Recurrence(Every.DAY, at=time(6)),
        time_zone="UTC",
        by=cast.bob,
        values={"n": 9},
    )
    change_input(cast, name="many", aliases=("n",))
    published(cast, by=cast.bob)
    run = schedules.run_now(schedule=schedule, by=cast.bob)
    assert run.values == {"many": 9} and run.notes == []


def test_a_removed_input_may_be_answered_by_a_new_one_of_its_kind(cast, client):
    client.force_login(cast.bob)

    def edit(notebook: Notebook) -> Notebook:
        specs = [InputSpec(InputKind.SLIDER, name, default=2, minimum=1, maximum=50) for name in ("rows", "columns")]
        for spec in specs:
            notebook = notebook.insert(Cell.new_input(spec))
        return notebook.delete("count")

    drafts.change(draft=cast.draft, by=cast.bob, edit=edit)
    run = previewed(cast)
    page = changes(cast, client, run)
    assert "Links with _n will lose that value: the input is gone." in page
    assert "<option>rows</option><option>columns</option>" in tight(page)


def test_a_narrowed_input_is_listed_and_has_no_way_out(cast, client):
    client.force_login(cast.bob)
    change_input(cast, maximum=10)
    page = changes(cast, client, previewed(cast))
    assert "Links with _n outside the new range will lose that value" in page and "Keep _n working" not in page


@pytest.mark.parametrize(
    ("name", "answers", "sentence"),
    [("n", "nobody", "no input called nobody"), ("not a name", "many", "not a name"), ("", "many", "")],
)
def test_what_can_not_be_an_earlier_name_is_refused_in_words(cast, client, name, answers, sentence):
    client.force_login(cast.bob)
    change_input(cast, name="many")
    run = previewed(cast)
    answer = client.post(address(cast, "preview-keep-name", run.number), {"name": name, "answers": answers})
    assert answer.status_code == 400 and sentence in answer.json()["sentence"]
    assert cast.draft.notebook.cell("count").input.aliases == ()


# ---- How many people followed such links lately


def follow(client, cast: Cast, query: str, person=None, times: int = 1) -> None:
    client.logout()
    if person:
        client.force_login(person)
    for _ in range(times):
        assert client.get(f"{address(cast, 'app')}?{query}").status_code == 200


def said(cast: Cast, client) -> str:
    change_input(cast, name="many")
    client.force_login(cast.bob)
    return changes(cast, client, previewed(cast))


def test_people_are_counted_once_each_by_the_name_their_link_carried(cast, client):
    follow(client, cast, "_n=7", cast.dave, times=3)
    follow(client, cast, "_n=9", cast.carol)
    follow(client, cast, "_n=9&_m=1&m=2", cast.alice)  # There is no m.
    follow(client, cast, "_m=1", cast.bob)
    follow(client, cast, "", cast.bob)
    assert set(LinkFollower.objects.values_list("name", flat=True)) == {"n"}
    page = said(cast, client)
    assert "The input is now called many. 3 people followed a link with _n in the last 30 days." in page


def test_a_short_link_and_an_earlier_name_count_as_well(cast, client):
    change_input(cast, aliases=("old",))
    published(cast)
    SavedLink.objects.create(project=cast.project, token="short", digest="d", values={"n": 7})
    follow(client, cast, "__link=short", cast.dave)
    follow(client, cast, "_old=7", cast.carol)
    change_input(cast, aliases=())
    client.force_login(cast.bob)
    page = changes(cast, client, previewed(cast))
    assert "no longer an earlier name of n. 1 person followed a link with _old in the last 30 days." in page
    change_input(cast, name="many", aliases=("old",))
    assert "1 person followed a link with _n " in changes(cast, client, previewed(cast))


def test_strangers_count_and_whoever_came_long_ago_does_not(cast, client):
    cast.project.visibility = Project.Visibility.PUBLIC
    cast.project.save()
    follow(client, cast, "_n=7")
    follow(client, cast, "_n=7", cast.dave)
    assert LinkFollower.objects.count() == 2 and not LinkFollower.objects.filter(follower__contains="dave").exists()
    long_ago = timezone.now() - timedelta(days=31)
    LinkFollower.objects.filter(pk=LinkFollower.objects.first().pk).update(last_at=long_ago)
    assert "1 person followed" in said(cast, client)
    retention.tidy(now=timezone.now())
    assert LinkFollower.objects.count() == 1


def test_where_nobody_did_nothing_is_said(cast, client):
    assert "followed" not in said(cast, client)
