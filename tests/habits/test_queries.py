"""A person's cost does not depend on how much they send at once, nor on how many other people there are (DESIGN §7)."""

from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from server.activities.models import Booking, CheckIn, Evidence
from server.foundation import ids
from server.foundation.changefeed import Touch, departure_stream, person_stream, publish
from server.foundation.database import db, writing
from server.learning import published
from server.learning.models import Enrolment, StepCompletion
from server.people.models import Employment, Person
from tests.cast import an_id

ENOUGH = 40


@pytest.fixture(autouse=True)
def warm(app, world):
    """As in a process that has been up for a while: what is published is remembered."""
    with db.engine.connect() as connection:
        published.courses(connection, world.courses.values())


@contextmanager
def counted():
    """The statements that reach the database meanwhile."""
    said = []

    def note(connection, cursor, statement, parameters, context, executemany):
        said.append(" ".join(statement.split())[:160])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def cost(phone, *statements):
    operations = [phone.op(one) for one in statements]
    with counted() as said:
        assert phone.sync(*operations).status == 200
    return said


KINDS = {
    "steps": lambda world, n: [world.done("tvatta"), world.done("film")] * (n // 2) or [world.done("tvatta")],
    "places": lambda world, n: [world.placed("film", float(second)) for second in range(n)],
    "notes": lambda world, n: [world.noted("x", step=("tvatta", "film", "tanka")[at % 3]) for at in range(n)],
    "failed attempts": lambda world, n: [world.failed()] * n,
    "passed attempts": lambda world, n: [world.passed()] * n,
    "check-ins": lambda world, n: [(world.by_code, world.by_place)[at % 2]("torget") for at in range(n)],
    "choices": lambda world, n: [(world.chose, world.left)[at % 2]("brand") for at in range(n)],
}


@pytest.mark.parametrize("kind", KINDS)
def test_forty_operations_take_as_many_statements_as_one(ada, bruno, world, kind):
    one, many = ada.phone().pull(), bruno.phone().pull()
    single, forty = cost(one, *KINDS[kind](world, 1)), cost(many, *KINDS[kind](world, ENOUGH))
    assert len(forty) - len(single) <= 0, "\n".join(sorted(set(forty) - set(single)))


def test_a_quiet_exchange_takes_few_statements_and_none_that_writes(ada):
    phone = ada.phone().pull()
    said = cost(phone)
    assert len(said) <= 12, "\n".join(said)
    assert not [one for one in said if one.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_phone_that_only_asks_is_noted_as_heard_every_few_minutes_and_writes_nothing_else(ada, clock):
    phone = ada.phone().pull()
    clock.move(minutes=6)
    assert [one[:13] for one in cost(phone) if one.startswith(("INSERT", "UPDATE", "DELETE"))] == ["UPDATE device"]
    clock.move(minutes=4)
    assert not [one for one in cost(phone) if one.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_number_that_never_comes_costs_no_later_push_a_statement(ada, bruno, world):
    """Or else each of them reads all that came after it, more every day."""
    whole, gap = ada.phone().pull(), bruno.phone().pull()
    gap.seq = 1
    for phone in (whole, gap):
        phone.sync(world.placed("film", 1.0))
    assert gap.sync(world.placed("film", 2.0)).body["missing"] == [[1, 1]]
    assert cost(gap, world.placed("film", 3.0)) == cost(whole, world.placed("film", 3.0))


def crowd(world, number, clock):
    """So many colleagues of ada, each with a past: enrolled, booked on her departure, with steps and check-ins."""
    departure, course = world.departures["rundan-i-morgon"], world.courses["hygien"]
    people = [ids.new_id() for _ in range(number)]
    rows = {
        Person: [
            {"id": one, "email": f"{one}@prov.example", "name": one, "created_at": clock.now, "language": "sv"}
            for one in people
        ],
        Employment: [
            {"id": ids.new_id(), "person_id": one, "unit_id": world.units["omsorg"], "title": "", "from_on": clock.now.date()}
            for one in people
        ],
        Enrolment: [
            {"person_id": one, "programme_id": world.programmes["ny-har"], "started_on": clock.now.date()} for one in people
        ],
        Booking: [{"departure_id": departure, "person_id": one, "booked_at": clock.now} for one in people],
        StepCompletion: [
            {"person_id": one, "course_id": course, "step_key": "tvatta", "version": 1, "completed_at": clock.now}
            for one in people
        ],
        Evidence: [
            {"op_id": ids.new_id(), "departure_id": departure, "stop_key": "torget", "person_id": one, "method": "place",
             "confidence": 1, "holds": True, "at": clock.now, "detail": {}}
            for one in people
        ],
        CheckIn: [
            {"departure_id": departure, "stop_key": "torget", "person_id": one, "checked_in_at": clock.now, "confidence": 1}
            for one in people
        ],
    }  # fmt: skip
    with writing(), db.engine.begin() as connection:
        for model, values in rows.items():
            connection.execute(sa.insert(model), values)
        touches = [Touch(departure_stream(departure), "roster_line", f"{departure}/{one}") for one in people]
        touches += [Touch(person_stream(one), "self", one) for one in people]
        publish(connection, touches)


def everything(world):
    return [*world.all_of_hygien(), world.placed("film"), world.noted("x"), world.chose("brand"), world.by_code("torget"),
            world.by_place("kyrkan"), world.prefers("en")]  # fmt: skip


def test_a_person_among_five_hundred_costs_as_many_statements_as_one_among_five(ada, bruno, world, clock):
    few, many = ada.phone().pull(), bruno.phone().pull()
    # Of acts of one moment the id decides which was first, and with it whether one row is written twice.
    first, second = (
        [one | {"op_id": an_id(start + n)} for n, one in enumerate(everything(world))] for start in (100, 200)
    )
    among_five = cost(few, *first)
    crowd(world, 500, clock)
    among_many = cost(many, *second)
    # Which of two acts of one moment came first is decided by their random ids: a statement more or less, never hundreds.
    assert abs(len(among_many) - len(among_five)) <= 2, "\n".join(sorted(set(among_many) ^ set(among_five)))


def test_a_new_phone_costs_as_many_statements_among_five_hundred(ada, world, clock):
    ada.sync(*everything(world))
    first, second = ada.phone(), ada.phone()
    alone = cost(first)
    crowd(world, 500, clock)
    assert len(cost(second)) == len(alone)
