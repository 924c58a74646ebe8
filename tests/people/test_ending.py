"""A post ends with its last day, though nobody does anything then."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.people import ending
from server.people.models import Employment


@pytest.fixture
def last_day(ada, clock):
    """Ada's only post ends today, and her phone has been told of it."""
    post = sa.update(Employment).where(Employment.person_id == ada.person_id)
    with writing(), db.engine.begin() as connection:
        connection.execute(post.values(to_on=clock.now.date()))
    return ada.phone().pull()


def units(phone):
    return phone.rows("self")[phone.actor.person_id]["units"]


def test_the_unit_of_a_post_that_has_ended_leaves_the_phone_the_day_after(app, last_day, clock):
    assert units(last_day) != []
    clock.move(days=1)
    last_day.pull()
    assert units(last_day) != [], "nobody has told it yet"
    app.extensions["tasks"].do_round()
    last_day.pull()
    assert units(last_day) == []


def test_a_post_on_its_last_day_and_one_that_ended_long_ago_are_nobody_s_news(last_day, clock):
    assert ending.tell_of_ended(db.engine, clock.now) == 0
    assert ending.tell_of_ended(db.engine, clock.now + timedelta(days=7)) == 1
    assert ending.tell_of_ended(db.engine, clock.now + timedelta(days=8)) == 0
