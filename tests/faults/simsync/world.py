"""The small municipality of the simulation: who there is and what there is to do, as rows; and what people say of it."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities.models import Activity, Booking, Departure, DepartureGuide, Stop, TypedCode
from server.foundation.changefeed import Touch, audience_stream, departure_stream, person_stream, publish
from server.learning.models import Course, CourseVersion, Enrolment, Programme, ProgrammeItem, Step
from server.people.models import Employment, Person, Unit
from server.reminders.models import Reminder, ReminderOccurrence
from tests.cast import an_id

BEGINS = datetime(2026, 11, 2, 5, tzinfo=UTC)
DUE_DAYS = 9
DEADLINE = datetime(2026, 11, 11, 23, tzinfo=UTC)
"""when the day ends on which the programme's items are due, in Stockholm"""
PEOPLE, STEPS = 9, 16
LEAVER = PEOPLE
"""one more, of whom nothing is left in the end"""
UNITS = {"kommun": an_id(1), "vard": an_id(2), "skola": an_id(3)}
GRUND, OPPEN, SKOLAN, TUR, PROGRAMME = (an_id(10 + n) for n in range(5))
DEPARTURES = [an_id(20 + n) for n in range(2)]
STOPS = ("torget", "kyrkan", "skolan")
KEYS = {"ova": {"tid": ["b"], "sant": ["false"]}, "prova": {"flera": ["a", "b"]}}
SHARES = {"ova": 0.5, "prova": 1}
REQUIRED = ("s0", "s1", "s2", "ova")
CODE = "7Q2M4KXR"
GUIDE = 0
"""the first person leads the tours"""


@cache
def person(number: int) -> str:
    return an_id(100 + number)


def unit_of(number: int) -> str:
    return UNITS["vard" if number % 2 else "skola"]


@cache
def reminder(number: int, which: int) -> str:
    return an_id(1000 + number * 10 + which)


def fill(connection: Connection) -> None:
    """Everything is there and published."""
    for model, rows in [*_people(), *_courses(), *_tours()]:
        connection.execute(sa.insert(model), rows)
    for model, rows in _leaver():
        connection.execute(sa.insert(model), rows)
    publish(connection, [*_touches(), Touch(person_stream(person(LEAVER)), "self", person(LEAVER))])


def _leaver() -> list[tuple[Any, list[dict[str, Any]]]]:
    """She is in the programme, and on no tour: nobody else hears of her."""
    id_ = person(LEAVER)
    she = {"id": id_, "email": "she@sim.example", "name": "she", "language": "sv", "created_at": BEGINS}
    post = {"id": an_id(299), "person_id": id_, "unit_id": UNITS["vard"], "title": "", "from_on": date(2026, 1, 1)}
    enrolled = {"person_id": id_, "programme_id": PROGRAMME, "started_on": BEGINS.date()}
    return [(Person, [she]), (Employment, [post]), (Enrolment, [enrolled])]


def _people() -> list[tuple[Any, list[dict[str, Any]]]]:
    at, top = BEGINS, UNITS["kommun"]
    units = [
        {"id": id_, "slug": slug, "name": {"sv": slug}, "within_id": None if id_ == top else top,
         "path": f"{top}/" if id_ == top else f"{top}/{id_}/"}
        for slug, id_ in UNITS.items()
    ]  # fmt: skip
    everyone = range(PEOPLE)
    people = [
        {"id": person(n), "email": f"p{n}@sim.example", "name": f"p{n}", "language": "sv", "created_at": at}
        for n in everyone
    ]
    posts = [
        {"id": an_id(200 + n), "person_id": person(n), "unit_id": unit_of(n), "title": "", "from_on": date(2026, 1, 1)}
        for n in everyone
    ]
    ids = [(n, which) for n in everyone for which in (0, 1)]
    reminders = [
        {"id": reminder(n, which), "person_id": person(n), "rule": "nudge", "nudge_on": date(2026, 11, 1 + which),
         "made_at": at, "expires_at": at + timedelta(days=60), "about": [f"course/{GRUND}"], "words": {}, "target": "/"}
        for n, which in ids
    ]  # fmt: skip
    reasons = [
        {"id": an_id(3000 + n * 10 + which), "rule": "due", "person_id": person(n), "subject": f"{GRUND}/{which}",
         "due_at": at, "expires_at": at + timedelta(days=60), "reminder_id": reminder(n, which)}
        for n, which in ids
    ]  # fmt: skip
    return [
        (Unit, units), (Person, people), (Employment, posts), (Reminder, reminders), (ReminderOccurrence, reasons)
    ]  # fmt: skip


