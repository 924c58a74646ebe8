"""To which units people belong, and what they may see because of it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import clock
from server.foundation.access import ROLES
from server.foundation.database import any_of, zone_of

from .models import Employment, RoleHeld, Unit

_PATHS = (
    sa.select(Employment.person_id, Unit.path, Employment.to_on)
    .join(Unit, Unit.id == Employment.unit_id)
    .where(
        any_of(Employment.person_id, "people"),
        Employment.from_on <= sa.bindparam("latest"),
        sa.or_(Employment.to_on.is_(None), Employment.to_on >= sa.bindparam("today")),
    )
)
EARLY_DAYS = 60
"""Someone hired from a coming date may prepare before it."""


def unit_ids(connection: Connection, people: Iterable[str]) -> dict[str, set[str]]:
    """Of each person: the units of the employments that run (or soon will), and all units above them."""
    today = clock.today(zone_of(connection))
    found: dict[str, set[str]] = {}
    values = {"people": sorted(people), "today": today, "latest": today + timedelta(days=EARLY_DAYS)}
    for person, path, _ in connection.execute(_PATHS, values):
        found.setdefault(person, set()).update(path.rstrip("/").split("/"))
    return found


Moment = tuple[str, datetime]
"""A person, and when they did something."""


def units_then(connection: Connection, moments: Iterable[Moment]) -> dict[Moment, set[str]]:
    """Of each person at each moment: the units as above, also of employments that have ended since.

    What was done on the last day of a post counts, whenever the phone comes to tell it.
    """
    zone = zone_of(connection)
    days = {moment: moment[1].astimezone(ZoneInfo(zone)).date() for moment in moments}
    if not days:
        return {}
    values = {
        "people": sorted({person for person, _ in days}), "today": min(days.values()),
        "latest": clock.today(zone) + timedelta(days=EARLY_DAYS),
    }  # fmt: skip
    posts: dict[str, list[tuple[str, date | None]]] = {}
    for person, path, to_on in connection.execute(_PATHS, values):
        posts.setdefault(person, []).append((path, to_on))
    return {
        moment: {
            unit
            for path, to_on in posts.get(moment[0], [])
            if to_on is None or to_on >= day
            for unit in path.rstrip("/").split("/")
        }
        for moment, day in days.items()
    }


def roles(connection: Connection, person_id: str) -> list[tuple[str, str]]:
    """The person's roles as (role, path of the unit that it is held in)."""
    select = (
        sa.select(RoleHeld.role, Unit.path)
        .join(Unit, Unit.id == RoleHeld.unit_id)
        .where(RoleHeld.person_id == person_id)
        .order_by(RoleHeld.role)
    )
    return [(role, path) for role, path in connection.execute(select) if role in ROLES]
