"""What people do in courses: each kind of operation has one rule (SYNC.md §4)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.activities.models import Activity
from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.learning import published
from server.learning.models import Attempt, Course, Note, StepCompletion
from tests.content.packing import change, publish, publish_again

MINUTE = timedelta(minutes=1)


def wire(instant):
    return product_clock.wire(instant)


def test_a_completed_step_is_known_to_all_phones_of_its_person(ada, world, clock):
    ada.sync(world.done("tvatta"))
    (row,) = ada.phone().pull().rows("step_completion").values()
    assert row == {
        "course_id": world.courses["hygien"], "step_key": "tvatta", "version": 1, "completed_at": wire(clock.now),
    }  # fmt: skip


@pytest.mark.parametrize("first", [0, 1])
def test_a_step_completed_twice_keeps_its_earliest_time(ada, world, clock, first):
    phone = ada.phone()
    early, late = clock.now, clock.now + MINUTE
    ops = [phone.op(world.done("tvatta"), at=early), phone.op(world.done("tvatta"), at=late)]
    clock.move(hours=1)
    assert phone.sync(ops[first]).said == ["applied"]
    assert phone.sync(ops[1 - first]).said == (["merged"] if first == 0 else ["applied"])
    assert [row["completed_at"] for row in phone.rows("step_completion").values()] == [wire(early)]


def test_a_quiz_step_is_completed_by_its_attempts_alone(ada, world):
    assert ada.sync(world.done("prova")).said == ["rejected:invalid"]
    assert ada.sync(world.tried("tvatta", {})).said == ["rejected:invalid"]
    ada.sync(world.passed())
    assert [row["step_key"] for row in ada.own_phone.rows("step_completion").values()] == ["prova"]


def test_each_attempt_stands_by_itself_and_a_passed_one_is_not_undone(ada, world):
    said = ada.sync(world.failed(), world.passed(), world.failed())
    assert said.said == ["applied"] * 3
    results = [(row["right"], row["questions"], row["passed"]) for row in ada.own_phone.rows("attempt").values()]
    assert sorted(results) == [(0, 1, False), (0, 1, False), (1, 1, True)]
    assert len(ada.own_phone.rows("step_completion")) == 1


def test_a_failed_attempt_completes_nothing(ada, world):
    ada.sync(world.failed())
    assert ada.own_phone.rows("step_completion") == {}


def test_the_server_scores_what_was_answered_whatever_the_phone_thought(ada, world):
    ada.sync(world.tried("ova", {"tid": ["b"], "sant": ["true"], "nobody-asked": ["a"]}))
    (row,) = ada.own_phone.rows("attempt").values()
    assert (row["right"], row["questions"], row["passed"]) == (1, 2, True)


def test_answers_are_never_sent_back(ada, world):
    ada.sync(world.failed())
    (row,) = ada.own_phone.rows("attempt").values()
    assert "answers" not in row


def test_a_place_is_the_last_one_kept(ada, world, clock):
    phone = ada.phone()
    early = phone.op(world.placed("film", 10))
    clock.move(minutes=1)
    late = phone.op(world.placed("ova"))
    assert phone.sync(late, early).said == ["applied", "merged"]
    (row,) = phone.rows("place").values()
    assert (row["step_key"], row["position_s"]) == ("ova", None)
    assert phone.sync(phone.op(world.placed("tvatta"), at=clock.now - MINUTE)).said == ["merged"]


def test_of_two_places_at_one_moment_the_greater_id_wins_everywhere(ada, world):
    phone = ada.phone()
    first, second = phone.op(world.placed("film", 1)), phone.op(world.placed("film", 2))
    ada.phone().sync(second)
    phone.sync(first)
    (row,) = phone.rows("place").values()
    assert row["position_s"] == max((first, second), key=lambda op: op["op_id"])["position_s"]


def test_who_has_a_seat_keeps_a_place_in_a_tour_that_others_cannot_see(ada, carla, world, clock):
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.update(Activity).values(audience_unit_id=world.units["hemtjanst"]))
    assert ada.sync(world.placed("torget", course="rundan")).said == ["applied"]
    assert carla.sync(world.placed("torget", course="rundan")).said == ["rejected:gone"]


def test_a_course_that_one_may_see_and_not_do_can_be_read_and_written_in(bruno, carla, world):
    statements = [world.placed("tanka"), world.noted("Varför?")]
    assert carla.sync(*statements).said == ["applied", "applied"]
    assert carla.sync(world.done("tvatta")).said == ["review:not_enrolled"]
    closed = [world.placed("ga", course="skolvagen"), world.noted("Varför?", "ga", "skolvagen")]
    assert bruno.sync(*closed).said == ["rejected:gone", "rejected:gone"]


def test_a_place_or_a_note_in_a_step_that_no_version_has_is_refused_and_spoils_nothing(ada, world):
    statements = [world.placed("nowhere"), world.noted("Varför?", "nowhere"), world.placed("film"), world.noted("Jo")]
    assert ada.sync(*statements).said == ["rejected:unknown_step"] * 2 + ["applied"] * 2


def test_a_note_is_what_its_owner_wrote_last(ada, world, clock):
    phone = ada.phone()
    early = phone.op(world.noted("ett"))
    clock.move(minutes=1)
    phone.sync(world.noted("två"))
    assert phone.sync(early).said == ["merged"]
    assert [row["text"] for row in phone.rows("note").values()] == ["två"]


def test_an_emptied_note_stays_empty(ada, world, clock):
    phone = ada.phone()
    phone.sync(world.noted("hemligt"))
    clock.move(minutes=1)
    phone.sync(world.noted(""))
    assert [row["text"] for row in phone.rows("note").values()] == [""]


def test_a_note_is_kept_for_its_owner_alone(ada, bruno, world, count):
    ada.sync(world.noted("Adas"))
    bruno.sync(world.noted("Brunos"))
    assert count(sa.select(Note)) == 2
    assert [row["text"] for row in ada.phone().pull().rows("note").values()] == ["Adas"]


def enrolment(phone, item):
    return phone.rows("enrolment")[item]


def test_an_open_course_is_chosen_and_left_as_was_said_last(ada, world, clock):
    phone = ada.phone()
    brand = world.courses["brand"]
    assert phone.sync(world.chose("brand")).said == ["applied"]
    assert enrolment(phone, brand)["chosen"]
    early = phone.op(world.chose("brand"), at=clock.move(minutes=1))
    clock.move(minutes=1)
    phone.sync(world.left("brand"))
    assert phone.sync(early).said == ["merged"]
    assert not enrolment(phone, brand)["chosen"]


def test_a_closed_course_cannot_be_chosen(carla, world):
    assert carla.sync(world.chose("hygien")).said == ["rejected:not_open"]


def test_a_course_of_another_unit_cannot_be_chosen_and_is_not_said_to_exist(ada, world):
    unknown = ada.sync(world.chose("01900000-0000-7000-8000-000000000001")).said
    assert ada.sync(world.chose("skolvagen")).said == unknown == ["rejected:gone"]


def test_progress_in_an_open_course_counts_chosen_or_not(carla, world):
    assert carla.sync(world.done("larma", "brand"), world.done("ut", "brand")).said == ["applied", "applied"]
    assert enrolment(carla.own_phone, world.courses["brand"])["completed_version"] == 1


def test_progress_in_a_closed_course_that_one_is_not_enrolled_in_goes_to_review(carla, world, count):
    assert carla.sync(world.done("tvatta"), world.passed()).said == ["review:not_enrolled"] * 2
    assert count(sa.select(StepCompletion)) == 0
    assert count(sa.select(Attempt)) == 0


def test_progress_in_a_course_of_another_unit_is_refused(ada, world):
    assert ada.sync(world.done("ga", "skolvagen")).said == ["rejected:gone"]


def test_progress_in_a_retired_course_counts_for_who_had_to_do_it(ada, world, clock):
    with writing():
        db.session.execute(sa.update(Course).where(Course.slug == "hygien").values(retired_at=clock.now))
        db.session.commit()
    assert ada.sync(world.done("tvatta")).said == ["applied"]


def test_all_required_steps_complete_the_course_and_its_item(ada, world, clock):
    phone = ada.phone()
    ops = [phone.op(one, at=clock.now + index * MINUTE) for index, one in enumerate(world.all_of_hygien())]
    clock.move(hours=1)
    said = phone.sync(*ops)
    assert said.said == ["applied"] * 4
    course = enrolment(phone, world.courses["hygien"])
    assert (course["completed_version"], course["completed_at"]) == (1, ops[-1]["occurred_at"])
    programme = enrolment(phone, world.programmes["ny-har"])
    assert [one["completed_at"] for one in programme["items"]] == [ops[-1]["occurred_at"], None, None]
    assert programme["completed_at"] is None


def test_a_programme_is_completed_by_its_mandatory_items(ada, world, clock):
    ada.sync(*world.all_of_hygien())
    clock.move(hours=1)
    ada.sync(world.by_code("torget"), world.by_place("kyrkan"))
    programme = enrolment(ada.own_phone, world.programmes["ny-har"])
    assert programme["completed_at"] == wire(clock.now)
    assert [bool(one["completed_at"]) for one in programme["items"]] == [True, False, True]


def test_a_course_completed_stays_completed_when_a_new_version_comes(ada, world, settings):
    ada.sync(*world.all_of_hygien())
    publish_again(settings, "courses/hygien/sv/film.md", "En annan film.")
    course = enrolment(ada.own_phone.pull(), world.courses["hygien"])
    assert (course["completed_version"], course["pinned"]) == (1, None)


def test_a_version_begun_stays_one_s_own_until_the_course_is_completed(ada, bruno, world, settings):
    ada.sync(world.done("tvatta"))
    documents = ada.own_phone.rows("catalogue_entry")[world.courses["hygien"]]["documents"]
    publish_again(settings, "courses/hygien/sv/film.md", "En annan film.")
    pinned = enrolment(ada.own_phone.pull(), world.courses["hygien"])["pinned"]
    assert pinned == {"version": 1, "documents": documents}
    assert enrolment(bruno.phone().pull(), world.courses["hygien"])["pinned"] is None
    ada.sync(*world.all_of_hygien()[1:])
    course = enrolment(ada.own_phone, world.courses["hygien"])
    assert (course["completed_version"], course["pinned"]) == (1, None)


def test_the_first_act_pins_the_version_whichever_is_heard_of_first(ada, world, clock, settings):
    publish_again(settings, "courses/hygien/sv/film.md", "En annan film.")
    phone = ada.phone()
    first = phone.op(world.done("tvatta", version=1))
    clock.move(minutes=1)
    phone.sync(world.done("film", version=2))
    assert enrolment(phone, world.courses["hygien"])["pinned"] is None
    phone.sync(first)
    assert enrolment(phone, world.courses["hygien"])["pinned"]["version"] == 1


def test_unchanged_steps_carry_over_to_a_new_version(ada, world, settings):
    ada.sync(world.done("tvatta"), world.practised(), world.passed())
    publish_again(settings, "courses/hygien/sv/film.md", "En annan film.")
    ada.sync(world.done("film", version=2))
    assert enrolment(ada.own_phone, world.courses["hygien"])["completed_version"] == 2


def test_a_changed_step_must_be_done_anew(ada, world, settings):
    ada.sync(world.done("tvatta"), world.practised(), world.passed())
    change(settings, "courses/hygien/sv/tvatta.md", "Tvätta", "Tvätta båda händerna")
    change(settings, "courses/hygien/course.yaml", "minutes: 1, video", "minutes: 2, video")
    publish(settings)
    ada.sync(world.done("film", version=2))
    assert enrolment(ada.own_phone, world.courses["hygien"])["completed_version"] is None
    ada.sync(world.done("tvatta", version=2))
    assert enrolment(ada.own_phone, world.courses["hygien"])["completed_version"] == 2


def test_what_is_remembered_of_published_courses_does_not_grow_without_end(ada, world, monkeypatch):
    monkeypatch.setattr(published, "_MOST_REMEMBERED", 1)
    assert ada.sync(world.done("tvatta"), world.done("larma", "brand"), world.done("film")).said == ["applied"] * 3
    assert len(published._remembered) == 1
