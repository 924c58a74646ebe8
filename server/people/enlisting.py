"""Units and persons come to be, change and leave."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation import ids
from server.foundation.bulk import put
from server.foundation.changefeed import person_stream, touch
from server.foundation.errors import Refusal
from server.foundation.texts import LANGUAGES

from . import auditing, tickets
from .models import ROLES, SHIFT_PATTERNS, Employment, Person, Preference, RoleHeld, Unit
from .models import Session as SignIn
from .signing_in import hash_password


class UnknownUnit(Refusal):
    code: ClassVar[str] = "unknown_unit"


class UnknownPerson(Refusal):
    code: ClassVar[str] = "unknown_person"


class ImportFault(Exception):
    """What is wrong with a line of a CSV file, said to who imports it."""


def set_unit(session: Session, *, slug: str, name: dict[str, str], within: str | None) -> Unit:
    """The unit is there, with that name and place. Again: it is changed to that. Raises UnknownUnit."""
    above = unit_named(session, within) if within else None
    unit = session.scalars(sa.select(Unit).where(Unit.slug == slug)).one_or_none() or Unit(id=ids.new_id(), slug=slug)
    before = unit.path
    unit.name, unit.within_id = name, above.id if above else None
    unit.path = f"{above.path if above else ''}{unit.id}/"
    session.add(unit)
    if before and before != unit.path:
        for below in session.scalars(sa.select(Unit).where(Unit.path.startswith(before), Unit.id != unit.id)):
            below.path = unit.path + below.path.removeprefix(before)
    session.flush()
    return unit


def unit_named(session: Session, slug: str) -> Unit:
    unit = session.scalars(sa.select(Unit).where(Unit.slug == slug)).one_or_none()
    if unit is None:
        raise UnknownUnit(unit=slug)
    return unit


def person_with(session: Session, email: str) -> Person:
    person = session.scalars(sa.select(Person).where(Person.email == email.strip().casefold())).one_or_none()
    if person is None:
        raise UnknownPerson(email=email)
    return person


def enlist(
    session: Session, *, email: str, name: str, at: datetime, language: str = "sv", password: str | None = None,
    alias: str | None = None, is_demo: bool = False,
) -> Person:  # fmt: skip
    """The person is there and active. Again, by the same address: the name is renewed, nobody is doubled.

    A language that the person has chosen stays; so does protection, which a file that does not know of it cannot end.
    Who was deactivated signs in anew, and has no upload ticket of before.
    """
    address = email.strip().casefold()
    person = session.scalars(sa.select(Person).where(Person.email == address)).one_or_none()
    if person is None:
        person = Person(id=ids.new_id(), email=address, created_at=at, is_demo=is_demo)
    elif person.deactivated_at:
        session.execute(sa.delete(SignIn).where(SignIn.person_id == person.id))
        tickets.revoke(session.connection(), at=at, actor_id=None, person_id=person.id, device_id=None)
    person.name, person.deactivated_at = name, None
    if session.get(Preference, (person.id, "language")) is None:
        person.language = language
    if alias is not None:
        person.alias, person.is_protected = alias, True
    if password:
        person.password_hash = hash_password(password)
    session.add(person)
    session.flush()
    touch(session, person_stream(person.id), "self", person.id)
    return person


def employ(
    session: Session, *, person_id: str, unit: Unit, title: str, shift_pattern: str, from_on: date, to_on: date | None
) -> Employment:
    """The person has this post. Again, for the same unit and first day: it is changed to that."""
    found = session.scalars(
        sa.select(Employment).where(
            Employment.person_id == person_id, Employment.unit_id == unit.id, Employment.from_on == from_on
        )
    ).one_or_none()
    post = found or Employment(id=ids.new_id(), person_id=person_id, unit_id=unit.id, from_on=from_on)
    post.title, post.shift_pattern, post.to_on = title, shift_pattern, to_on
    session.add(post)
    touch(session, person_stream(person_id), "self", person_id)
    return post


def grant(session: Session, *, person_id: str, role: str, unit: Unit) -> None:
    """The person holds the role in the unit and below. Again: nothing changes."""
    if session.get(RoleHeld, (person_id, role, unit.id)) is None:
        session.add(RoleHeld(person_id=person_id, role=role, unit_id=unit.id))
    touch(session, person_stream(person_id), "self", person_id)


def deactivate(session: Session, *, email: str, at: datetime, actor_id: str | None = None) -> Person:
    """The person cannot sign in. Again: the first moment stays. Nothing that was done is lost.

    Their sessions open nothing any more; they stay until they end, so that their phones hear why. What hangs on them (the
    way of reminders to a phone) goes.
    """
    person = person_with(session, email)
    if person.deactivated_at is None:
        person.deactivated_at = at
        auditing.note(session, at=at, actor_id=actor_id, action="person_deactivated", subject_id=person.id)
        mine = SignIn.person_id == person.id
        kept = session.execute(sa.select(SignIn.__table__).where(mine)).mappings()
        rows = [{str(name): value for name, value in row.items()} for row in kept]
        session.execute(sa.delete(SignIn).where(mine))
        put(session, SignIn, rows)
    return person


def protect(session: Session, *, email: str, alias: str, at: datetime, actor_id: str | None = None) -> Person:
    """Everyone but themselves sees the person by the alias. Again: by the newer alias. Raises UnknownPerson."""
    person = person_with(session, email)
    if (person.is_protected, person.alias) != (True, alias):
        auditing.note(session, at=at, actor_id=actor_id, action="person_protected", subject_id=person.id)
    person.is_protected, person.alias = True, alias
    return person


def unprotect(session: Session, *, email: str, at: datetime, actor_id: str | None = None) -> Person:
    """The person is seen by name again, and the alias is forgotten. Again: nothing changes. Raises UnknownPerson."""
    person = person_with(session, email)
    if person.is_protected:
        auditing.note(session, at=at, actor_id=actor_id, action="person_unprotected", subject_id=person.id)
    person.is_protected, person.alias = False, None
    return person


COLUMNS = ("email", "name", "unit", "title", "shift_pattern", "from_on", "to_on", "language", "role", "phone")
LONGEST = {"email": 254, "name": 160, "title": 120}
NEEDED = ("email", "name", "unit", "from_on")
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
"""E.164: the country's code first"""


