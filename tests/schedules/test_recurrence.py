"""Due times, on the clocks of zones that change them."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps_runtime.schedules.recurrence import Every, NotARecurrence, Recurrence, between, slots

NEW_YORK, BERLIN, LORD_HOWE, KOLKATA = (
    ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata")
)
SPRING = datetime(2026, 3, 8, tzinfo=NEW_YORK)  # 02:00 becomes 03:00
AUTUMN = datetime(2026, 11, 1, tzinfo=NEW_YORK)  # 02:00 becomes 01:00


def local(found, zone):
    return [f"{slot.at.astimezone(zone):%d %H:%M}" for slot in found]


def day_of(recurrence, day, zone):
    return between(recurrence, zone, day - timedelta(microseconds=1), day + timedelta(days=1) - timedelta(minutes=1))


def daily(at):
    return Recurrence(Every.DAY, at=time.fromisoformat(at))


@pytest.mark.parametrize(
    ("recurrence", "day", "zone", "expected"),
    [
        (daily("02:30"), SPRING, NEW_YORK, ["08 03:30"]),
        (daily("02:00"), SPRING, NEW_YORK, ["08 03:00"]),
        (daily("01:30"), AUTUMN, NEW_YORK, ["01 01:30"]),
        (daily("09:00"), SPRING, NEW_YORK, ["08 09:00"]),
        (daily("02:15"), datetime(2026, 10, 4, tzinfo=LORD_HOWE), LORD_HOWE, ["04 02:45"]),
        (daily("07:00"), datetime(2026, 6, 1, tzinfo=KOLKATA), KOLKATA, ["01 07:00"]),
    ],
)
def test_a_wall_clock_time_comes_once_a_day(recurrence, day, zone, expected):
    assert local(day_of(recurrence, day, zone), zone) == expected


def test_a_moved_and_a_repeated_time_say_so():
    assert day_of(daily("02:30"), SPRING, NEW_YORK)[0].moved
    repeated = day_of(daily("01:30"), AUTUMN, NEW_YORK)[0]
    assert repeated.repeated and repeated.at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (SPRING + timedelta(days=1), 24)])
@pytest.mark.parametrize("recurrence", [Recurrence(Every.HOUR, minute=30), Recurrence(Every.CRON, cron="30 * * * *")])
def test_hourly_is_every_real_hour(recurrence, day, hours):
    end = (day + timedelta(days=1)).astimezone(UTC)
    found = between(recurrence, NEW_YORK, day.astimezone(UTC) - timedelta(seconds=1), end - timedelta(seconds=1))
    assert len(found) == hours
    assert {after.at - before.at for before, after in pairwise(found)} == {timedelta(hours=1)}


def test_monthly_on_the_31st_is_the_last_day_of_short_months():
    monthly = Recurrence(Every.MONTH, day=31, at=time(6))
    found = list(islice(slots(monthly, BERLIN, datetime(2026, 1, 1, tzinfo=UTC)), 6))
    assert [slot.at.astimezone(BERLIN).day for slot in found] == [31, 28, 31, 30, 31, 30]


def test_weekdays_skip_the_weekend():
    weekdays = Recurrence(Every.WEEK, weekdays=(0, 1, 2, 3, 4), at=time(7))
    found = islice(slots(weekdays, BERLIN, datetime(2026, 11, 20, 8, tzinfo=UTC)), 2)
    assert local(found, BERLIN) == ["23 07:00", "24 07:00"]


@pytest.mark.parametrize(
    ("settings_of_it", "words"),
    [
        ({"every": "week", "weekdays": [0, 1, 2, 3, 4], "at": "07:00"}, "every weekday at 07:00"),
        ({"every": "week", "weekdays": [1, 3], "at": "18:30"}, "every Tuesday and Thursday at 18:30"),
        ({"every": "hour", "minute": 5}, "every hour at 05 past"),
        (
            {"every": "month", "day": 31, "at": "06:00"},
            "on day 31 of every month, or the last day of shorter months, at 06:00",
        ),
        ({"every": "cron", "cron": "0 6 * * 1"}, "at 06:00, only on Monday"),
    ],
)
def test_it_is_said_in_words_and_kept_without_loss(settings_of_it, words):
    recurrence = Recurrence.from_json(settings_of_it)
    assert recurrence.words == words
    assert recurrence.to_json() == settings_of_it and Recurrence.from_json(recurrence.to_json()) == recurrence


@pytest.mark.parametrize(
    ("settings_of_it", "sentence"),
    [
        ({"every": "cron", "cron": "* * * * *"}, "at least 5 minutes apart"),
        ({"every": "cron", "cron": "61 * * * *"}, "not a cron line"),
        ({"every": "cron", "cron": "0 0 31 2 *"}, "never comes|not a cron line"),
        ({"every": "cron", "cron": "0 6"}, "five fields"),
        ({"every": "week", "weekdays": []}, "at least one day"),
        ({"every": "month", "day": 32}, "from 1 to 31"),
        ({"every": "day", "at": "25:00"}, "can't be read"),
        ({"every": "moon"}, "can't be read"),
        ({}, "can't be read"),
    ],
)
def test_what_is_no_schedule_is_refused_in_a_sentence(settings_of_it, sentence):
    with pytest.raises(NotARecurrence, match=sentence):
        Recurrence.from_json(settings_of_it)


ZONES = st.sampled_from([NEW_YORK, BERLIN, LORD_HOWE])
TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
RECURRENCES = st.one_of(
    st.builds(Recurrence, st.just(Every.DAY), at=TIMES),
    st.builds(Recurrence, st.just(Every.HOUR), minute=st.integers(0, 59)),
    st.builds(Recurrence, st.just(Every.WEEK), at=TIMES, weekdays=st.sets(st.integers(0, 6), min_size=1).map(tuple)),
    st.builds(Recurrence, st.just(Every.MONTH), at=TIMES, day=st.integers(1, 31)),
    st.sampled_from(["0 6 * * 1", "*/15 * * * *", "30 2 * * *", "0 */4 1 * *"]).map(
        lambda line: Recurrence(Every.CRON, cron=line)
    ),
)


@settings(max_examples=60, deadline=None)
@given(RECURRENCES, ZONES, st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_times_go_forward_and_do_not_depend_on_where_one_begins(recurrence, zone, after):
    found = [slot.at for slot in islice(slots(recurrence, zone, after), 12)]
    assert found == sorted(set(found)) and found[0] > after
    assert [slot.at for slot in islice(slots(recurrence, zone, found[2]), 9)] == found[3:]


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, LORD_HOWE])
@pytest.mark.parametrize("at", ["00:00", "01:30", "02:00", "02:30", "03:00", "12:00"])
def test_a_year_of_days_has_one_run_a_day(zone, at):
    start = datetime(2026, 1, 1, tzinfo=zone)
    found = between(daily(at), zone, start - timedelta(seconds=1), datetime(2026, 12, 31, 23, 59, tzinfo=zone))
    assert len(found) == 365
    assert sum(slot.moved for slot in found) <= 1
    assert sum(slot.repeated for slot in found) <= 1
