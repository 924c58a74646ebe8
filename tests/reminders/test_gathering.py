"""One nudge a day, several things in one; nothing in quiet hours; and it stops the moment the thing is done."""

from datetime import date, datetime, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.learning.enrolling import enrol
from server.learning.models import Enrolment
from server.people.enlisting import employ
from server.people.models import Unit
from server.reminders import gathering
from server.reminders.models import Reminder, ReminderDelivery
from server.reminders.ticking import tick

from .making import (
    ZONE,
    Post,
    a_message,
    a_phone_that_is_reminded,
    a_reminder,
    do,
    inbox,
    occurrences,
    round_of,
    send_all,
    start,
)

TODAY = date(2026, 11, 24)
DUE_DAY = "2026-11-25"


def at(clock, text):
    clock.now = datetime.fromisoformat(f"{text}+01:00")
    return clock.now


@pytest.fixture
def rules(world):
    start(TODAY)


def works(actor, pattern, clock):
    do(
        lambda session: employ(
            session, person_id=actor.person_id, unit=session.scalars(sa.select(Unit).where(Unit.slug == "omsorg")).one(),
            title="", shift_pattern=pattern, from_on=TODAY - timedelta(days=10), to_on=None,
        )
    )  # fmt: skip


def prefers(actor, name, value):
    assert actor.sync({"kind": "preference_set", "name": name, "value": value}).said == ["applied"]


def nudges(actor):
    return [one for one in inbox(actor) if one["rule"] == "nudge"]


def test_two_nudges_of_one_day_come_as_one_and_the_next_waits_for_the_next_day(carla, world, clock, rules):
    for programme, started_on in (("ny-har", TODAY - timedelta(days=11)), ("ny-har", TODAY)):
        do(enrol, person_id=carla.person_id, programme_id=world.programmes[programme], started_on=started_on)
    do(lambda session: session.execute(sa.update(Enrolment).values(started_on=TODAY - timedelta(days=11))))
    round_of(at(clock, "2026-11-24T09:00"))
    assert len(nudges(carla)) == 1
    do(lambda session: session.execute(sa.update(Enrolment).values(started_on=TODAY)))
    round_of(clock.move(minutes=1))
    assert nudges(carla) == []  # the date moved: what was said of it is withdrawn, and its day is used up
    round_of(at(clock, "2026-11-25T09:00"))
    assert [one["words"]["sv"]["title"] for one in nudges(carla)] == ["Ny här väntar på dig"]


def test_several_due_things_are_one_message_with_the_latest_first(ada, world, clock, rules):
    prefers(ada, "quiet_hours", "21:00-20:00")
    do(lambda session: session.execute(sa.update(Enrolment).values(started_on=date(2026, 11, 25))))
    round_of(at(clock, "2026-11-25T12:00"))
    do(lambda session: session.execute(sa.text("UPDATE programme_item SET due_days = 3 WHERE key = 'hygien'")))
    round_of(at(clock, "2026-11-25T20:00"))
    (one,) = nudges(ada)
    assert one["words"]["sv"] == {
        "title": "2 saker väntar på dig",
        "body": "Ren från början: senast lördag 28 november · Ny här: nytt. Det kan vänta till arbetstid.",
    }
    assert one["target"] == "/"
    assert one["about"] == [f"course/{world.courses['hygien']}", f"activity/{world.activities['rundan']}"]


@pytest.mark.parametrize(
    ("pattern", "quiet", "said"),
    [("day", "08:00", "09:00"), ("evening", "09:59", "10:00"), ("night", "15:59", "16:00")],
)
def test_a_nudge_waits_for_the_end_of_quiet_hours(carla, world, clock, rules, pattern, quiet, said):
    do(lambda session: session.execute(sa.text("UPDATE employment SET shift_pattern = :to"), {"to": pattern}))
    do(enrol, person_id=carla.person_id, programme_id=world.programmes["ny-har"], started_on=TODAY + timedelta(days=1))
    round_of(at(clock, f"{DUE_DAY}T{quiet}"))
    assert nudges(carla) == []
    round_of(at(clock, f"{DUE_DAY}T{said}"))
    assert len(nudges(carla)) == 1


