"""Persons as the wire has them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.clock import wire

from . import belonging
from .models import Employment, Person, Preference, Unit


def selves(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Self"""
    row = connection.execute(sa.select(Person.name, Person.language).where(Person.id == person_id)).one_or_none()
    if row is None:
        return {}
    units = connection.execute(
        sa.select(Unit.name).join(Employment, Employment.unit_id == Unit.id).where(Employment.person_id == person_id)
    ).scalars()
    slugs = {unit.id: unit.slug for unit in connection.execute(sa.select(Unit.id, Unit.slug))}
    roles = [
        {"role": role, "unit": slugs[path.rstrip("/").rsplit("/")[-1]]}
        for role, path in belonging.roles(connection, person_id)
    ]
    return {
        person_id: {
            "person_id": person_id, "name": row.name, "language": row.language, "units": list(units), "roles": roles
        }
    }  # fmt: skip


def preferences(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Preference"""
    select = sa.select(Preference.name, Preference.value, Preference.set_at).where(
        Preference.person_id == person_id, Preference.name.in_(ids)
    )
    return {row.name: {"name": row.name, "value": row.value, "set_at": wire(row.set_at)} for row in connection.execute(select)}
