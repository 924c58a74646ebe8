"""Nobody is spoken to while they sleep: quiet hours by the shifts they work, right across both changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.people.models import SHIFT_PATTERNS
from server.reminders.decency import (
    BY_PATTERN,
    DAY,
    day_of,
    is_decent,
    moment,
    next_decent,
    next_quiet,
    quiet_hours,
)

ZONE = "Europe/Stockholm"
WALL = ZoneInfo(ZONE)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
hours = st.tuples(st.integers(0, DAY - 1), st.integers(0, DAY - 1)).filter(lambda pair: pair[0] != pair[1])
NIGHTS = [datetime.combine(day, time(0), UTC) - timedelta(days=1) for day in (date(2026, 1, 2), SPRING, AUTUMN)]
instants = st.builds(
    lambda night, ms: night + timedelta(milliseconds=ms),
    st.sampled_from(NIGHTS), st.one_of(st.integers(0, 2 * 86_400_000), st.integers(0, 700 * 86_400_000)),
)  # fmt: skip


def said(pair):
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in pair)


def local(text):
    """An instant by the clock on the wall; `*` at its end: the second time that it shows this."""
    return datetime.fromisoformat(text.rstrip("*")).replace(tzinfo=WALL, fold=int(text.endswith("*"))).astimezone(UTC)


def decent(text, own=None, *patterns):
    return next_decent(local(text), quiet_hours(own, patterns), ZONE)


@pytest.mark.parametrize(
    ("pattern", "asked", "spoken_to"),
    [
        ("day", "2026-11-24T19:00", "2026-11-25T07:00"), ("day", "2026-11-24T06:59", "2026-11-24T07:00"),
        ("day", "2026-11-24T18:59", "2026-11-24T18:59"), ("evening", "2026-11-24T09:59", "2026-11-24T10:00"),
        ("evening", "2026-11-24T21:59", "2026-11-24T21:59"), ("night", "2026-11-24T09:00", "2026-11-24T16:00"),
        ("night", "2026-11-24T03:00", "2026-11-24T03:00"), ("varying", "2026-11-24T20:30", "2026-11-25T09:00"),
    ],
)  # fmt: skip
def test_who_works_in_a_shift_is_spoken_to_when_that_shift_is_awake(pattern, asked, spoken_to):
    assert decent(asked, None, pattern) == local(spoken_to)


def test_who_has_no_post_is_let_sleep_as_who_works_by_day():
    assert quiet_hours(None, []) == quiet_hours(None, ["day"])


def test_the_person_s_own_word_counts_before_their_shifts():
    assert decent("2026-11-24T12:00", "21:00-07:00", "night") == local("2026-11-24T12:00")
    assert decent("2026-11-24T22:00", "21:00-07:00", "night") == local("2026-11-25T07:00")


@given(st.sets(st.sampled_from(SHIFT_PATTERNS), min_size=1), st.integers(0, DAY - 1))
def test_who_has_several_posts_is_left_alone_where_any_of_them_sleeps_and_has_hours_left(patterns, minute):
    quiet = quiet_hours(None, patterns)
    awake = DAY - sum(until - since for since, until in quiet)
    assert awake >= 60
    at = datetime(2026, 6, 1, minute // 60, minute % 60, tzinfo=WALL)
    all_awake = all(is_decent(at, quiet_hours(None, [one]), ZONE) for one in patterns)
    assert is_decent(at, quiet, ZONE) == all_awake


@given(instants, hours)
def test_the_next_decent_moment_is_decent_and_none_before_it_is(instant, pair):
    quiet = quiet_hours(said(pair), [])
    found = next_decent(instant, quiet, ZONE)
    assert is_decent(found, quiet, ZONE)
    assert instant <= found <= instant + timedelta(hours=50)
    step = (found - instant) / 97
    assert all(not is_decent(instant + step * n, quiet, ZONE) for n in range(97) if instant + step * n < found)


@given(instants, hours)
def test_quiet_begins_when_it_is_said_to_and_not_before(instant, pair):
    quiet = quiet_hours(said(pair), [])
    found = next_quiet(instant, quiet, ZONE)
    assert instant <= found <= instant + timedelta(days=1)
    assert found == instant + timedelta(days=1) or not is_decent(found, quiet, ZONE)
    step = (found - instant) / 97
    assert all(is_decent(instant + step * n, quiet, ZONE) for n in range(97) if instant + step * n < found)


@pytest.mark.parametrize(
    ("asked", "own", "spoken_to"),
    [
        ("2026-03-29T01:00", "22:00-02:30", "2026-03-29T03:00"),  # 02.30 does not exist: at the jump
        ("2026-03-29T01:00", "22:00-07:00", "2026-03-29T07:00"),
        ("2026-03-29T03:10", "22:00-02:30", "2026-03-29T03:10"),
        ("2026-10-25T01:00", "22:00-02:30", "2026-10-25T02:30"),  # 02.30 comes twice: at the first …
        ("2026-10-25T02:10*", "22:00-02:30", "2026-10-25T02:30*"),  # … and what asks after it, at the second
        ("2026-10-25T01:00", "22:00-07:00", "2026-10-25T07:00"),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall_in_the_nights_in_which_it_changes(asked, own, spoken_to):
    assert decent(asked, own) == local(spoken_to)


@pytest.mark.parametrize(
    ("day", "at", "instant"),
    [
        (SPRING, "02:30", "2026-03-29T01:00+00:00"), (SPRING, "01:59", "2026-03-29T00:59+00:00"),
        (SPRING, "03:00", "2026-03-29T01:00+00:00"), (AUTUMN, "02:30", "2026-10-25T00:30+00:00"),
        (SPRING, "17:00", "2026-03-29T15:00+00:00"), (AUTUMN, "17:00", "2026-10-25T16:00+00:00"),
    ],
)  # fmt: skip
def test_a_time_of_day_is_the_first_instant_at_which_the_clock_shows_it_or_has_jumped_over_it(day, at, instant):
    assert moment(day, time.fromisoformat(at), ZONE) == datetime.fromisoformat(instant)


@given(instants)
def test_an_instant_lies_in_the_day_that_the_wall_shows(instant):
    day = day_of(instant, ZONE)
    assert moment(day, time(0), ZONE) <= instant < moment(day + timedelta(days=1), time(0), ZONE)


def test_each_pattern_that_there_is_has_its_quiet_hours():
    assert set(BY_PATTERN) == set(SHIFT_PATTERNS)
