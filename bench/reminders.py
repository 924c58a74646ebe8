"""How long 10,000 people take: five rules planned for each, gathered into reminders, and 10,000 of them pushed.

Everybody has a programme that begins today, a course due in three days, one that is late, a seat on a tour that leaves in an
hour and a half, and one on another that leaves within the hour: 50,000 occurrences. The second round, a minute later, finds
nothing new: what the worker costs at rest.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import sending
from bench.ground import postgres, report
from config import Settings
from server import create_app
from server.activities.models import Activity, Booking, Departure
from server.foundation import ids
from server.foundation.database import Base, db, writing
from server.learning.models import Course, CourseVersion, Enrolment, Programme, ProgrammeItem
from server.people.models import Employment, Person, Unit
from server.reminders.models import Reminder, ReminderOccurrence
from server.reminders.rules import settings_of, start_rule
from server.reminders.ticking import gather_ready, plan_due, tick

PEOPLE = 10_000
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)
FILLED = "ANALYZE person, employment, enrolment, booking"
TARGETS = {"planned_10000_s": "≤ 10"} | sending.TARGETS


@contextmanager
def ground(database_url: str = "") -> Iterator[tuple[Settings, list[str]]]:
    """A database with these people in it, inside of the application's context; and their ids."""
    with tempfile.TemporaryDirectory(prefix="rundtur-bench-") as folder:
        settings = Settings(data=Path(folder), database_url=database_url)
        with create_app(settings).app_context():
            people = [ids.new_id() for _ in range(PEOPLE)]
            with writing():
                Base.metadata.create_all(db.session.connection())
                fill(db.session.connection(), people)
                for key in settings_of(db.session.connection()):
                    start_rule(db.session(), key=key, starts_on=TODAY - timedelta(days=20), at=NOW)
                db.session.commit()
            if database_url:
                with db.engine.begin() as connection:
                    connection.execute(sa.text(FILLED))  # as the database itself does within a minute
            yield settings, people
            db.engine.dispose()


def fill(connection: sa.Connection, people: list[str]) -> None:
    """An organisation of one unit, with a programme that everybody is enrolled in."""
    unit, programme, departure, soon = ids.new_id(), ids.new_id(), ids.new_id(), ids.new_id()
    put(connection, Unit, [{"id": unit, "slug": "unit", "name": {"sv": "Enhet"}, "path": f"{unit}/"}])
    put(connection, Programme, [
        {"id": programme, "slug": "new", "title": {"sv": "Ny här"}, "summary": {}, "audience_unit_id": unit},
        {"id": programme[::-1], "slug": "old", "title": {"sv": "Förra"}, "summary": {}, "audience_unit_id": unit},
    ])  # fmt: skip
    for key, within, due_days in (("soon", programme, 3), ("late", programme[::-1], 13)):
        put_course(connection, key, unit, within, due_days)
    put(connection, Activity, [
        {"id": departure, "slug": "tour", "kind": "tour", "audience_unit_id": unit, "version": 1, "required_stops": 1,
         "source_hash": "", "published_at": NOW, "entry": {"title": {"sv": "Turen"}}, "documents": {}}
    ])  # fmt: skip
    put(connection, Departure, [
        {"id": id_, "slug": id_, "activity_id": departure, "starts_at": NOW + timedelta(minutes=minutes),
         "ends_at": NOW + timedelta(hours=5), "meeting_place": {"sv": "Bussen"}, "seats": len(people)}
        for id_, minutes in ((departure, 90), (soon, 50))
    ])  # fmt: skip
    put(connection, Person, [
        {"id": one, "email": f"{one}@bench.example", "name": one, "created_at": NOW, "language": "sv"} for one in people
    ])  # fmt: skip
    put(connection, Employment, [
        {"id": ids.new_id(), "person_id": one, "unit_id": unit, "title": "", "from_on": TODAY} for one in people
    ])  # fmt: skip
    days = {programme: TODAY, programme[::-1]: TODAY - timedelta(days=14)}
    put(connection, Enrolment, [
        {"person_id": one, "programme_id": id_, "started_on": day} for one in people for id_, day in days.items()
    ])  # fmt: skip
    for each in (departure, soon):
        put(connection, Booking, [{"departure_id": each, "person_id": one, "booked_at": NOW} for one in people])


def put_course(connection: sa.Connection, key: str, unit: str, programme: str, due_days: int) -> None:
    """A course of the programme, so many days after its beginning."""
    course = ids.new_id()
    put(connection, Course, [
        {"id": course, "slug": key, "audience_unit_id": unit, "is_open": False, "current_version": 1}
    ])  # fmt: skip
    entry = {"title": {"sv": key}, "summary": {}, "minutes": 12, "picture": None, "picture_alt": {}}
    put(connection, CourseVersion, [
        {"course_id": course, "number": 1, "published_at": NOW, "source_hash": "", "entry": entry, "documents": {}}
    ])  # fmt: skip
    put(connection, ProgrammeItem, [
        {"programme_id": programme, "key": key, "position": 0, "kind": "course", "item_id": course,
         "is_mandatory": True, "due_days": due_days, "after": []}
    ])  # fmt: skip


def put(connection: sa.Connection, model: Any, rows: list[dict[str, Any]]) -> None:
    connection.execute(sa.insert(model), rows)


def took(work: Callable[..., Any], *arguments: Any) -> float:
    begun = time.monotonic()
    work(*arguments)
    return round(time.monotonic() - begun, 2)


def count(model: Any) -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(model)).scalar_one())


def measure(name: str, zone: str) -> dict[str, Any]:
    """Planned, gathered, and a round at rest."""
    engine = db.engine
    figures: dict[str, Any] = {
        f"{name}planned_10000_s": took(plan_due, engine, NOW, zone), f"{name}occurrences": count(ReminderOccurrence),
        f"{name}gathered_10000_s": took(gather_ready, engine, NOW, zone), f"{name}reminders": count(Reminder),
    }  # fmt: skip
    return figures | {f"{name}round_at_rest_s": took(tick, engine, NOW + timedelta(minutes=1), zone)}


def main() -> None:
    with ground() as (settings, _):
        figures = measure("", settings.zone)
    figures |= sending.measure()
    if "--postgres" in sys.argv:
        with postgres() as url, ground(url) as (settings, _):
            figures |= measure("postgres_", settings.zone)
        with postgres() as url:
            figures |= {f"postgres_{name}": value for name, value in sending.measure(url).items()}
    report(figures, TARGETS)


if __name__ == "__main__":
    main()
