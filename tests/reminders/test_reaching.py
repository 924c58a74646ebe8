"""What no phone has heard goes another way: by mail, on the day of a tour by SMS too; and who cannot be reached at all."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.activities import departing
from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.people.models import Device, Employment, Person, Preference
from server.reminders import contacts, unsubscribing
from server.reminders.letters import later
from server.reminders.models import ContactAddress, PushSubscription, ReminderDelivery
from server.reminders.reaching import escalate, is_reachable

from .making import ZONE, Post, a_phone_that_is_reminded, round_of, send_all, start

BOTH = ("mail", "push", "sms")
NUMBER = "+46701740605"


def change(*statements):
    with writing(), db.engine.begin() as connection:
        for one in statements:
            connection.execute(one)


def heard(person, at):
    change(sa.update(Device).where(Device.person_id == person.person_id).values(last_heard_at=at))


def numbered(*people):
    with writing(), db.engine.begin() as connection:
        contacts.set_numbers(connection, {one.person_id: NUMBER for one in people})


def on(ways=BOTH):
    """The worker's round without its sending. Returns the ways that were added, by name."""
    now = product_clock.now()
    round_of(now)
    with writing(), db.engine.begin() as connection:
        escalate(connection, now, ZONE, ways)
        select = sa.select(Person.email, ReminderDelivery.channel).join(Person, Person.id == ReminderDelivery.person_id)
        rows = connection.execute(select.where(ReminderDelivery.channel != "push", ReminderDelivery.state == "waiting"))
        return sorted((email.partition("@")[0], channel) for email, channel in rows)


@pytest.fixture
def due(world, clock):
    """Ada and Bruno are to be reminded of a course today; nobody else is."""
    start(clock.now.date(), "due")
    clock.move(days=1)
    return clock


@pytest.fixture
def leaving(world, clock):
    """The bus leaves in an hour, with Ada and Bruno, and Greta who guides it."""
    start(clock.now.date(), "leaving")
    clock.move(hours=23)
    return clock


def test_who_has_no_phone_that_is_reminded_gets_a_mail_at_once(ada, bruno, due):
    a_phone_that_is_reminded(bruno, due.now)
    assert on() == [("ada", "mail")]


def test_a_mail_is_added_once_whatever_became_of_it(ada, bruno, due):
    on()
    send_all(Post(), due.now, "mail")
    due.move(hours=1)
    assert on() == []
    with db.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(ReminderDelivery)).scalar() == 2


@pytest.mark.parametrize(("hours", "said"), [(3.9, []), (4.1, [("ada", "mail")])])
def test_a_phone_that_is_silent_after_its_push_has_four_hours(ada, bruno, due, hours, said):
    a_phone_that_is_reminded(ada, due.now)
    a_phone_that_is_reminded(bruno, due.now)
    heard(ada, due.now - timedelta(days=1))
    on()
    send_all(Post(), due.now)
    heard(bruno, due.now + timedelta(minutes=1))
    due.move(hours=hours)
    assert on() == said


def test_a_phone_that_was_heard_after_the_push_is_not_silent(ada, bruno, due):
    for one in (ada, bruno):
        a_phone_that_is_reminded(one, due.now)
    on()
    send_all(Post(), due.now)
    for one in (ada, bruno):
        heard(one, due.now + timedelta(seconds=5))
    due.move(hours=8)
    assert on() == []


def test_one_phone_of_two_that_was_heard_is_enough(ada, bruno, due):
    for _ in range(2):
        a_phone_that_is_reminded(ada, due.now)
    a_phone_that_is_reminded(bruno, due.now)
    on()
    send_all(Post(), due.now)
    one = sa.select(sa.func.min(Device.id)).where(Device.person_id == ada.person_id).scalar_subquery()
    heard(ada, due.now - timedelta(days=3))
    heard(bruno, due.now + timedelta(minutes=1))
    change(sa.update(Device).where(Device.id == one).values(last_heard_at=due.now + timedelta(minutes=1)))
    due.move(hours=8)
    assert on() == []


@pytest.mark.parametrize(
    "dead",
    [
        sa.update(PushSubscription).values(failures=5),
        sa.update(PushSubscription).values(confirmed_at=product_clock.instant("2026-11-01T00:00:00Z")),
        sa.delete(PushSubscription),
    ],
    ids=["refused again and again", "not heard for two weeks", "gone"],
)
def test_a_phone_that_is_dead_counts_as_none(ada, bruno, due, dead):
    a_phone_that_is_reminded(ada, due.now)
    heard(ada, product_clock.instant("2026-11-01T00:00:00Z"))
    change(dead)
    assert on() == [("ada", "mail"), ("bruno", "mail")]


def test_a_push_that_the_service_will_not_take_has_its_time_from_the_beginning(ada, bruno, due):
    for one in (ada, bruno):
        a_phone_that_is_reminded(one, due.now)
    on()
    for _ in range(5):
        send_all(Post(lambda _: later("push_503", 3600)), due.now)
        due.move(hours=1)
    assert on() == [("ada", "mail"), ("bruno", "mail")]


