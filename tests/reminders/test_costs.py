"""A round costs as many statements for five hundred people as for five; a push without faults costs nothing for reminders."""

from datetime import date, timedelta

import sqlalchemy as sa

from server.foundation import ids
from server.foundation.database import db, writing
from server.learning.models import Enrolment
from server.people.models import Employment, Person
from server.reminders.gathering import gather, ready
from server.reminders.planning import dry_run, plan
from server.reminders.rules import settings_of
from server.reminders.withdrawing import withdraw
from tests.habits.test_queries import cost, counted

from .making import ZONE, start

TODAY = date(2026, 11, 24)


def hire(world, number, clock):
    """So many people for whom something is due tomorrow, and something is late."""
    people = [ids.new_id() for _ in range(number)]
    rows = {
        Person: [{"id": one, "email": f"{one}@prov.example", "name": one, "created_at": clock.now} for one in people],
        Employment: [
            {"id": ids.new_id(), "person_id": one, "unit_id": world.units["omsorg"], "title": "", "from_on": TODAY}
            for one in people
        ],
        Enrolment: [
            {"person_id": one, "programme_id": world.programmes["ny-har"], "started_on": TODAY - timedelta(days=days)}
            for one, days in zip(people, [10, 14, 21, 0] * number, strict=False)
        ],
    }
    with writing(), db.engine.begin() as connection:
        for model, values in rows.items():
            connection.execute(sa.insert(model), values)


def statements(work, clock):
    with db.engine.begin() as connection, counted() as said:
        work(connection, clock.now, ZONE)
    return said


def everything(connection, now, zone):
    plan(connection, now, zone)
    ready(connection, now, zone)
    withdraw(connection, now, zone)
    dry_run(connection, now, zone, settings_of(connection))


def test_five_hundred_people_are_planned_with_as_many_statements_as_five(app, world, clock):
    start(TODAY)
    clock.move(days=1, hours=3)
    with writing():
        hire(world, 5, clock)
        few = statements(everything, clock)
        hire(world, 400, clock)
        many = statements(everything, clock)
    assert len(many) == len(few), "\n".join(sorted(set(many) ^ set(few)))
    assert len([one for one in few if one.startswith("INSERT")]) == 1


def test_gathering_costs_one_statement_a_person_which_numbers_their_stream(app, world, clock):
    start(TODAY)
    clock.move(days=1, hours=3)
    with writing():
        hire(world, 4, clock)
        statements(plan, clock)
        few = statements(gather, clock)
        hire(world, 400, clock)
        statements(plan, clock)
        many = statements(gather, clock)
    streams = [one for one in many if "sync_stream" in one]
    assert len(streams) <= 400
    assert len(many) - len(streams) <= len([one for one in few if "sync_stream" not in one])


def test_a_round_with_nothing_new_writes_nothing(app, world, clock):
    start(TODAY)
    clock.move(days=1, hours=3)
    with writing():
        statements(plan, clock)
        statements(gather, clock)
        again = statements(plan, clock) + statements(gather, clock)
    assert not [one for one in again if one.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_push_in_which_all_is_well_asks_nothing_about_reminders(ada, world, clock):
    start(TODAY)
    said = cost(ada.phone().pull(), *world.all_of_hygien())
    assert not [one for one in said if "reminder" in one]
