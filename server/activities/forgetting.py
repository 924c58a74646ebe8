"""Deleting check-ins when their time is over. That the tour was completed is a fact of its own, and stays."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.changefeed import Touch, departure_stream, person_stream

from .models import CheckIn, Evidence


class Visit(NamedTuple):
    """What a person has said of one stop."""

    departure_id: str
    stop_key: str
    person_id: str


def visits_before(connection: Connection, before: datetime, most: int) -> list[Visit]:
    """Some of those with a check-in, or evidence that led to none, of a time before that."""
    said = sa.union(
        sa.select(CheckIn.departure_id, CheckIn.stop_key, CheckIn.person_id).where(CheckIn.checked_in_at < before),
        sa.select(Evidence.departure_id, Evidence.stop_key, Evidence.person_id).where(Evidence.at < before),
    )
    return [Visit(*row) for row in connection.execute(said.limit(most))]


def forget_visits(connection: Connection, visits: Sequence[Visit]) -> list[Touch]:
    """No time and no evidence of the visits is left. Again: nothing changes. Returns what readers must hear."""
    for model in (Evidence, CheckIn):
        this = (
            model.departure_id == sa.bindparam("departure"), model.stop_key == sa.bindparam("stop"),
            model.person_id == sa.bindparam("person"),
        )  # fmt: skip
        values = [{"departure": one.departure_id, "stop": one.stop_key, "person": one.person_id} for one in visits]
        if values:
            connection.execute(sa.delete(model).where(*this), values)
    of_people = [
        Touch(person_stream(one.person_id), "check_in", f"{one.departure_id}/{one.stop_key}", deleted=True)
        for one in visits
    ]
    return of_people + [
        Touch(departure_stream(one.departure_id), "check_in", "/".join(one), deleted=True) for one in visits
    ]