class Imported(NamedTuple):
    people: list[Person]
    numbers: dict[str, str | None]
    """by a person's id, where the file has the column: their number, or None where none of their lines names one"""


def import_csv(session: Session, *, path: Path, at: datetime) -> Imported:
    """Every line of the file is a person with a post. Again: the same people. Raises ImportFault: then nobody is."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportFault(f"{path} is not UTF-8 text; save it as “CSV UTF-8”") from None
    start = text[:4096]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if start.count(";") > start.count(",") else ",")
    _check_columns(reader.fieldnames or [], path)
    people: list[Person] = []
    numbers: dict[str, str | None] = {}
    for line in reader:
        person, number = _import_line(session, line, f"{path}, line {reader.line_num}", at)
        people.append(person)
        numbers[person.id] = number or numbers.get(person.id)
    return Imported(people, numbers if "phone" in (reader.fieldnames or []) else {})


def _check_columns(columns: Iterable[str], path: Path) -> None:
    missing = set(NEEDED) - set(columns)
    unknown = set(columns) - set(COLUMNS)
    if missing or unknown:
        wrong = f"lacks {', '.join(sorted(missing))}" if missing else f"has the unknown {', '.join(sorted(unknown))}"
        raise ImportFault(f"{path}, line 1: the header {wrong}; the columns are {', '.join(COLUMNS)}")


def fault_in(value: dict[str, str]) -> str | None:
    """What is wrong with the words about a person, or None."""
    holds = {
        "no text holds the character NUL": not any("\0" in text for text in value.values()),
        "a person needs an e-mail address and a name": "@" in value["email"] and value["name"],
        f"shift_pattern is one of {', '.join(SHIFT_PATTERNS)}": value["shift_pattern"] in ("", *SHIFT_PATTERNS),
        f"role is one of {', '.join(ROLES)}": value["role"] in ("", *ROLES),
        f"language is one of {', '.join(LANGUAGES)}": value["language"] in ("", *LANGUAGES),
        "phone is written +46701740605": not value.get("phone") or NUMBER.fullmatch(value["phone"]),
    } | {f"{column} has at most {most} characters": len(value[column]) <= most for column, most in LONGEST.items()}
    return next((rule for rule, is_kept in holds.items() if not is_kept), None)


def _days(value: dict[str, str], where: str) -> tuple[date, date | None]:
    try:
        from_on = date.fromisoformat(value["from_on"])
        to_on = date.fromisoformat(value["to_on"]) if value["to_on"] else None
    except ValueError:
        raise ImportFault(f"{where}: dates are written 2026-11-23") from None
    if to_on and to_on < from_on:
        raise ImportFault(f"{where}: the last day comes before the first")
    return from_on, to_on


def _import_line(session: Session, line: dict[Any, Any], where: str, at: datetime) -> tuple[Person, str | None]:
    if None in line:
        raise ImportFault(f"{where}: there are more fields than columns; put a text that holds the separator in quotes")
    value = {column: (line.get(column) or "").strip() for column in COLUMNS}
    value["phone"] = re.sub(r"[ \u00a0()-]", "", value["phone"])
    fault = fault_in(value)
    if fault:
        raise ImportFault(f"{where}: {fault}")
    from_on, to_on = _days(value, where)
    try:
        unit = unit_named(session, value["unit"])
    except UnknownUnit:
        raise ImportFault(f"{where}: there is no unit “{value['unit']}”") from None
    person = enlist(session, email=value["email"], name=value["name"], at=at, language=value["language"] or "sv")
    employ(
        session, person_id=person.id, unit=unit, title=value["title"], shift_pattern=value["shift_pattern"] or "day",
        from_on=from_on, to_on=to_on,
    )  # fmt: skip
    if value["role"]:
        grant(session, person_id=person.id, role=value["role"], unit=unit)
    return person, value["phone"] or None
