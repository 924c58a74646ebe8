"""What a person says to a reminder, with or without a network, holds on all of their phones."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.foundation import ids
from server.foundation.changefeed import publish_session, touch
from server.foundation.database import db, writing
from server.reminders.models import ReminderMute, ReminderOccurrence

from .making import a_reminder


@pytest.fixture
def reminder(ada, world, clock):
    """A nudge of ada's about a course, and a duty's reason in it that cannot be muted."""
    with writing():
        made = a_reminder(ada.person_id, clock.now)
        db.session.add(made)
        db.session.flush()
        for rule, subject in (("due", f"{world.programmes['ny-har']}/hygien"), ("attention", "operation/1")):
            db.session.add(
                ReminderOccurrence(
                    id=ids.new_id(), rule=rule, person_id=ada.person_id, subject=subject, due_at=clock.now,
                    expires_at=clock.now + timedelta(days=9), reminder_id=made.id,
                )
            )  # fmt: skip
        touch(db.session(), f"person:{ada.person_id}", "reminder", made.id)
        publish_session(db.session())
        db.session.commit()
        db.session.remove()
    return made.id


def said(kind, reminder, **fields):
    return {"kind": kind, "reminder_id": reminder, **fields}


def test_what_was_seen_on_one_phone_is_seen_on_the_other(ada, reminder, clock):
    one, other = ada.phone().pull(), ada.phone().pull()
    assert other.rows("reminder")[reminder]["seen_at"] is None
    clock.move(hours=1)
    assert one.sync(said("reminder_seen", reminder)).said == ["applied"]
    assert other.pull().rows("reminder")[reminder]["seen_at"] == "2026-11-24T09:00:00.000Z"


def test_the_last_word_about_tomorrow_counts_whichever_arrives_first(ada, reminder, clock):
    early, late = ada.phone(), ada.phone()
    first = early.op(said("reminder_snoozed", reminder, until_on="2026-11-25"))
    clock.move(minutes=5)
    assert late.sync(said("reminder_snoozed", reminder, until_on="2026-11-27")).said == ["applied"]
    assert early.sync(first).said == ["merged"]
    assert early.pull().rows("reminder")[reminder]["snoozed_until"] == "2026-11-27"


def test_muting_silences_the_nudges_of_a_reminder_and_never_its_duties(ada, world, reminder, clock):
    assert ada.sync(said("reminder_muted", reminder)).said == ["applied"]
    clock.move(minutes=1)
    assert ada.sync(said("reminder_muted", reminder)).said == ["applied"]
    with db.engine.connect() as connection:
        muted = connection.execute(sa.select(ReminderMute.person_id, ReminderMute.subject)).all()
    assert muted == [(ada.person_id, f"{world.programmes['ny-har']}/hygien")]


def mutes():
    with db.engine.connect() as connection:
        return connection.execute(sa.select(ReminderMute.subject).order_by(ReminderMute.subject)).scalars().all()


def test_a_mute_can_be_taken_back_at_any_time_and_on_any_phone(ada, reminder, clock):
    one, other = ada.phone(), ada.phone()
    assert one.sync(said("reminder_muted", reminder)).said == ["applied"]
    assert other.pull().rows("reminder")[reminder]["is_muted"] is True
    clock.move(days=40)
    assert other.sync(said("reminder_unmuted", reminder)).said == ["applied"]
    assert one.pull().rows("reminder")[reminder]["is_muted"] is False
    assert mutes() == []


def test_the_last_word_about_muting_counts_whichever_arrives_first(ada, reminder, clock):
    early, late = ada.phone(), ada.phone()
    first = early.op(said("reminder_muted", reminder))
    clock.move(minutes=5)
    assert late.sync(said("reminder_unmuted", reminder)).said == ["applied"]
    assert early.sync(first).said == ["merged"]
    assert (mutes(), early.pull().rows("reminder")[reminder]["is_muted"]) == ([], False)


def test_what_two_reminders_mute_is_silent_until_both_are_taken_back(ada, world, reminder, clock):
    subject = f"{world.programmes['ny-har']}/hygien"
    with writing():
        other = a_reminder(ada.person_id, clock.now + timedelta(days=1))
        db.session.add(other)
        db.session.flush()
        db.session.add(
            ReminderOccurrence(
                id=ids.new_id(), rule="overdue", person_id=ada.person_id, subject=subject, due_at=clock.now,
                expires_at=clock.now + timedelta(days=9), reminder_id=other.id,
            )
        )  # fmt: skip
        second = other.id
        db.session.commit()
        db.session.remove()
    ada.sync(said("reminder_muted", reminder), said("reminder_muted", second))
    clock.move(minutes=1)
    ada.sync(said("reminder_unmuted", reminder))
    assert mutes() == [subject]
    ada.sync(said("reminder_unmuted", second))
    assert mutes() == []


def test_nobody_answers_another_person_s_reminder(bruno, reminder, count):
    for kind in ("reminder_seen", "reminder_muted", "reminder_unmuted"):
        assert bruno.sync(said(kind, reminder)).said == ["rejected:gone"]
    assert bruno.sync(said("reminder_snoozed", reminder, until_on="2026-12-01")).said == ["rejected:gone"]
    assert count(sa.select(ReminderMute)) == 0


@pytest.mark.parametrize("day", ["2026-13-01", "2026-02-30", "soon", "", None, 3])
def test_a_day_that_is_none_is_refused_and_spoils_nothing(ada, world, reminder, day):
    assert ada.sync(said("reminder_snoozed", reminder, until_on=day), world.done("tvatta")).said == [
        "rejected:invalid", "applied",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("quiet_hours", "21:00-07:00", "applied"), ("quiet_hours", "24:00-07:00", "rejected:invalid"),
        ("quiet_hours", "after_shifts", "applied"),
        ("quiet_hours", "07:00-07:00", "rejected:invalid"), ("quiet_hours", "late", "rejected:invalid"),
        ("reminders", "on", "applied"), ("reminders", "maybe", "rejected:invalid"), ("mail", "off", "applied"),
        ("colour", "red", "rejected:invalid"),
    ],
)  # fmt: skip
def test_a_preference_is_kept_where_it_makes_sense(ada, name, value, outcome):
    assert ada.sync({"kind": "preference_set", "name": name, "value": value}).said == [outcome]
