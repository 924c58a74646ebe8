"""Each rule says what it is for, once, on its day; and nobody is nagged for the past."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.activities.departing import book, cancel, keep_only, set_departure
from server.activities.models import Departure
from server.foundation.database import db
from server.learning.enrolling import end_enrolment, enrol
from server.learning.models import ProgrammeItem
from server.people.enlisting import deactivate
from server.people.models import AuditEntry
from server.reminders.models import RULES, GroupMessage, ReminderRule
from server.reminders.planning import dry_run
from server.reminders.rules import RuleNotSensible, UnknownRule, pause_rule, set_rule, settings_of, start_rule

from .making import ZONE, do, inbox, occurrences, round_of, start

TODAY = date(2026, 11, 24)
HOUR = timedelta(hours=1)


def titles(actor):
    return [one["words"]["sv"]["title"] for one in inbox(actor)]


def at(clock, text):
    """The clock shows this, in Stockholm in winter."""
    clock.now = datetime.fromisoformat(f"{text}+01:00")
    return clock.now


def settings():
    with db.engine.connect() as connection:
        return settings_of(connection)


def test_a_rule_that_nobody_has_started_says_nothing(ada, world, clock):
    assert round_of(at(clock, "2026-11-25T12:00")).planned == 0
    assert occurrences() == []


def test_a_course_is_named_three_days_before_its_date_and_again_when_it_is_late(ada, world, clock):
    start(TODAY, "due", "overdue")
    said = []
    for day in range(40):
        round_of(datetime.fromisoformat("2026-11-24T11:00Z") + timedelta(days=day))
        said += [(one["made_at"][:10], one["words"]["sv"]["title"]) for one in inbox(ada)]
    first = {title: min(day for day, other in said if other == title) for _, title in said}
    assert first == {
        "Ren från början: senast lördag 28 november": "2026-11-25", "Ren från början väntar på dig": "2026-11-29",
    }  # fmt: skip
    days = [row.due_at.date().isoformat() for row in occurrences("overdue") if row.person_id == ada.person_id]
    assert days == ["2026-11-29", "2026-12-06", "2026-12-13", "2026-12-20"]


def test_a_programme_is_told_on_the_day_on_which_it_starts(carla, world, clock):
    start(TODAY, "assigned")
    do(enrol, person_id=carla.person_id, programme_id=world.programmes["ny-har"], started_on=TODAY + timedelta(days=1))
    round_of(at(clock, "2026-11-24T18:00"))
    assert titles(carla) == []
    round_of(at(clock, "2026-11-25T08:59"))
    assert titles(carla) == []
    round_of(at(clock, "2026-11-25T09:00"))
    assert titles(carla) == ["Ny här väntar på dig"]


def test_a_programme_is_over_for_who_has_done_all_of_it_and_for_nobody_else(carla, sofia, ada, world, clock):
    start(TODAY, "assigned")
    do(lambda session: session.execute(sa.delete(ProgrammeItem).where(ProgrammeItem.key == "rundan")))
    for person in (carla, sofia):
        do(enrol, person_id=person.person_id, programme_id=world.programmes["ny-har"], started_on=TODAY)
    assert set(ada.sync(*world.all_of_hygien()).said) == {"applied"}
    round_of(clock.now)
    assert titles(carla) == titles(sofia) == ["Ny här väntar på dig"]
    assert set(carla.sync(*world.all_of_hygien()).said) == {"applied"}
    round_of(clock.move(minutes=1))
    assert titles(carla) == []
    assert titles(sofia) == ["Ny här väntar på dig"]


def test_voluntary_courses_and_tours_are_not_nudged_for(ada, world, clock):
    """A tour is booked by others; what is voluntary is voluntary."""
    start(TODAY, "due", "overdue")
    for day in range(40):
        round_of(clock.now + timedelta(days=day))
    assert {row.subject for row in occurrences()} == {f"{world.programmes['ny-har']}/hygien"}


def test_nobody_is_nagged_for_what_was_due_before_a_rule_began(ada, world, clock):
    start(date(2026, 12, 5), "due", "overdue")
    for day in range(40):
        round_of(clock.now + timedelta(days=day))
    assert {row.due_at.date().isoformat() for row in occurrences()} == {"2026-12-06", "2026-12-13", "2026-12-20"}


def test_a_tour_is_told_at_five_the_evening_before_and_an_hour_before_it_leaves(ada, greta, carla, world, clock):
    start(TODAY, "tour_tomorrow", "leaving")
    round_of(at(clock, "2026-11-24T16:59"))
    assert titles(ada) == titles(greta) == []
    round_of(at(clock, "2026-11-24T17:00"))
    assert titles(ada) == titles(greta) == ["Rundan: onsdag 25 november 09.00"]
    round_of(at(clock, "2026-11-25T08:00"))
    assert titles(ada)[1:] == ["Rundan börjar 09.00"]
    assert inbox(ada)[0]["target"] == f"/site/{world.departures['rundan-i-morgon']}"
    assert titles(carla) == []
    round_of(at(clock, "2026-11-25T09:00"))
    assert titles(ada) == []


def test_who_is_booked_in_the_evening_is_told_at_once(carla, world, clock):
    start(TODAY, "tour_tomorrow")
    at(clock, "2026-11-24T18:30")
    do(book, departure_id=world.departures["rundan-i-morgon"], person_id=carla.person_id, at=clock.now)
    round_of(clock.now)
    assert titles(carla) == ["Rundan: onsdag 25 november 09.00"]


def moved(world, clock, to, place="Bussen"):
    departure = db.session.get(Departure, world.departures["rundan-i-morgon"])
    starts_at = datetime.fromisoformat(f"{to}+01:00")
    return do(
        set_departure, slug="rundan-i-morgon", activity_id=departure.activity_id, starts_at=starts_at,
        ends_at=starts_at + 3 * HOUR, meeting_place={"sv": place, "en": place}, seats=20, at=clock.now,
    )  # fmt: skip


def test_a_meeting_place_that_is_a_sentence_ends_with_one_full_stop(ada, world, clock):
    start(TODAY, "departure_changed")
    moved(world, clock, "2026-11-27T10:00", place="Bussen står vid torget. Kom i tid.")
    round_of(clock.move(minutes=1))
    assert inbox(ada)[0]["words"]["sv"]["body"].endswith("Mötesplats: Bussen står vid torget. Kom i tid.")
    assert ".." not in inbox(ada)[0]["words"]["sv"]["body"]


def test_a_departure_that_moves_is_told_once_and_the_old_word_is_withdrawn(ada, world, clock):
    start(TODAY, "tour_tomorrow", "leaving", "departure_changed")
    round_of(at(clock, "2026-11-24T17:00"))
    (old,) = inbox(ada)
    moved(world, clock, "2026-11-27T10:00")
    for minute in range(3):
        round_of(clock.move(minutes=minute))
    assert titles(ada) == ["Rundan har ny tid"]
    assert inbox(ada)[0]["words"]["sv"]["body"] == "Nu gäller fredag 27 november 10.00. Mötesplats: Bussen."
    closed = ada.phone().pull().rows("reminder")[old["reminder_id"]]
    assert closed["closed_why"] == "cancelled"
    round_of(at(clock, "2026-11-26T17:00"))
    assert titles(ada) == ["Rundan har ny tid", "Rundan: fredag 27 november 10.00"]


def test_a_departure_that_moves_twice_is_told_as_it_is_now(ada, world, clock):
    start(TODAY, "departure_changed")
    at(clock, "2026-11-24T10:00")
    moved(world, clock, "2026-11-27T10:00")
    round_of(clock.move(minutes=1))
    moved(world, clock, "2026-11-28T10:00")
    round_of(clock.move(minutes=1))
    assert [one["words"]["sv"]["body"][:35] for one in inbox(ada)] == ["Nu gäller lördag 28 november 10.00."]


def test_who_heard_of_the_new_time_is_not_told_the_same_as_news_of_tomorrow(ada, world, clock):
    start(TODAY, "tour_tomorrow", "departure_changed")
    at(clock, "2026-11-24T19:00")
    round_of(clock.now)
    moved(world, clock, "2026-11-25T13:00")
    round_of(clock.move(minutes=1))
    assert titles(ada) == []  # quiet hours …
    round_of(at(clock, "2026-11-25T07:00"))
    assert titles(ada) == ["Rundan har ny tid"]


def test_a_new_place_and_a_cancelled_tour_are_told_as_what_they_are(ada, bruno, greta, world, clock):
    start(TODAY, "departure_changed", "leaving")
    moved(world, clock, "2026-11-25T09:00", place="Kajen")
    round_of(clock.move(minutes=1))
    assert titles(ada) == ["Rundan har ny mötesplats"]
    do(cancel, slug="rundan-i-morgon", at=clock.now)
    round_of(clock.move(minutes=1))
    assert titles(ada) == titles(bruno) == titles(greta) == ["Rundan är inställd"]
    assert inbox(ada)[0]["words"]["en"]["body"] == (
        "There is no departure on Wednesday 25 November at 09:00. You need not do anything."
    )
    round_of(at(clock, "2026-11-25T08:00"))
    assert titles(ada) == ["Rundan är inställd"]


def test_a_change_on_the_day_itself_does_not_wait_for_the_end_of_quiet_hours(ada, world, clock):
    start(TODAY, "departure_changed")
    at(clock, "2026-11-25T05:30")
    moved(world, clock, "2026-12-02T09:00")
    round_of(clock.move(minutes=1))
    assert titles(ada) == ["Rundan har ny tid"]


def test_who_lost_the_seat_hears_no_more_of_the_tour(ada, bruno, world, clock):
    start(TODAY, "tour_tomorrow", "leaving")
    round_of(at(clock, "2026-11-24T17:00"))
    departure = world.departures["rundan-i-morgon"]
    do(keep_only, departure_id=departure, guides=set(), roster={bruno.person_id}, at=clock.now)
    round_of(at(clock, "2026-11-25T08:00"))
    assert titles(ada) == []
    assert len(titles(bruno)) == 2


def keep(world, clock, *actors, guides=()):
    do(
        keep_only, departure_id=world.departures["rundan-i-morgon"], guides={one.person_id for one in guides},
        roster={one.person_id for one in actors}, at=clock.now,
    )  # fmt: skip


def test_who_is_taken_off_a_departure_is_told_once(ada, bruno, greta, world, clock):
    start(TODAY, "tour_tomorrow", "leaving", "departure_changed")
    round_of(at(clock, "2026-11-24T17:00"))
    keep(world, clock, bruno, guides=[greta])
    for _ in range(3):
        round_of(clock.move(minutes=1))
    assert titles(ada) == ["Du är inte längre med på Rundan"]
    assert inbox(ada)[0]["words"]["en"]["title"] == "You are no longer on The round"
    assert inbox(ada)[0]["target"] == "/me/reminders"
    assert titles(bruno) == titles(greta) == ["Rundan: onsdag 25 november 09.00"]
    moved(world, clock, "2026-11-25T13:00")
    round_of(at(clock, "2026-11-25T08:00"))
    assert (titles(ada), titles(bruno)) == (["Du är inte längre med på Rundan"], ["Rundan har ny tid"])


def test_who_has_a_place_again_or_another_one_is_told_nothing_of_losing_it(ada, bruno, greta, world, clock):
    start(TODAY, "departure_changed")
    at(clock, "2026-11-24T17:00")
    keep(world, clock, bruno)
    do(book, departure_id=world.departures["rundan-i-morgon"], person_id=ada.person_id, at=clock.now)
    keep(world, clock, ada, greta, guides=[bruno])
    round_of(clock.move(minutes=1))
    assert titles(ada) == titles(bruno) == []
    keep(world, clock, bruno)
    round_of(clock.move(minutes=1))
    assert titles(ada) == ["Du är inte längre med på Rundan"]
    do(book, departure_id=world.departures["rundan-i-morgon"], person_id=ada.person_id, at=clock.now)
    round_of(clock.move(minutes=1))
    assert titles(ada) == []


def test_the_result_of_an_exam_that_came_late_is_told(ada, bruno, world, clock):
    start(TODAY, "exam_result")
    late, prompt = ada.phone().op(world.passed(), heard=clock.now), bruno.phone().op(world.failed(), heard=clock.now)
    bruno.phone().sync(prompt)
    clock.move(hours=3)
    ada.phone().sync(late)
    round_of(clock.move(minutes=1))
    assert titles(ada) == ["Godkänt: Ren från början"]
    assert titles(bruno) == []
    assert inbox(ada)[0]["target"] == "/learn/hygien/steps/prova"
    round_of(clock.move(days=2))
    assert titles(ada) == []


def test_what_did_not_count_is_told_to_who_did_it(ada, bruno, world, clock):
    start(TODAY, "attention")
    assert ada.sync(world.by_code("torget", code="00000000")).said == ["review:code_wrong"]
    assert bruno.sync(world.done("tvatta", version=9)).said == ["rejected:unknown_step"]
    round_of(clock.now)
    assert titles(ada) == titles(bruno) == ["Något du gjorde behöver dig"]
    assert inbox(ada)[0]["target"] == "/me/receipts"
    ada.sync({"kind": "reminder_seen", "reminder_id": inbox(ada)[0]["reminder_id"]})
    round_of(clock.move(minutes=1))
    assert titles(ada) == []


def test_a_place_or_a_preference_that_did_not_count_needs_nobody(ada, clock):
    start(TODAY, "attention")
    said = ada.sync(
        {"kind": "preference_set", "name": "language", "value": "xx"}, {"kind": "place_kept", "item_id": "x"}
    )
    assert [one.partition(":")[0] for one in said.said] == ["rejected", "rejected"]
    assert occurrences() == []


@pytest.mark.parametrize(
    ("audience", "slug", "heard"),
    [
        ("unit", "omsorg", {"ada", "bruno"}), ("unit", "kommun", {"ada", "bruno", "carla", "sofia", "hugo", "greta"}),
        ("programme", "ny-har", {"ada", "bruno"}), ("departure", "rundan-i-morgon", {"ada", "bruno", "greta"}),
    ],
)  # fmt: skip
def test_a_message_reaches_its_audience_once_its_minute_of_undo_is_over(
    world, hugo, carla, clock, audience, slug, heard
):
    of = {"unit": world.units, "programme": world.programmes, "departure": world.departures}[audience][slug]
    written(hugo, audience, of, clock.now)
    round_of(clock.now)
    assert occurrences() == []
    round_of(clock.move(minutes=1))
    names = {id_: name for name, id_ in world.people.items()}
    assert {names[row.person_id] for row in occurrences("message")} == heard
    do(enrol, person_id=carla.person_id, programme_id=world.programmes["ny-har"], started_on=TODAY)
    assert round_of(clock.move(minutes=1)).planned == 0


def test_a_message_that_was_recalled_reaches_nobody(world, hugo, ada, clock):
    written(hugo, "unit", world.units["omsorg"], clock.now, recalled_at=clock.now)
    round_of(clock.move(minutes=2))
    assert occurrences() == []


def written(writer, audience, audience_id, at, **other):
    words = {"sv": {"title": "Hej", "body": "Vi ses."}, "en": {"title": "Hello", "body": "See you."}}
    message = GroupMessage(
        id="m" * 36, audience=audience, audience_id=audience_id, words=words, written_by=writer.person_id,
        written_at=at, sends_at=at + timedelta(minutes=1), people=0, **other,
    )  # fmt: skip
    do(lambda session: session.add(message))


def test_who_has_left_hears_nothing_more(ada, bruno, world, clock):
    start(TODAY, "due", "tour_tomorrow")
    round_of(at(clock, "2026-11-24T17:00"))
    do(deactivate, email=ada.email, at=clock.now)
    do(end_enrolment, person_id=bruno.person_id, programme_id=world.programmes["ny-har"], ended_on=TODAY)
    round_of(at(clock, "2026-11-25T09:00"))
    assert [(row.rule, row.closed_why) for row in occurrences() if row.person_id == ada.person_id] == [
        ("tour_tomorrow", "ended")
    ]
    assert [row.rule for row in occurrences() if row.person_id == bruno.person_id] == ["tour_tomorrow"]


def test_a_paused_rule_says_nothing_and_a_started_one_goes_on(ada, world, clock):
    start(TODAY, "due")
    do(pause_rule, key="due", at=clock.now)
    round_of(at(clock, "2026-11-25T10:00"))
    assert titles(ada) == []
    do(start_rule, key="due", starts_on=TODAY, at=clock.now)
    round_of(clock.now)
    assert titles(ada) == ["Ren från början: senast lördag 28 november"]


def test_what_is_planned_already_waits_too_while_its_rule_is_paused(ada, world, clock):
    start(TODAY, "due")
    round_of(at(clock, "2026-11-25T08:00"))
    assert len(occurrences("due")) == 2
    do(pause_rule, key="due", at=clock.now)
    round_of(at(clock, "2026-11-25T10:00"))
    assert titles(ada) == []


def test_what_is_not_said_yet_follows_its_date(ada, world, clock):
    start(TODAY, "due")
    round_of(at(clock, "2026-11-25T08:00"))
    first = {row.id: row.due_at for row in occurrences("due")}
    do(set_rule, key="due", days=2, every_days=7, most_times=4, at=clock.now)
    round_of(at(clock, "2026-11-26T08:00"))
    moved = {row.id: row.due_at for row in occurrences("due")}
    assert set(moved) == set(first)
    assert {one.date() for one in moved.values()} == {date(2026, 11, 26)}


@pytest.mark.parametrize("numbers", [(-1, 7, 4), (3, 0, 4), (3, 7, 0), (61, 7, 4), (3, 7, 10_000)])
def test_a_rule_with_numbers_that_make_no_sense_is_refused(app, clock, count, numbers):
    days, every_days, most_times = numbers
    with pytest.raises(RuleNotSensible):
        do(set_rule, key="due", days=days, every_days=every_days, most_times=most_times, at=clock.now)
    db.session.rollback()
    assert count(sa.select(ReminderRule)) == 0


def test_a_rule_that_there_is_not_is_refused(app, clock):
    with pytest.raises(UnknownRule):
        do(start_rule, key="yesterday", starts_on=TODAY, at=clock.now)
    db.session.rollback()


def test_setting_a_rule_is_in_the_audit(hugo, clock):
    do(start_rule, key="due", starts_on=TODAY, at=clock.now, actor_id=hugo.person_id)
    do(set_rule, key="due", days=5, every_days=7, most_times=2, at=clock.now, actor_id=hugo.person_id)
    do(pause_rule, key="due", at=clock.now, actor_id=hugo.person_id)
    entries = db.session.execute(sa.select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id)).all()
    assert entries[-3:] == [(f"rule_{word}", hugo.person_id) for word in ("started", "set", "paused")]
    assert settings()["due"] == ("due", TODAY, True, 5, 7, 2)


def test_a_dry_run_counts_whom_a_rule_would_reach_today_and_writes_nothing(ada, bruno, world, clock):
    at(clock, "2026-11-25T08:00")
    trial = {key: rule._replace(starts_on=date(2026, 11, 25)) for key, rule in settings().items()}
    with db.engine.connect() as connection:
        found = dry_run(connection, clock.now, ZONE, trial)
    assert found == [
        ("due", f"{world.programmes['ny-har']}/hygien", 2), ("leaving", world.departures["rundan-i-morgon"], 3),
    ]  # fmt: skip
    ada.sync({"kind": "preference_set", "name": "reminders", "value": "off"})
    with db.engine.connect() as connection:
        assert dry_run(connection, clock.now, ZONE, trial)[0].people == 1
    assert occurrences() == []


def test_each_rule_has_a_setting_and_may_be_started(app, clock):
    start(TODAY)
    assert {key for key, rule in settings().items() if rule.runs_on(TODAY)} == set(RULES)
