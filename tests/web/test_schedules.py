"""The page of schedules, as each of the cast meets it."""

import json

import pytest
from django.urls import reverse

from apps_runtime.models import Run, Schedule
from tests.cast import Cast, make_cast, published
from tests.markup import flat, tight

pytestmark = pytest.mark.django_db

DAILY = {"every": "day", "at": "06:00", "time_zone": "Europe/Berlin"}


@pytest.fixture
def cast(db) -> Cast:
    return make_cast()


def address(cast: Cast, name: str = "schedules", *more: object) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *more])


@pytest.fixture
def daily(cast: Cast, client) -> Schedule:
    published(cast)
    client.force_login(cast.bob)
    client.post(address(cast), {**DAILY, "fails": [cast.bob.pk]})
    return Schedule.objects.get()


@pytest.mark.parametrize(
    ("person", "status"), [("alice", 200), ("bob", 200), ("carol", 200), ("dave", 403), ("mallory", 404)]
)
def test_every_level_gets_its_answer(cast: Cast, daily, client, person: str, status: int) -> None:
    client.force_login(cast.people[person])
    assert client.get(address(cast)).status_code == status
    assert client.get(address(cast, "schedule", daily.pk)).status_code == status
    assert client.get(address(cast, "schedule-preview"), DAILY).status_code == status


@pytest.mark.parametrize("name", ["schedule", "schedule-pause", "schedule-resume", "schedule-run", "schedule-delete"])
@pytest.mark.parametrize(("person", "status"), [("carol", 403), ("dave", 403), ("mallory", 404)])
def test_changing_takes_can_edit(cast: Cast, daily, client, name: str, person: str, status: int) -> None:
    client.force_login(cast.people[person])
    assert client.post(address(cast, name, daily.pk)).status_code == status
    assert client.post(address(cast), DAILY).status_code == status
    assert Schedule.objects.count() == 1


def test_nothing_published_says_what_to_do(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    assert "Nothing is published yet" in client.get(address(cast)).content.decode()
    response = client.post(address(cast), DAILY)
    assert response.status_code == 400 and not Schedule.objects.exists()


def test_bob_makes_a_schedule_in_words(cast: Cast, daily, client) -> None:
    assert daily.words == "Every day at 06:00 Europe/Berlin"
    assert list(daily.tell_on_failure.all()) == [cast.bob]
    html = tight(client.get(address(cast)).content.decode())
    assert "Every day at 06:00, Berlin" in html and "Every day at 06:00<span" in html
    assert html.count("<tr><td>") + html.count('class="shift"') >= 10


def test_saved_inputs_are_checked_by_the_same_parser(cast: Cast, daily, client) -> None:
    where = address(cast, "schedule", daily.pk)
    refused = client.post(where, {**DAILY, "inputs": "chosen", "values": json.dumps({"n": 400})})
    assert refused.status_code == 400
    assert "400" in refused.content.decode() and 'role="alert"' in refused.content.decode()
    client.post(where, {**DAILY, "inputs": "chosen", "values": json.dumps({"n": 12})})
    daily.refresh_from_db()
    assert daily.values == {"n": 12}
    client.post(where, {**DAILY, "inputs": "default", "values": json.dumps({"n": 12})})
    daily.refresh_from_db()
    assert daily.values == {}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"every": "week"}, "Choose at least one day of the week."),
        ({"every": "month", "day": "40"}, "The day of the month is from 1 to 31."),
        ({"every": "hour", "minute": "x"}, "The minute of an hourly schedule is from 0 to 59."),
        ({"every": "cron", "cron": "* * * * *"}, "at least 5 minutes apart"),
        ({"every": "day", "at": "25:00"}, "This schedule can’t be read".replace("’", "&#x27;")),
        ({"every": "day", "at": "06:00", "time_zone": "Mars/Olympus"}, "There is no time zone called “Mars/Olympus”."),
        ({"every": "sometimes"}, "choose how often"),
        ({"every": "day", "values": "]"}, "The inputs can&#x27;t be read."),
    ],
)
def test_refusals_are_sentences(cast: Cast, client, fields: dict, sentence: str) -> None:
    published(cast)
    client.force_login(cast.bob)
    asked = {"time_zone": "Europe/Berlin", **fields}
    response = client.post(address(cast), asked)
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not Schedule.objects.exists()
    assert sentence in client.get(address(cast, "schedule-preview"), asked).content.decode()


