"""Somebody who is erased: how it is done, as the command does it."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from config import Settings
from server.activities import departing
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.learning import enrolling
from server.people import enlisting, erasures
from server.sync import erasing
from tests.cast import World

from .canary import CANARY

NAME = "Disa Dahlström"


def take_on(world: World, at: datetime) -> None:
    """Disa is one of them: in the same unit, the same programme, and on the same bus."""
    first = (at - timedelta(days=10)).date()
    with writing():
        session = db.session()
        person = enlisting.enlist(session, email="disa@prov.example", name=NAME, at=at)
        enlisting.employ(
            session, person_id=person.id, unit=enlisting.unit_named(session, "omsorg"), title="", shift_pattern="day",
            from_on=first, to_on=None,
        )  # fmt: skip
        enrolling.enrol(session, person_id=person.id, programme_id=world.programmes["ny-har"], started_on=first)
        departing.book(session, departure_id=world.departures["rundan-i-dag"], person_id=person.id, at=at)
        _commit()
    world.people["disa"] = person.id


def erase(settings: Settings, person_id: str, at: datetime) -> None:
    """The person is erased, and stands in the list."""
    with writing():
        erasing.erase(db.session(), person_id=person_id, at=at)
        db.session.flush()
        erasures.note(settings.path_of_erasures, person_id, at)
        _commit()


def forget_songs(acts: set[str]) -> None:
    """What these acts have sung is forgotten with them; if they sing again, it is heard."""
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.delete(CANARY).where(CANARY.c.op_id.in_(acts)))


def _commit() -> None:
    publish_session(db.session())
    db.session.commit()
    db.session.remove()