def test_who_works_by_day_and_by_night_is_left_alone_in_both(ada, clock, rules):
    works(ada, "night", clock)
    round_of(at(clock, f"{DUE_DAY}T15:00"))
    assert nudges(ada) == []
    round_of(at(clock, f"{DUE_DAY}T16:00"))
    assert len(nudges(ada)) == 1


def test_who_said_no_has_no_nudges_and_still_hears_of_the_tour_without_a_push(ada, clock, rules):
    a_phone_that_is_reminded(ada, clock.now)
    prefers(ada, "reminders", "off")
    round_of(at(clock, "2026-11-24T17:00"))
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    assert [one.rule for one in occurrences() if one.reminder_id and one.person_id == ada.person_id] == [
        "tour_tomorrow"
    ]
    assert send_all(Post(), clock.now) == 0
    prefers(ada, "reminders", "on")
    round_of(clock.move(minutes=1))
    assert len(nudges(ada)) == 1


def test_what_is_done_is_not_said(ada, world, clock, rules):
    ada.sync(*world.all_of_hygien())
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    assert nudges(ada) == []


def test_a_completion_that_comes_late_from_a_phone_without_network_closes_what_was_said(ada, world, clock, rules):
    phone = ada.phone().pull()
    done = [phone.op(one, heard=clock.now) for one in world.all_of_hygien()]
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    (said,) = nudges(ada)
    clock.move(hours=5)
    phone.sync(*done)
    round_of(clock.move(minutes=1))
    closed = phone.pull().rows("reminder")[said["reminder_id"]]
    assert (closed["closed_why"], closed["closed_at"]) == ("done", "2026-11-25T14:01:00.000Z")
    for day in range(20):
        round_of(clock.now + timedelta(days=day))
    assert nudges(ada) == []


def test_a_completion_is_heard_right_before_sending_too(ada, world, clock, rules):
    a_phone_that_is_reminded(ada, clock.now)
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    ada.sync(*world.all_of_hygien())
    post = Post()
    assert send_all(post, clock.now) == 1
    assert post.letters == []
    assert nudges(ada) == []


def test_what_was_muted_is_closed_and_stays_away(ada, world, clock, rules):
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    (said,) = nudges(ada)
    ada.sync({"kind": "reminder_muted", "reminder_id": said["reminder_id"]})
    for day in range(20):
        round_of(clock.now + timedelta(days=day))
    assert nudges(ada) == []
    assert [row.closed_why for row in occurrences() if row.person_id == ada.person_id and row.rule == "due"] == [
        "muted"
    ]


def test_who_has_had_hours_of_their_own_can_follow_their_shifts_again(ada, clock, rules):
    prefers(ada, "quiet_hours", "08:00-12:00")
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    assert nudges(ada) == []
    prefers(ada, "quiet_hours", "after_shifts")
    round_of(at(clock, f"{DUE_DAY}T10:01"))
    assert len(nudges(ada)) == 1


def test_what_is_unmuted_is_open_again_and_what_is_still_ahead_is_planned_again(ada, clock, rules):
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    (said,) = nudges(ada)
    ada.sync({"kind": "reminder_muted", "reminder_id": said["reminder_id"]})
    round_of(at(clock, f"{DUE_DAY}T10:05"))
    assert nudges(ada) == []
    ada.sync({"kind": "reminder_unmuted", "reminder_id": said["reminder_id"]})
    (again,) = nudges(ada)
    assert (again["reminder_id"], again["seen_at"]) == (said["reminder_id"], "2026-11-25T09:05:00.000Z")
    round_of(at(clock, "2026-11-29T10:00"))
    assert [one["made_at"] for one in nudges(ada)] == ["2026-11-29T09:00:00.000Z"]


def test_what_was_muted_before_it_was_said_is_said_once_that_is_taken_back(ada, world, clock, rules):
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    (said,) = nudges(ada)
    ada.sync({"kind": "reminder_muted", "reminder_id": said["reminder_id"]})
    round_of(at(clock, "2026-11-29T10:00"))
    assert nudges(ada) == []
    ada.sync({"kind": "reminder_unmuted", "reminder_id": said["reminder_id"]})
    round_of(at(clock, "2026-11-29T10:01"))
    assert [one["made_at"] for one in nudges(ada)] == ["2026-11-29T09:01:00.000Z"]


