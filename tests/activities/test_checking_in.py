"""Checking in: evidence is kept, the first time and the highest confidence count (SYNC.md §4)."""

import pytest
import sqlalchemy as sa

from server.activities.models import CheckIn, Departure, Evidence
from server.activities.typed_code import new_code
from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.learning.models import ItemCompletion


def seen(phone, stop, departure=None):
    rows = [row for row in phone.rows("check_in", "person").values() if row["stop_key"] == stop]
    return rows[0] if rows else None


def test_a_place_alone_is_low_and_a_typed_code_medium(ada, world):
    ada.sync(world.by_place("torget"), world.by_code("kyrkan"))
    phone = ada.own_phone
    assert (seen(phone, "torget")["confidence"], seen(phone, "torget")["methods"]) == ("low", ["place"])
    assert (seen(phone, "kyrkan")["confidence"], seen(phone, "kyrkan")["methods"]) == ("medium", ["typed_code"])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_first_time_and_the_best_evidence_count_in_any_order(ada, world, clock, order, count):
    phone = ada.phone()
    early = phone.op(world.by_place("torget"))
    clock.move(minutes=9)
    late = phone.op(world.by_code("torget"))
    for index in order:
        assert phone.sync((early, late)[index]).said == ["applied"]
    row = seen(phone, "torget")
    assert (row["checked_in_at"], row["confidence"]) == (early["occurred_at"], "medium")
    assert sorted(row["methods"]) == ["place", "typed_code"]
    assert count(sa.select(CheckIn)) == 1
    assert count(sa.select(Evidence)) == 2


def test_a_wrong_code_is_kept_and_goes_to_review(ada, world, count):
    assert ada.sync(world.by_code("torget", code="00000000")).said == ["review:code_wrong"]
    row = seen(ada.own_phone, "torget")
    assert (row["in_review"], row["confidence"]) == (True, "low")
    assert count(sa.select(CheckIn)) == 0
    assert count(sa.select(Evidence).where(Evidence.holds.is_(False))) == 1


def test_a_wrong_code_changes_no_other_outcome(ada, world):
    said = ada.sync(*[world.by_code("torget", code="00000000")] * 9, world.by_code("torget"))
    assert said.said == ["review:code_wrong"] * 9 + ["applied"]
    assert seen(ada.own_phone, "torget")["in_review"] is False


def test_a_thousand_guesses_are_all_kept_for_review_and_open_nothing(ada, world, count):
    """FAULTS 60"""
    phone = ada.phone()
    for _ in range(10):
        guesses = [world.by_code("torget", code=new_code()) for _ in range(100)]
        assert phone.sync(*guesses).said == ["review:code_wrong"] * 100
    assert count(sa.select(Evidence)) == 1_000
    assert count(sa.select(CheckIn)) == 0
    assert attended_on(phone, world) is None
    assert phone.sync(world.by_code("torget")).said == ["applied"]


def test_the_code_of_another_stop_or_departure_is_wrong(ada, world):
    kyrkan = world.codes[world.departures["rundan-i-dag"], "kyrkan"]
    later = world.codes[world.departures["rundan-nasta-manad"], "torget"]
    assert (
        ada.sync(world.by_code("torget", code=kyrkan), world.by_code("torget", code=later)).said
        == ["review:code_wrong"] * 2
    )


HOURS = {
    "before people gather": ({"hours": -2, "seconds": -1}, "review:outside_hours"),
    "when people gather": ({"hours": -2}, "applied"),
    "late at night": ({"hours": 9}, "applied"),
    "after the latest bus": ({"hours": 9, "seconds": 1}, "review:outside_hours"),
}


@pytest.mark.parametrize(("when", "said"), [pytest.param(*case, id=name) for name, case in HOURS.items()])
def test_a_check_in_outside_the_departure_s_hours_is_kept_and_goes_to_review(ada, world, clock, count, when, said):
    """Tomorrow's tour, 9 to 12: the time at which it happened counts, not when it was told."""
    clock.move(days=1)
    clock.move(**when)
    phone = ada.phone()
    op = phone.op(world.by_code("torget", "rundan-i-morgon"))
    clock.move(days=2)
    heard = product_clock.instant(op["occurred_at"])
    assert phone.sync(op | {"heard_server_at": product_clock.wire(heard)}).said == [said]
    assert seen(phone, "torget")["in_review"] == (said != "applied")
    assert count(sa.select(Evidence)) == 1