def version_rows(course: str, number: int, at: datetime) -> list[tuple[Any, list[dict[str, Any]]]]:
    """A version: a third of its steps are other than in the version before; two of them are quizzes."""
    entry = {"title": {"sv": course[-4:]}, "summary": {}, "minutes": 1, "languages": ["sv"], "picture": None,
             "picture_alt": {}, "required_steps": 3}  # fmt: skip
    version = {"course_id": course, "number": number, "published_at": at, "source_hash": str(number), "entry": entry,
               "documents": {}}  # fmt: skip
    keys = [f"s{n}" for n in range(STEPS)] + list(KEYS)
    steps = [
        {"course_id": course, "version": number, "key": key, "position": n, "title": {"sv": key},
         "kind": "quiz" if key in KEYS else "reading", "is_required": key in REQUIRED,
         "hash": f"{key}-{number if n % 3 == 0 else 1}",
         "quiz": {"right": KEYS[key], "pass_share": SHARES[key]} if key in KEYS else None}
        for n, key in enumerate(keys)
    ]  # fmt: skip
    return [(CourseVersion, [version]), (Step, steps)]


def _courses() -> list[tuple[Any, list[dict[str, Any]]]]:
    of = {GRUND: (UNITS["kommun"], False), OPPEN: (UNITS["kommun"], True), SKOLAN: (UNITS["skola"], True)}
    courses = [
        {"id": id_, "slug": id_[-4:], "audience_unit_id": unit, "is_open": is_open, "current_version": 1}
        for id_, (unit, is_open) in of.items()
    ]
    programme = {
        "id": PROGRAMME, "slug": "ny", "title": {"sv": "Ny"}, "summary": {}, "audience_unit_id": UNITS["kommun"]
    }  # fmt: skip
    items = [
        {"programme_id": PROGRAMME, "key": key, "position": at, "kind": kind, "item_id": item, "is_mandatory": True,
         "due_days": DUE_DAYS, "after": []}
        for at, (key, kind, item) in enumerate((("grund", "course", GRUND), ("tur", "activity", TUR)))
    ]  # fmt: skip
    enrolled = [{"person_id": person(n), "programme_id": PROGRAMME, "started_on": BEGINS.date()} for n in range(PEOPLE)]
    versions = [part for id_ in of for part in version_rows(id_, 1, BEGINS)]
    return [(Course, courses), *versions, (Programme, [programme]), (ProgrammeItem, items), (Enrolment, enrolled)]


def _tours() -> list[tuple[Any, list[dict[str, Any]]]]:
    activity = {
        "id": TUR, "slug": "tur", "kind": "tour", "audience_unit_id": UNITS["kommun"], "version": 1,
        "required_stops": 2, "source_hash": "", "published_at": BEGINS, "entry": {"title": {"sv": "Tur"}},
        "documents": {},
    }  # fmt: skip
    stops = [{"activity_id": TUR, "key": key, "position": n, "kind": "", "name": {}} for n, key in enumerate(STOPS)]
    departures = [
        {"id": id_, "slug": id_[-4:], "activity_id": TUR, "starts_at": BEGINS + timedelta(days=9 * n),
         "ends_at": BEGINS + timedelta(days=9 * n + 8), "meeting_place": {}, "seats": 99}
        for n, id_ in enumerate(DEPARTURES)
    ]  # fmt: skip
    guides = [{"departure_id": id_, "person_id": person(GUIDE)} for id_ in DEPARTURES]
    seats = [
        {"departure_id": id_, "person_id": person(n), "booked_at": BEGINS}
        for id_ in DEPARTURES for n in range(PEOPLE) if n != GUIDE
    ]  # fmt: skip
    codes = [{"departure_id": id_, "stop_key": stop, "code": CODE} for id_ in DEPARTURES for stop in STOPS]
    return [
        (Activity, [activity]), (Stop, stops), (Departure, departures), (DepartureGuide, guides), (Booking, seats),
        (TypedCode, codes),
    ]  # fmt: skip


def _touches() -> list[Touch]:
    touches = [Touch(audience_stream(UNITS["kommun"]), "programme", PROGRAMME)]
    for course, unit in ((GRUND, "kommun"), (OPPEN, "kommun"), (SKOLAN, "skola"), (TUR, "kommun")):
        touches.append(Touch(audience_stream(UNITS[unit]), "catalogue_entry", course))
    for n in range(PEOPLE):
        mine = person_stream(person(n))
        touches += [Touch(mine, "self", person(n)), Touch(mine, "enrolment", PROGRAMME)]
        touches += [Touch(mine, "reminder", reminder(n, which)) for which in (0, 1)]
        touches += [Touch(mine, "my_departure", id_) for id_ in DEPARTURES]
        if n != GUIDE:
            touches += [Touch(mine, "booking", id_) for id_ in DEPARTURES]
            touches += [Touch(departure_stream(id_), "roster_line", f"{id_}/{person(n)}") for id_ in DEPARTURES]
    touches += [Touch(departure_stream(id_), "typed_code", f"{id_}/{stop}") for id_ in DEPARTURES for stop in STOPS]
    return touches