def test_what_was_put_off_comes_again_on_its_day_as_the_nudge_of_that_day(ada, clock, rules):
    phone = a_phone_that_is_reminded(ada, clock.now)
    post = Post()
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    send_all(post, clock.now)
    (said,) = nudges(ada)
    ada.sync({"kind": "reminder_seen", "reminder_id": said["reminder_id"]},
             {"kind": "reminder_snoozed", "reminder_id": said["reminder_id"], "until_on": "2026-11-27"})  # fmt: skip
    for text in ("2026-11-25T12:00", "2026-11-26T12:00", "2026-11-27T06:59"):
        assert round_of(at(clock, text)).again == 0
    for minute in (0, 1):
        round_of(at(clock, f"2026-11-27T07:0{minute}"))
        send_all(post, clock.now)
    assert [(one.tag, one.address) for one in post.letters if one.is_nudge] == [(said["reminder_id"], phone)] * 2
    (again,) = nudges(ada)
    assert (again["seen_at"], again["snoozed_until"]) == (None, None)


def test_two_rounds_at_once_make_nothing_twice(ada, world, clock, rules, count):
    at(clock, f"{DUE_DAY}T10:00")
    engine, ready = db.engine, Barrier(3)

    def go():
        ready.wait()
        tick(engine, clock.now, ZONE)

    threads = [Thread(target=go) for _ in range(3)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert count(sa.select(Reminder.id)) == len({row.reminder_id for row in occurrences()})
    assert all(row.reminder_id for row in occurrences())


def test_each_phone_that_takes_pushes_has_its_delivery(ada, bruno, clock, rules, count):
    phones = {a_phone_that_is_reminded(ada, clock.now) for _ in range(2)}
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    with db.engine.connect() as connection:
        found = set(connection.execute(sa.select(ReminderDelivery.address)).scalars())
    assert found == phones


def test_a_person_reads_it_in_their_own_language(ada, clock, rules):
    a_phone_that_is_reminded(ada, clock.now)
    prefers(ada, "language", "en")
    round_of(at(clock, f"{DUE_DAY}T10:00"))
    post = Post()
    send_all(post, clock.now)
    (letter,) = (one for one in post.letters if one.is_nudge)
    assert letter.words.title == "Clean from the start: by Saturday 28 November"
    assert letter.neutral == ("Rundtur", "You have a reminder.")


@pytest.fixture
def two_are_a_crowd(monkeypatch):
    monkeypatch.setattr(gathering, "CROWD", 1)


def test_a_crowd_is_reminded_over_five_minutes_because_everybody_opens_the_app_then(
    ada, bruno, hugo, world, clock, two_are_a_crowd
):
    for actor in (ada, bruno):
        a_phone_that_is_reminded(actor, at(clock, "2026-11-24T09:00"))
    a_message(hugo.person_id, world.units["omsorg"])
    round_of(clock.move(minutes=2))
    post = Post()
    assert (len(inbox(ada)), len(inbox(bruno))) == (1, 1), "it is read at once by who looks"
    send_all(post, clock.now)
    assert len(post.letters) == 1
    send_all(post, clock.move(minutes=3))
    assert len(post.letters) == 2
    send_all(post, clock.move(minutes=10))
    assert len(post.letters) == 2


def test_what_hurries_is_said_to_everybody_at_once(ada, bruno, clock, two_are_a_crowd):
    phones = {a_phone_that_is_reminded(actor, clock.now): actor.person_id for actor in (ada, bruno)}
    made = {person: a_reminder(person, clock.now) for person in phones.values()}
    do(lambda session: session.add_all(made.values()))
    reminders = {one.id: person for person, one in made.items()}
    do(lambda session: gathering.add_deliveries(session.connection(), reminders, clock.now, hurries=reminders))
    with db.engine.connect() as connection:
        assert set(connection.execute(sa.select(ReminderDelivery.not_before)).scalars()) == {clock.now}