def test_a_check_in_outside_the_hours_changes_no_other_outcome(ada, world):
    early = world.by_code("torget", "rundan-i-morgon")
    assert ada.sync(early, world.by_code("torget"), early).said == [
        "review:outside_hours", "applied", "review:outside_hours"
    ]  # fmt: skip
    assert ada.sync(world.by_code("kyrkan")).said == ["applied"]


def test_a_check_in_on_a_cancelled_departure_is_kept_and_goes_to_review(ada, world, clock, count):
    assert ada.sync(world.by_code("torget")).said == ["applied"]
    with writing():
        db.session.execute(
            sa.update(Departure).where(Departure.id == world.departures["rundan-i-dag"]).values(cancelled_at=clock.now)
        )
        db.session.commit()
    assert ada.sync(world.by_code("kyrkan")).said == ["review:departure_cancelled"]
    assert seen(ada.own_phone, "torget")["in_review"] is False
    assert count(sa.select(Evidence)) == 2
    assert count(sa.select(CheckIn)) == 1


def test_who_is_not_on_the_departure_is_not_told_that_there_is_one(carla, world, count):
    unknown = carla.sync(world.by_place("torget", "01900000-0000-7000-8000-000000000001")).said
    assert carla.sync(world.by_code("torget")).said == unknown == ["rejected:gone"]
    assert count(sa.select(Evidence)) == 0


def test_a_stop_that_is_not_there_is_refused_by_name(ada, world):
    assert ada.sync(world.by_place("nowhere")).said == ["rejected:unknown_stop"]


def test_a_guide_can_check_in_too(greta, world):
    assert greta.sync(world.by_code("torget")).said == ["applied"]


def test_a_guide_sees_each_check_in_and_what_waits_for_review(greta, ada, bruno, world):
    ada.sync(world.by_place("torget"))
    bruno.sync(world.by_code("torget", code="00000000"))
    stream = f"departure:{world.departures['rundan-i-dag']}"
    rows = greta.phone().pull().rows("check_in", stream).values()
    assert {row["person_id"]: row["in_review"] for row in rows} == {ada.person_id: False, bruno.person_id: True}


def test_a_check_in_whose_evidence_was_removed_is_still_pulled(ada, greta, world):
    ada.sync(world.by_code("torget"))
    with writing():
        db.session.execute(sa.delete(Evidence))
        db.session.commit()
    row = seen(ada.phone().pull(), "torget")
    assert (row["confidence"], row["methods"], row["in_review"]) == ("medium", [], False)
    (on_the_roster,) = greta.phone().pull().rows("check_in", "departure").values()
    assert on_the_roster["person_id"] == ada.person_id


def test_no_coordinate_is_ever_taken(ada, world):
    told = world.by_place("torget")
    told["evidence"] |= {"lat": 59.2, "lon": 17.2}
    assert ada.sync(told).said == ["rejected:invalid"]


def test_an_activity_is_attended_once_its_rule_is_met(ada, world, clock):
    phone = ada.phone()
    phone.sync(world.by_code("torget"))
    assert attended_on(phone, world) is None
    clock.move(minutes=30)
    phone.sync(world.by_place("skolan"))
    assert attended_on(phone, world) == product_clock.wire(clock.now)


def test_places_alone_attend_nothing(ada, world):
    ada.sync(*[world.by_place(stop) for stop in ("torget", "kyrkan", "skolan")])
    assert attended_on(ada.own_phone, world) is None


def test_an_activity_attended_stays_attended_and_an_earlier_time_wins(ada, world, clock):
    phone = ada.phone()
    early = phone.op(world.by_code("kyrkan"))
    second = clock.move(hours=1)
    phone.sync(world.by_code("torget"))
    third = clock.move(hours=1)
    phone.sync(world.by_place("skolan"))
    assert attended_on(phone, world) == product_clock.wire(third)
    phone.sync(early)
    assert attended_on(phone, world) == product_clock.wire(second)


def test_two_activities_attended_at_once_are_both_told(ada, world, count):
    said = ada.sync(
        world.by_code("torget"), world.by_code("kyrkan"), world.by_code("rummet", "mote-i-dag")
    )  # fmt: skip
    assert said.said == ["applied"] * 3
    assert count(sa.select(ItemCompletion).where(ItemCompletion.kind == "activity")) == 2
    assert attended_on(ada.own_phone, world)


def attended_on(phone, world):
    items = phone.rows("enrolment")[world.programmes["ny-har"]]["items"]
    return next(one["completed_at"] for one in items if one["key"] == "rundan")