def test_the_next_times_mark_what_the_clocks_do(cast: Cast, client) -> None:
    published(cast)
    cast.carol.time_zone = "Europe/London"
    cast.carol.save()
    client.force_login(cast.carol)
    # The last week of March and of October: one of its days is the Sunday on which Berlin's clocks change.
    for month, note, clock in [("3", "does not exist", "<strong>03:30</strong>"), ("10", "comes twice", "02:30")]:
        html = client.get(
            address(cast, "schedule-preview"),
            {"every": "cron", "cron": f"30 2 25-31 {month} *", "time_zone": "Europe/Berlin"},
        ).content.decode()
        assert note in html and clock in html
        assert "London, yours" in html and "Berlin" in html


def test_the_reader_of_the_same_zone_sees_one_clock(cast: Cast, client) -> None:
    published(cast)
    client.force_login(cast.carol)
    assert "yours" not in client.get(address(cast, "schedule-preview"), {**DAILY, "time_zone": "UTC"}).content.decode()


def test_pausing_resuming_running_and_deleting(cast: Cast, daily, client) -> None:
    page = client.post(address(cast, "schedule-pause", daily.pk), follow=True).content.decode()
    assert "by Bob" in page and "Resume</button>" in page
    client.post(address(cast, "schedule-resume", daily.pk))
    assert not Schedule.objects.get().is_paused
    response = client.post(address(cast, "schedule-run", daily.pk))
    run = cast.project.runs.first()
    assert response.headers["Location"] == run.get_absolute_url() and run.trigger == Run.Trigger.MANUAL
    client.post(address(cast, "schedule-delete", daily.pk))
    assert not Schedule.objects.exists() and cast.project.runs.filter(pk=run.pk).exists()


def test_a_schedule_of_another_project_is_not_there(cast: Cast, daily, client) -> None:
    assert client.post(address(cast, "schedule-delete", daily.pk + 1)).status_code == 404


def test_running_now_without_a_publication_is_a_sentence(cast: Cast, daily, client) -> None:
    cast.project.publication.delete()
    page = client.post(address(cast, "schedule-run", daily.pk), follow=True).content.decode()
    assert "Publish the app first" in page


def test_only_people_who_may_read_the_log_are_told(cast: Cast, daily, client) -> None:
    client.post(address(cast, "schedule", daily.pk), {**DAILY, "fails": [cast.dave.pk, cast.carol.pk]})
    assert list(daily.tell_on_failure.all()) == [cast.carol]


def test_a_set_of_inputs_is_saved_once_and_chosen_by_several_schedules(cast: Cast, daily, client) -> None:
    where = address(cast, "schedule", daily.pk)
    chosen = {**DAILY, "inputs": "chosen", "values": json.dumps({"n": 12}), "set_name": " The  Winter "}
    client.post(where, {**chosen, "fails": [cast.bob.pk]})
    [saved] = cast.project.saved_inputs.all()
    daily.refresh_from_db()
    assert (saved.name, saved.values, daily.saved_inputs, daily.values) == ("The Winter", {"n": 12}, saved, {})
    html = flat(client.get(where).content.decode())
    assert f'<option value="set:{saved.pk}" selected>Saved set “The Winter”</option>' in html
    assert "with the inputs “The Winter”. Bob hears of it when it fails." in html

    client.post(address(cast), {**DAILY, "at": "18:00", "inputs": f"set:{saved.pk}"})
    evening = Schedule.objects.exclude(pk=daily.pk).get()
    assert evening.chosen == {"n": 12}
    client.post(where, {**chosen, "values": json.dumps({"n": 20}), "set_name": "The Winter"})
    evening.refresh_from_db()
    assert evening.chosen == {"n": 20} and cast.project.saved_inputs.count() == 1
    client.post(address(cast, "schedule-run", evening.pk))
    assert cast.project.runs.first().values == {"n": 20}


def test_saved_inputs_that_are_gone_are_said(cast: Cast, daily, client) -> None:
    for choice in ("set:99", "set:x", "set:"):
        response = client.post(address(cast, "schedule", daily.pk), {**DAILY, "inputs": choice})
        assert response.status_code == 400 and "These saved inputs are gone." in response.content.decode()


def test_the_page_says_how_the_last_thirty_days_were(cast: Cast, daily, client) -> None:
    assert "Last 30 days: 1 succeeded" in client.get(address(cast)).content.decode()
