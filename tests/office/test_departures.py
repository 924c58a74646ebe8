"""Departures: the roster with check-ins and the codes of the stops, for the departure's guides and coordinators."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from server.activities.models import Booking, DepartureGuide
from server.foundation import clock as product_clock
from server.people.models import AuditEntry, Person

from .pages import change, give_role, heading, rows, statements, words

ON_THE_WAY = datetime(2026, 11, 25, 8, 14, tzinfo=UTC)


@pytest.fixture
def tour(world):
    return f"/office/departures/{world.departures['rundan-i-morgon']}"


def test_a_guide_sees_the_departures_they_guide(greta):
    said = words(greta.get("/office/departures").text)
    assert "I morgon, onsdag 25 november, 09.00–12.00" in said
    assert "2 av 20 platser bokade" in said


def test_another_guide_does_not_see_them(sofia, world, tour):
    give_role(sofia, "guide", "kommun")
    assert "Inga avgångar än" in words(sofia.get("/office/departures").text)
    assert sofia.get(tour).status_code == 404


def test_a_coordinator_sees_the_departures_of_their_unit_and_below(hugo, carla, tour):
    assert hugo.get(tour).status_code == 200
    give_role(carla, "coordinator", "skola")
    assert carla.get(tour).status_code == 404


def test_learners_and_managers_see_no_roster_and_no_code(ada, sofia, tour):
    give_role(sofia, "manager", "kommun")
    for person in (ada, sofia):
        assert [person.get(path).status_code for path in (tour, "/office/departures")] == [403, 403]


def test_it_says_when_where_and_with_whom(greta, tour):
    said = words(greta.get(tour).text)
    assert "I morgon, onsdag 25 november, 09.00–12.00" in said
    assert "Samling Bussen" in said
    assert "Guider Greta Grön" in said


def test_each_stop_has_its_code_in_two_halves_to_be_read_aloud(greta, world, tour):
    said = words(greta.get(tour).text)
    codes = [code for (departure, _), code in world.codes.items() if tour.endswith(departure)]
    assert len(codes) == 3
    assert all(f"{code[:4]}-{code[4:]}" in said for code in codes)


def test_the_roster_shows_who_checked_in_where_and_when(ada, bruno, greta, world, clock, tour):
    assert heading(greta.get(tour)) == "Ingen har checkat in än"
    clock.now = ON_THE_WAY
    ada.sync(world.by_place("torget", "rundan-i-morgon"))
    bruno.sync(world.by_place("torget", "rundan-i-morgon"))
    clock.move(minutes=40)
    ada.sync(world.by_code("kyrkan", "rundan-i-morgon"))
    greta._client = None
    answer = greta.get(tour)
    assert heading(answer) == "1 av 2 vid Kyrkan"
    assert rows(answer)["Ada Lärare"][:3] == ["2 av 3", "09.14", "09.54"]
    assert rows(answer)["Bruno Bengtsson"][0] == "1 av 3"
    assert "Torget 2 av 2 incheckade" in words(answer.text)


def test_who_said_something_that_does_not_hold_is_marked_until_it_is_right(ada, greta, world, clock, tour):
    clock.now = ON_THE_WAY
    ada.sync(world.by_code("torget", "rundan-i-morgon", code="00000000"))
    shown = rows(greta.get(tour))
    assert shown["Ada Lärare Granskas"][1] == "Granskas"
    ada.sync(world.by_code("torget", "rundan-i-morgon"))
    assert "Ada Lärare" in rows(greta.get(tour))


def test_a_protected_person_rides_under_an_alias(ada, greta, tour):
    change(sa.update(Person).where(Person.id == ada.person_id).values(is_protected=True, alias="Deltagare 7"))
    answer = greta.get(tour)
    assert list(rows(answer)) == ["Bruno Bengtsson", "Deltagare 7"]
    assert "Ada" not in answer.text


def test_who_left_before_the_departure_is_not_waited_for(ada, greta, tour):
    change(sa.update(Person).where(Person.id == ada.person_id).values(deactivated_at=product_clock.now()))
    answer = greta.get(tour)
    assert list(rows(answer)) == ["Bruno Bengtsson"]
    assert "1 av 20 platser" in words(answer.text)


def test_a_departure_without_people_says_so(greta, tour):
    change(sa.delete(Booking), sa.delete(DepartureGuide).where(DepartureGuide.person_id != greta.person_id))
    assert heading(greta.get(tour)) == "Ingen är bokad än"


def test_reading_a_roster_is_audited(greta, world, count, tour):
    greta.get(tour)
    read = sa.select(AuditEntry).where(AuditEntry.action == "roster_read", AuditEntry.actor_id == greta.person_id)
    assert count(read) == 1


def test_the_number_of_queries_does_not_depend_on_who_rides(greta, world, tour):
    counts = []
    for names in ((), ("carla", "sofia", "hugo")):
        for name in names:
            change(
                sa.insert(Booking).values(
                    departure_id=tour.rpartition("/")[2], person_id=world.people[name], booked_at=product_clock.now()
                )
            )
        greta.get(tour)
        with statements() as said:
            greta.get(tour)
        counts.append(len(said))
    assert counts[0] == counts[1] <= 12
