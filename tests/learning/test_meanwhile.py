"""What changes between an act and its arrival, or after it: a new version, the last day of a post."""

import sqlalchemy as sa

from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.people.models import Employment
from tests.content.packing import change, publish


def test_a_version_that_asks_for_less_completes_the_course_of_who_has_done_that(settings, bruno, world):
    phone = bruno.phone()
    phone.sync(world.chose("brand"), world.done("larma", "brand"))
    step = "      - {key: ut, kind: task, title: {sv: Gå ut, en: Leave}, minutes: 1}\n"
    change(settings, "courses/brand/course.yaml", step, "")
    publish(settings)
    enrolment = phone.pull().rows("enrolment")[world.courses["brand"]]
    assert (enrolment["completed_version"], enrolment["completed_at"]) == (2, product_clock.wire(product_clock.now()))


def test_who_is_still_in_a_step_that_the_newest_version_lacks_keeps_place_and_note_there(settings, bruno, world):
    phone = bruno.phone()
    phone.sync(world.chose("brand"), world.done("larma", "brand"))
    step = "      - {key: ut, kind: task, title: {sv: Gå ut, en: Leave}, minutes: 1}\n"
    change(settings, "courses/brand/course.yaml", step, "")
    publish(settings)
    assert phone.sync(world.placed("ut", course="brand"), world.noted("Vart?", "ut", "brand")).said == ["applied"] * 2


def end_post_today(person_id):
    with writing():
        db.session.execute(
            sa.update(Employment)
            .where(Employment.person_id == person_id)
            .values(to_on=product_clock.today("Europe/Stockholm"))
        )
        db.session.commit()


def test_what_was_done_on_the_last_day_counts_when_it_comes_the_day_after(carla, world, clock):
    phone = carla.phone().pull()
    end_post_today(carla.person_id)
    acts = [phone.op(one, heard=clock.now) for one in (world.chose("skolvagen"), world.done("ga", "skolvagen"))]
    clock.move(days=1)
    assert phone.sync(*acts).said == ["applied", "applied"]


def test_what_is_done_after_the_last_day_does_not(carla, world, clock):
    phone = carla.phone().pull()
    end_post_today(carla.person_id)
    clock.move(days=1)
    assert phone.sync(phone.op(world.done("ga", "skolvagen"), heard=clock.now)).said == ["rejected:gone"]
