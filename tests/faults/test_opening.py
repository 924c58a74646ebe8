"""Everybody hears of something at once, and opens the app (FAULTS 73; ten thousand of them: script/bench opening)."""

import asyncio

import sqlalchemy as sa

from bench.crowding import FINDINGS, base_of
from bench.opening import opening
from server.foundation import clock as product_clock
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import db, writing
from server.people.models import Person
from tests.cast import an_id
from tests.office.pages import statements
from tests.reminders.making import a_reminder, inbox

PHONES, WITHIN_S = 60, 0.5


def tell(*people):
    """Each of them has one reminder more, and their phones hear of it."""
    now = product_clock.now()
    with writing():
        made = [a_reminder(person, now, rule="message", nudge_on=None) for person in people]
        touches = [Touch(person_stream(one.person_id), "reminder", one.id) for one in made]
        db.session.add_all(made)
        db.session.flush()
        publish(db.session.connection(), touches)
        db.session.commit()
        db.session.remove()


def many_more_people(count):
    people = [
        {"id": an_id(9_000 + n), "email": f"n{n}@other.example", "name": f"n{n}", "language": "sv",
         "created_at": product_clock.now()}
        for n in range(count)
    ]  # fmt: skip
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.insert(Person), people)
    return [one["id"] for one in people]


def test_opening_the_app_asks_the_same_however_many_were_reminded(ada, world):
    phone = ada.phone().pull()
    with statements() as nothing_new:
        phone.sync()
    tell(ada.person_id)
    with statements() as told_alone:
        phone.sync()
    tell(ada.person_id, *many_more_people(300))
    with statements() as told_with_many:
        phone.sync()
    assert told_with_many == told_alone
    assert len(told_alone) == len(nothing_new) + 2, "what has changed, and the reminder itself"
    assert len(inbox(ada)) == 2


def test_everybody_who_is_reminded_and_opens_the_app_at_once_finds_it_and_tells_so_once(running):
    base_of(running).watch()
    found = asyncio.run(opening(running, PHONES, WITHIN_S))
    assert {name: found[name] for name in (*FINDINGS, "not_seen", "broken")} == dict.fromkeys(
        (*FINDINGS, "not_seen", "broken"), 0
    )
    assert found["operations"] == PHONES
    assert base_of(running).asked("SELECT count(*) FROM reminder WHERE seen_at IS NOT NULL") == [(PHONES,)]
