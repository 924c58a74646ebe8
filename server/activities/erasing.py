"""Erasing a person: where they travelled, whom they guided, and when they were there."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation.changefeed import departure_stream, touch

from .departing import tell_members
from .models import Booking, CheckIn, DepartureChange, DepartureGuide, Evidence

OF_PERSON = (Evidence, CheckIn, Booking, DepartureGuide, DepartureChange)


def erase(session: Session, *, person_id: str) -> None:
    """Nothing of the person's tours is left; guides and fellow travellers hear it. Again: nothing changes."""
    seats = session.scalars(sa.select(Booking.departure_id).where(Booking.person_id == person_id)).all()
    guided = session.scalars(sa.select(DepartureGuide.departure_id).where(DepartureGuide.person_id == person_id)).all()
    visits = session.execute(
        sa.union(
            *(
                sa.select(one.departure_id, one.stop_key).where(one.person_id == person_id)
                for one in (CheckIn, Evidence)
            )
        )
    ).all()
    for model in OF_PERSON:
        session.execute(sa.delete(model).where(model.person_id == person_id))
    for departure in seats:
        touch(session, departure_stream(departure), "roster_line", f"{departure}/{person_id}", deleted=True)
    for departure, stop in visits:
        touch(session, departure_stream(departure), "check_in", f"{departure}/{stop}/{person_id}", deleted=True)
    for departure in guided:
        tell_members(session, departure)
