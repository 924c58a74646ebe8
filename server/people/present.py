"""Persons as the wire has them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import clock
from server.foundation.clock import wire
from server.foundation.database import check_in_months_of, zone_of

from .models import Employment, Person, Preference, RoleHeld, Unit


def selves(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Self"""
    row = connection.execute(sa.select(Person.name, Person.language).where(Person.id == person_id)).one_or_none()
    if row is None:
        return {}
    posts = (
        sa.select(Unit.id, Unit.name)
        .join(Employment, Employment.unit_id == Unit.id)
        .where(
            Employment.person_id == person_id,
            sa.or_(Employment.to_on.is_(None), Employment.to_on >= clock.today(zone_of(connection))),
        )
        .order_by(Employment.from_on, Unit.id)
    )
    units = {unit.id: unit.name for unit in connection.execute(posts)}
    held = (
        sa.select(RoleHeld.role, Unit.slug)
        .join(Unit, Unit.id == RoleHeld.unit_id)
        .where(RoleHeld.person_id == person_id)
        .order_by(RoleHeld.role, Unit.slug)
    )
    roles = [{"role": row.role, "unit": row.slug} for row in connection.execute(held)]
    return {
        person_id: {
            "person_id": person_id, "name": row.name, "language": row.language, "units": list(units.values()),
            "roles": roles, "zone": zone_of(connection), "check_in_months": check_in_months_of(connection),
        }
    }  # fmt: skip


def preferences(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Preference"""
    select = sa.select(Preference.name, Preference.value, Preference.set_at).where(
        Preference.person_id == person_id, Preference.name.in_(ids)
    )
    return {
        row.name: {"name": row.name, "value": row.value, "set_at": wire(row.set_at)}
        for row in connection.execute(select)
    }
