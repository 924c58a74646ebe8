"""Who sees an activity: its audience, and whoever has a seat on one of its departures or guides it."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.acts import Act
from server.foundation.database import any_of
from server.people import belonging

from .models import Activity, Booking, Departure, DepartureGuide


class InItem(Protocol):
    """Any act in something that may be an activity."""

    @property
    def act(self) -> Act: ...
    @property
    def item_id(self) -> str: ...


_AUDIENCES = sa.select(Activity.id, Activity.audience_unit_id).where(any_of(Activity.id, "items"))
_TRAVELLERS = sa.union(
    *(
        sa.select(one.person_id, Departure.activity_id)
        .join(Departure, Departure.id == one.departure_id)
        .where(any_of(one.person_id, "people"), any_of(Departure.activity_id, "items"))
        for one in (Booking, DepartureGuide)
    )
)


def seen(connection: Connection, acts: Sequence[InItem]) -> set[str]:
    """Those of the acts, by op_id, that are in an activity which their person could see when they acted."""
    items = sorted({one.item_id for one in acts})
    audiences = dict(connection.execute(_AUDIENCES, {"items": items}).tuples().all())
    known = [one for one in acts if one.item_id in audiences]
    if not known:
        return set()
    values = {"people": sorted({one.act.person_id for one in known}), "items": sorted(audiences)}
    travellers = {(person, activity) for person, activity in connection.execute(_TRAVELLERS, values)}
    units = belonging.units_then(connection, {(one.act.person_id, one.act.at) for one in known})
    return {
        one.act.op_id
        for one in known
        if (one.act.person_id, one.item_id) in travellers
        or audiences[one.item_id] in units[one.act.person_id, one.act.at]
    }
