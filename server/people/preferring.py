"""What people prefer: their language, whether they are reminded, by mail too, and when they want quiet."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream
from server.foundation.database import any_of
from server.foundation.texts import LANGUAGES

from .models import Person, Preference

AFTER_SHIFTS = "after_shifts"
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_SENSIBLE: dict[str, Callable[[str], bool]] = {
    "language": lambda value: value in LANGUAGES,
    "reminders": lambda value: value in ("on", "off"),
    "mail": lambda value: value in ("on", "off"),
    "quiet_hours": lambda value: value == AFTER_SHIFTS or (bool(_HOURS.fullmatch(value)) and value[:5] != value[6:]),
}
"""What may be said of each; quiet hours are written 21:00-07:00, or are those of the post's shifts again."""


class Preferred(NamedTuple):
    act: Act
    name: str
    value: str


_BEFORE = sa.select(Preference.person_id, Preference.name, Preference.set_at, Preference.op_id).where(
    any_of(Preference.person_id, "people")
)
_SPEAK = sa.update(Person).where(Person.id == sa.bindparam("of")).values(language=sa.bindparam("value"))


def set_preferences(connection: Connection, said: Sequence[Preferred]) -> list[Verdict]:
    """Each preference is what its person said last. An older word is dominated and changes nothing.

    What makes no sense (a language that the product does not speak) is refused, whatever was said before it.
    """
    heard = [one for one in said if _SENSIBLE[one.name](one.value)]
    rows = {
        (one.act.person_id, one.name): {
            "person_id": one.act.person_id, "name": one.name, "value": one.value,
            "set_at": one.act.at, "op_id": one.act.op_id,
        }
        for one in sorted(heard, key=lambda one: one.act.order)
    }  # fmt: skip
    people = sorted({one.act.person_id for one in said})
    for person, name, at, op_id in connection.execute(_BEFORE, {"people": people}):
        row = rows.get((person, name))
        if row and (at, op_id) >= (row["set_at"], row["op_id"]):
            del rows[person, name]
    put(connection, Preference, list(rows.values()))
    _speak(connection, rows)
    winners = {row["op_id"] for row in rows.values()}
    return [_verdict(one, one.act.op_id in winners) if one in heard else rejected("invalid") for one in said]


def _speak(connection: Connection, rows: dict[tuple[str, str], dict[str, object]]) -> None:
    for (person, name), row in rows.items():
        if name == "language":
            connection.execute(_SPEAK, {"of": person, "value": row["value"]})


def _verdict(one: Preferred, is_applied: bool) -> Verdict:
    if not is_applied:
        return Verdict("merged")
    stream = person_stream(one.act.person_id)
    touches = (Touch(stream, "preference", one.name), Touch(stream, "self", one.act.person_id))
    return Verdict("applied", None, touches)
