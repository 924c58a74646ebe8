"""Persons as the wire has them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import clock
from server.foundation.clock import wire
from server.foundation.database import any_of, check_in_months_of, zone_of

from .models import Employment, Person, Preference, RoleHeld, Unit

_PERSON = sa.select(Person.name, Person.language).where(Person.id == sa.bindparam("person"))
_POSTS = (
    sa.select(Unit.id, Unit.name)
    .join(Employment, Employment.unit_id == Unit.id)
    .where(
        Employment.person_id == sa.bindparam("person"),
        sa.or_(Employment.to_on.is_(None), Employment.to_on >= sa.bindparam("today")),
    )
    .order_by(Employment.from_on, Unit.id)
)
_ROLES = (
    sa.select(RoleHeld.role, Unit.slug)
    .join(Unit, Unit.id == RoleHeld.unit_id)
    .where(RoleHeld.person_id == sa.bindparam("person"))
    .order_by(RoleHeld.role, Unit.slug)
)


def selves(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Self"""
    own = {"person": person_id}
    row = connection.execute(_PERSON, own).one_or_none()
    if row is None:
        return {}
    posts = connection.execute(_POSTS, own | {"today": clock.today(zone_of(connection))})
    units = {unit.id: unit.name for unit in posts}
    roles = [{"role": row.role, "unit": row.slug} for row in connection.execute(_ROLES, own)]
    return {
        person_id: {
            "person_id": person_id, "name": row.name, "language": row.language, "units": list(units.values()),
            "roles": roles, "zone": zone_of(connection), "check_in_months": check_in_months_of(connection),
        }
    }  # fmt: skip


_PREFERENCES = sa.select(Preference.name, Preference.value, Preference.set_at).where(
    Preference.person_id == sa.bindparam("person"), any_of(Preference.name, "names")
)


def preferences(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Preference"""
    return {
        row.name: {"name": row.name, "value": row.value, "set_at": wire(row.set_at)}
        for row in connection.execute(_PREFERENCES, {"person": person_id, "names": ids})
    }
