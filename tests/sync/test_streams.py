"""Who reads which stream: their own, their units', and the departures that they guide, at the time (SYNC.md §3)."""

from datetime import date

import sqlalchemy as sa

from server.activities.departing import add_guide
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.learning.enrolling import end_enrolment, enrol
from server.people import enlisting
from server.people.models import Employment


def commit():
    publish_session(db.session())
    db.session.commit()
    db.session.remove()


def move(actor, unit):
    """The person's post is in another unit from now on."""
    with writing():
        unit_id = enlisting.unit_named(db.session(), unit).id
        db.session.execute(sa.update(Employment).where(Employment.person_id == actor.person_id).values(unit_id=unit_id))
        commit()


def streams(phone, kind):
    return {stream.partition(":")[2] for stream in phone.reached if stream.startswith(kind)}


def test_a_person_reads_their_unit_and_those_above_it(ada, world):
    assert streams(ada.phone().pull(), "audience") == {world.units["omsorg"], world.units["kommun"]}


def test_a_person_reads_nothing_of_others(ada, bruno, carla, world):
    for other in (bruno, carla):
        other.sync(*world.all_of_hygien(), world.noted("Hemligt"), world.by_code("rummet", "mote-i-dag"))
    phone = ada.phone().pull()
    assert streams(phone, "person") == {ada.person_id}
    seen = repr(phone.replica)
    assert bruno.person_id not in seen
    assert carla.person_id not in seen
    assert "Hemligt" not in seen


def test_a_course_of_another_unit_is_in_nobody_else_s_catalogue(ada, carla, world):
    skolvagen = world.courses["skolvagen"]
    assert skolvagen in carla.phone().pull().rows("catalogue_entry")
    assert skolvagen not in ada.phone().pull().rows("catalogue_entry")


def test_who_moves_to_another_unit_gets_its_catalogue_and_loses_the_old_one(carla, world):
    phone = carla.phone().pull()
    move(carla, "omsorg")
    answer = phone.sync()
    assert set(answer.body["reset"]) == {f"audience:{world.units[unit]}" for unit in ("skola", "omsorg")}
    phone.pull()
    assert world.courses["skolvagen"] not in phone.rows("catalogue_entry")
    assert streams(phone, "audience") == {world.units["omsorg"], world.units["kommun"]}


def test_who_joins_a_unit_gets_its_whole_catalogue(ada, world):
    phone = ada.phone().pull()
    with writing():
        unit = enlisting.unit_named(db.session(), "skola")
        enlisting.employ(
            db.session(), person_id=ada.person_id, unit=unit, title="", shift_pattern="day",
            from_on=date(2026, 11, 1), to_on=None,
        )  # fmt: skip
        commit()
    phone.pull()
    assert world.courses["skolvagen"] in phone.rows("catalogue_entry", "audience")
    assert phone.rows("self")[ada.person_id]["units"] == [
        {"sv": "Skola", "en": "School"}, {"sv": "Omsorg", "en": "Care"}
    ]  # fmt: skip


def test_a_post_that_has_ended_opens_nothing(carla, world, clock):
    phone = carla.phone().pull()
    with writing():
        ended = sa.update(Employment).where(Employment.person_id == carla.person_id).values(to_on=date(2026, 11, 23))
        db.session.execute(ended)
        enlisting.enlist(db.session(), email=carla.email, name="Carla", at=clock.now)
        commit()
    phone.pull()
    assert streams(phone, "audience") == set()
    assert phone.rows("catalogue_entry") == {}
    assert phone.rows("self")[carla.person_id]["units"] == []


def test_a_post_that_begins_within_two_months_opens_its_unit(carla, world, clock):
    with writing():
        coming = sa.update(Employment).where(Employment.person_id == carla.person_id).values(from_on=date(2027, 1, 20))
        db.session.execute(coming)
        commit()
    assert streams(carla.phone().pull(), "audience") == {world.units["skola"], world.units["kommun"]}
    with writing():
        later = sa.update(Employment).where(Employment.person_id == carla.person_id).values(from_on=date(2027, 2, 20))
        db.session.execute(later)
        commit()
    assert streams(carla.phone().pull(), "audience") == set()


