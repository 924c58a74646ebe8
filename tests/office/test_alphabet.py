"""Lists of the office stand in the order of the Swedish alphabet, on every database."""

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.office.alphabet import by_name, place
from server.people.models import Person

from .pages import change, rows

NAMES = ["anna", "Annika", "Édith", "Edvin", "Zara", "zeta", "Åke", "åsa", "Ärla", "Öland", "östen"]


def named(world, first, second):
    for slug, name in (("ada", first), ("bruno", second)):
        change(sa.update(Person).where(Person.id == world.people[slug]).values(name=name))


@pytest.mark.parametrize(("first", "second"), [("Östen Z", "Åsa A"), ("åke", "Zara"), ("Ärla", "ÅSA")])
def test_on_the_board_and_on_a_roster_å_ä_ö_follow_z(hugo, world, first, second):
    named(world, first, second)
    assert list(rows(hugo.get("/office/?order=name"))) == [second, first]
    roster = rows(hugo.get(f"/office/departures/{world.departures['rundan-i-dag']}"))
    assert list(roster) == [second, first]


def test_the_database_and_we_have_one_order(app):
    shuffled = sa.union_all(*(sa.select(sa.literal(name).label("name")) for name in NAMES[::-1])).subquery()
    ordered = db.session.scalars(sa.select(shuffled.c.name).order_by(by_name(shuffled.c.name)))
    assert list(ordered) == sorted(set(NAMES), key=place) == NAMES
