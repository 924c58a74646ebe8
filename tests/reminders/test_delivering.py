"""Each delivery is claimed by one worker at a time, sent at least once, and shown once; what cannot be sent waits or is said."""

import logging
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.reminders import delivering
from server.reminders.delivering import claim, deliver
from server.reminders.letters import GONE, OK, later, refused
from server.reminders.models import PushSubscription, Reminder, ReminderDelivery

from .making import ZONE, Post, a_phone_that_is_reminded, a_reminder, do, round_of, send_all, start

NOON = datetime.fromisoformat("2026-11-25T11:00Z")


@pytest.fixture
def waiting(ada, clock):
    """A reminder of ada's waits for her phone."""
    phone = a_phone_that_is_reminded(ada, clock.now)
    start(date(2026, 11, 24), "due")
    clock.now = NOON
    round_of(NOON)
    return phone


def states():
    with db.engine.connect() as connection:
        return connection.execute(sa.select(ReminderDelivery.state, ReminderDelivery.failure)).tuples().all()


def crowd(person_id, number):
    """So many reminders of one person, each waiting at an address of its own."""
    rows = [
        {"reminder_id": None, "person_id": person_id, "channel": "push", "address": f"phone {n}", "not_before": NOON}
        for n in range(number)
    ]
    for row in rows:
        made = a_reminder(person_id, NOON, rule="message", nudge_on=None)
        row["reminder_id"], row["id"] = made.id, made.id
        do(lambda session, made=made: session.add(made))
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.insert(ReminderDelivery), rows)