def test_what_was_seen_settled_or_put_off_goes_no_other_way(ada, bruno, world, due):
    phones = {one: one.phone() for one in (ada, bruno)}
    for one in (ada, bruno):
        a_phone_that_is_reminded(one, due.now)
    on()
    send_all(Post(), due.now)
    (reminder,) = phones[ada].pull().rows("reminder")
    phones[ada].sync({"kind": "reminder_seen", "reminder_id": reminder})
    bruno.sync(*world.all_of_hygien())
    for one in (ada, bruno):
        heard(one, due.now - timedelta(days=1))
    due.move(hours=5)
    assert on() == []


def test_nudges_by_mail_heed_a_no_and_duties_do_not(ada, bruno, greta, leaving):
    for one in (ada, bruno, greta):
        one.sync({"kind": "preference_set", "name": "mail", "value": "off"})
    assert on(("mail",)) == [("ada", "mail"), ("bruno", "mail"), ("greta", "mail")]


def test_a_no_ends_what_waits(ada, bruno, due):
    assert on() == [("ada", "mail"), ("bruno", "mail")]
    ada.sync({"kind": "preference_set", "name": "mail", "value": "off"})
    assert on() == [("bruno", "mail")]


def test_who_clicked_and_said_yes_again_gets_nudges_whoever_else_has_clicked(ada, bruno, due):
    """The time of anybody's click was asked for: PostgreSQL broke the round off, SQLite took the first one's."""
    for one, minutes in ((ada, -60), (bruno, 60)):
        at = due.now + timedelta(minutes=minutes)
        with writing():
            unsubscribing.refuse_nudges(db.session(), person_id=one.person_id, at=at)
            db.session.commit()
    for one in (ada, bruno):
        change(
            sa.update(Preference)
            .where(Preference.person_id == one.person_id, Preference.name == "mail")
            .values(value="on", set_at=due.now)
        )
    assert on() == [("ada", "mail")], "of Bruno the click is the later word"


def test_who_turned_reminders_off_gets_their_duties_by_mail(ada, bruno, greta, leaving):
    a_phone_that_is_reminded(ada, leaving.now)
    ada.sync({"kind": "preference_set", "name": "reminders", "value": "off"})
    assert ("ada", "mail") in on()


def test_on_the_day_of_a_tour_mail_and_sms_go_together(ada, bruno, greta, leaving):
    a_phone_that_is_reminded(bruno, leaving.now)
    numbered(ada, bruno)
    assert on() == [("ada", "mail"), ("ada", "sms"), ("greta", "mail")]
    send_all(Post(), leaving.now)
    heard(bruno, leaving.now - timedelta(hours=2))
    leaving.move(minutes=31)
    assert on() == [("ada", "mail"), ("ada", "sms"), ("bruno", "mail"), ("bruno", "sms"), ("greta", "mail")]


def test_no_sms_goes_the_day_before(ada, bruno, greta, world, clock):
    start(clock.now.date(), "tour_tomorrow")
    numbered(ada)
    clock.move(hours=8.1)
    assert on() == [("ada", "mail"), ("bruno", "mail"), ("greta", "mail")]


def test_no_sms_goes_about_another_day_s_change(ada, world, clock):
    start(clock.now.date(), "departure_changed")
    numbered(ada)
    with writing():
        departing.cancel(db.session(), slug="rundan-nasta-manad", at=clock.now)
        db.session.commit()
    assert on() == [("ada", "mail"), ("greta", "mail")]


def test_without_a_way_none_is_taken(ada, bruno, due):
    numbered(ada)
    assert on(()) == []
    assert on(("push", "sms")) == []


def test_an_address_that_bounced_is_left_alone_for_a_month(ada, bruno, due):
    on()
    with writing(), db.engine.begin() as connection:
        contacts.make(connection, [ada.person_id])
        connection.execute(sa.update(ContactAddress).values(mail_bounced_at=due.now))
        connection.execute(sa.delete(ReminderDelivery))
    assert on() == [("bruno", "mail")]
    due.move(days=31)
    with db.engine.connect() as connection:
        assert (
            connection.execute(sa.select(Person.id).where(contacts.has_mail(due.now)))
            .scalars()
            .all()
            .count(ada.person_id)
        )


def test_who_has_left_hears_nothing_more(ada, bruno, due):
    round_of(due.now)
    yesterday = due.now.date() - timedelta(days=1)
    change(sa.update(Employment).where(Employment.person_id == ada.person_id).values(to_on=yesterday))
    assert on() == [("bruno", "mail")]


def reachable(ways):
    with db.engine.connect() as connection:
        found = sa.select(Person.email).where(is_reachable(product_clock.now(), ways))
        return {email.partition("@")[0] for email in connection.execute(found).scalars()}


def test_who_can_be_reached_has_a_phone_that_lives_or_an_address_that_does(ada, bruno, carla, clock):
    a_phone_that_is_reminded(ada, clock.now)
    numbered(carla)
    assert reachable(("push", "sms")) == {"ada"}
    with writing(), db.engine.begin() as connection:
        contacts.make(connection, [ada.person_id, bruno.person_id])
        connection.execute(sa.update(ContactAddress).values(mail_bounced_at=clock.now))
    assert reachable(BOTH) == {"ada", "sofia", "hugo", "greta"}
    clock.move(days=15)
    assert "ada" not in reachable(BOTH)
    clock.move(days=16)
    assert reachable(BOTH) == {"ada", "bruno", "carla", "sofia", "hugo", "greta"}