def test_a_guide_reads_the_departure_from_the_evening_before_until_a_day_after(greta, world, clock):
    departure = world.departures["rundan-i-morgon"]  # 25 November, 08–11 UTC
    phone = greta.phone().pull()
    assert departure not in streams(phone, "departure")
    clock.move(hours=6)
    assert departure in streams(phone.pull(), "departure")
    clock.move(hours=44, minutes=59)
    assert departure in streams(phone.pull(), "departure")
    clock.move(minutes=2)
    assert departure not in streams(phone.pull(), "departure")
    assert not phone.rows("roster_line", f"departure:{departure}")
    assert not phone.rows("typed_code", f"departure:{departure}")


def test_a_guide_gets_roster_codes_and_check_ins(greta, ada, world):
    ada.sync(world.by_code("torget"))
    phone = greta.phone().pull()
    stream = f"departure:{world.departures['rundan-i-dag']}"
    assert {row["name"] for row in phone.rows("roster_line", stream).values()} == {"Ada Lärare", "Bruno Bengtsson"}
    assert len(phone.rows("typed_code", stream)) == 3
    assert [row["person_id"] for row in phone.rows("check_in", stream).values()] == [ada.person_id]


def test_a_roster_line_holds_name_and_state_only(greta, clock):
    clock.move(hours=20)
    line = next(iter(greta.phone().pull().rows("roster_line").values()))
    assert set(line) == {"departure_id", "person_id", "name", "state"}


def test_a_participant_gets_no_code_and_no_roster(ada, clock):
    clock.move(hours=20)
    phone = ada.phone().pull()
    assert streams(phone, "departure") == set()
    assert phone.rows("typed_code") == {}
    assert phone.rows("roster_line") == {}
    assert set(phone.rows("my_departure"))


def test_a_new_guide_joins_the_departure_s_stream(sofia, world, clock):
    clock.move(hours=20)
    phone = sofia.phone().pull()
    departure = world.departures["rundan-i-morgon"]
    assert departure not in streams(phone, "departure")
    with writing():
        add_guide(db.session(), departure_id=departure, person_id=sofia.person_id)
        commit()
    phone.pull()
    assert departure in streams(phone, "departure")
    assert phone.rows("my_departure")[departure]["part"] == "guide"


def test_who_is_enrolled_hears_of_it_and_of_its_end(carla, world):
    phone = carla.phone().pull()
    programme = world.programmes["ny-har"]
    with writing():
        enrol(db.session(), person_id=carla.person_id, programme_id=programme, started_on=date(2026, 11, 24))
        commit()
    phone.pull()
    items = phone.rows("enrolment")[programme]["items"]
    assert [(one["key"], one["due_on"]) for one in items] == [
        ("hygien", "2026-12-08"), ("brand", None), ("rundan", "2026-12-24")
    ]  # fmt: skip
    with writing():
        end_enrolment(
            db.session(), person_id=carla.person_id, programme_id=programme, ended_on=date(2026, 11, 25)
        )  # fmt: skip
        commit()
    phone.pull()
    assert programme not in phone.rows("enrolment")


def test_a_protected_person_is_shown_by_an_alias_to_guides(greta, ada, world, clock):
    clock.move(hours=20)
    with writing():
        enlisting.enlist(db.session(), email=ada.email, name="Ada Lärare", at=clock.now, alias="A. L.")
        commit()
    stream = f"departure:{world.departures['rundan-i-morgon']}"
    names = {row["name"] for row in greta.phone().pull().rows("roster_line", stream).values()}
    assert names == {"A. L.", "Bruno Bengtsson"}


def test_two_phones_of_one_person_come_to_the_same(ada, world):
    first, second = ada.phone(), ada.phone()
    first.sync(world.done("tvatta"), world.noted("ett"))
    second.sync(world.passed(), world.prefers("en"))
    assert first.pull().replica == second.pull().replica