def test_two_workers_send_each_delivery_once(ada, clock):
    crowd(ada.person_id, 60)
    post, engine, ready = Post(), db.engine, Barrier(2)

    def work():
        ready.wait()
        while deliver(engine, NOON, ZONE, {"push": post}, most=7):
            pass

    threads = [Thread(target=work) for _ in range(2)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert Counter(one.address for one in post.letters) == Counter(f"phone {n}" for n in range(60))
    assert states() == [("sent", None)] * 60


def test_a_worker_killed_between_sending_and_recording_leaves_it_to_another_under_the_same_tag(waiting, monkeypatch):
    post = Post()
    with monkeypatch.context() as killed:
        killed.setattr(delivering, "record", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            send_all(post, NOON)
    assert send_all(post, NOON + timedelta(minutes=1)) == 0
    assert send_all(post, NOON + timedelta(minutes=3)) == 1
    first, second = post.letters
    assert (first.tag, first.topic) == (second.tag, second.topic)
    assert first.topic == first.reminder_id.replace("-", "")
    assert send_all(post, NOON + timedelta(minutes=9)) == 0


def test_a_worker_that_was_slower_than_its_lease_does_not_undo_what_another_did(waiting):
    with writing(), db.engine.begin() as connection:
        slow = claim(connection, NOON, 9, ["push"])
        letters = delivering.letters_of(connection, slow, NOON, ZONE)
    assert send_all(Post(), NOON + timedelta(minutes=4)) == 1
    with writing(), db.engine.begin() as connection:
        results = [(letters[0], later("slow"))]
        delivering.record(connection, results, {one.id: one for one in slow}, NOON + timedelta(minutes=5), ZONE)
    assert states() == [("sent", None)]


def test_what_cannot_go_now_is_tried_again_each_time_later_and_not_beyond_its_day(waiting):
    post, now, tried = Post(lambda letter: later("busy")), NOON, []
    for _ in range(24 * 60):
        before = len(post.letters)
        send_all(post, now)
        tried += [now] * (len(post.letters) - before)
        now += timedelta(minutes=1)
    waits = [after - before for before, after in pairwise(tried)]
    assert waits[0] <= timedelta(minutes=1)
    assert timedelta(minutes=30) < max(waits) < timedelta(minutes=95)
    assert tried[-1] < datetime.fromisoformat("2026-11-25T18:00Z")  # seven in the evening: quiet hours
    assert states() == [("failed", "quiet")]


def test_what_the_service_says_of_waiting_is_heeded(waiting):
    said = iter([later("busy", 1800), OK])
    post = Post(lambda letter: next(said))
    send_all(post, NOON)
    assert send_all(post, NOON + timedelta(minutes=29)) == 0
    assert send_all(post, NOON + timedelta(minutes=46)) == 1
    assert states() == [("sent", None)]


def test_an_address_that_is_gone_is_told_to_its_channel_and_not_tried_again(waiting):
    post = Post(lambda letter: GONE)
    send_all(post, NOON)
    assert [(letter.address, sent.how) for letter, sent in post.noted] == [(waiting, "gone")]
    assert send_all(post, NOON + timedelta(hours=2)) == 0
    assert states() == [("failed", "gone")]


def test_a_refusal_is_an_alarm_once_and_no_more(ada, clock, caplog):
    crowd(ada.person_id, 12)
    with caplog.at_level(logging.ERROR):
        send_all(Post(lambda letter: refused("vapid")), NOON)
        crowd(ada.person_id, 3)
        send_all(Post(lambda letter: refused("vapid")), NOON)
    assert [one.getMessage() for one in caplog.records] == ["push refuses what we send: vapid"]
    assert set(states()) == {("failed", "vapid")}


def test_a_channel_that_fails_unexpectedly_is_tried_again(waiting, caplog):
    said = iter([ZeroDivisionError, None])

    def say(letter):
        if failure := next(said):
            raise failure
        return OK

    send_all(Post(say), NOON)
    assert states() == [("waiting", "unexpected")]
    assert "ZeroDivisionError" in caplog.text
    send_all(Post(say), NOON + timedelta(minutes=1))
    assert states() == [("sent", None)]


def test_what_was_seen_meanwhile_is_not_sent_any_more(ada, waiting):
    reminder = next(iter(ada.own_phone.pull().rows("reminder")))
    ada.sync({"kind": "reminder_seen", "reminder_id": reminder})
    post = Post()
    send_all(post, NOON)
    assert post.letters == []
    assert states() == [("withdrawn", None)]


def test_what_was_put_off_meanwhile_is_not_sent_before_its_day(ada, waiting):
    reminder = next(iter(ada.own_phone.pull().rows("reminder")))
    ada.sync({"kind": "reminder_snoozed", "reminder_id": reminder, "until_on": "2026-11-26"})
    post = Post()
    send_all(post, NOON)
    assert post.letters == []
    for minute in range(3):
        round_of(NOON + timedelta(days=1, minutes=minute))
        send_all(post, NOON + timedelta(days=1, minutes=minute))
    assert [one.tag for one in post.letters] == [reminder]


def test_a_worker_that_lay_still_sends_nothing_in_the_night_and_no_nudge_of_yesterday(waiting):
    post = Post()
    send_all(post, datetime.fromisoformat("2026-11-25T22:00Z"))
    assert post.letters == []
    assert send_all(post, datetime.fromisoformat("2026-11-26T10:00Z")) == 0
    assert states() == [("failed", "quiet")]


def test_a_nudge_lives_at_the_push_service_until_the_quiet_hours(waiting):
    post = Post()
    send_all(post, NOON)
    (letter,) = post.letters
    assert (letter.urgency, letter.is_nudge) == ("normal", True)
    assert NOON + timedelta(seconds=letter.ttl_s) == datetime.fromisoformat("2026-11-25T18:00Z")


def test_a_tour_lives_there_until_it_leaves(ada, clock):
    a_phone_that_is_reminded(ada, clock.now)
    start(date(2026, 11, 24), "tour_tomorrow", "leaving")
    post, evening = Post(), datetime.fromisoformat("2026-11-24T16:00Z")
    for now in (evening, evening + timedelta(hours=15)):
        round_of(now)
        send_all(post, now)
    assert [(one.rule, one.urgency, one.ttl_s) for one in post.letters] == [
        ("tour_tomorrow", "normal", 16 * 3600), ("leaving", "high", 3600),
    ]  # fmt: skip


def test_nothing_is_pushed_to_who_has_turned_reminders_off_meanwhile(ada, clock):
    a_phone_that_is_reminded(ada, clock.now)
    start(date(2026, 11, 24), "tour_tomorrow")
    evening = datetime.fromisoformat("2026-11-24T16:00Z")
    round_of(evening)
    ada.sync({"kind": "preference_set", "name": "reminders", "value": "off"})
    post = Post()
    send_all(post, evening)
    assert post.letters == []


def test_a_reminder_that_was_closed_takes_its_waiting_deliveries_with_it(waiting, world, ada):
    ada.sync(*world.all_of_hygien())
    round_of(NOON)
    assert states() == [("withdrawn", None)]
    closed = sa.select(Reminder.closed_why).where(Reminder.person_id == ada.person_id)
    assert db.session.scalars(closed).all() == ["done"]
    assert db.session.scalars(sa.select(PushSubscription.id)).all() == [waiting]
