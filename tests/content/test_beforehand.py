"""What people did before a folder was loaded counts as what a phone tells."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from server.activities.models import CheckIn, Evidence
from server.content.packs import PackFault
from server.foundation import clock as product_clock
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.learning.models import Attempt, StepCompletion
from server.loading import Loading
from tests.databases import NOW

from .packing import change, pack_of

BRUNO = "enrolled: [{programme: ny-har, started_on: -10}]}\n  - {email: carla"
CAME = 'starts_at: {days: 30, at: "09:00"}\n    ends_at: {days: 30, at: "12:00"}'
WENT = CAME.replace("30", "-3")
ROSTER = "roster: [ada@prov.example]"


def did(settings, done: str) -> None:
    """The pack says that Bruno has done this."""
    change(settings, "organisation.yaml", BRUNO, BRUNO.replace("]}\n", f"], done: [{done}]}}\n"))


def rode(settings, checked_in: str, dates: str = WENT) -> None:
    """The pack says who has checked in on next month's tour, which has been three days ago."""
    change(settings, "departures.yaml", CAME, dates)
    change(settings, "departures.yaml", ROSTER, f"{ROSTER}\n    checked_in: {checked_in}")


def load(settings) -> None:
    loading = Loading(
        db.session(), data=settings.data, at=product_clock.now(), zone=settings.zone, demo_password=None
    )  # fmt: skip
    with writing():
        list(loading.load(pack_of(settings)))
        publish_session(db.session())
        db.session.commit()
        db.session.remove()


def on(row, settings):
    """On which day, counted from today, it was completed."""
    at = datetime.fromisoformat(row["completed_at"])
    zone = ZoneInfo(settings.zone)
    return (at.astimezone(zone).date() - NOW.astimezone(zone).date()).days


def test_a_course_that_was_done_is_completed_on_that_day(bruno, world, settings):
    phone = bruno.phone().pull()
    did(settings, "{course: hygien, begun_on: -8, done_on: -5}")
    load(settings)
    phone.pull()
    assert on(phone.rows("enrolment")[world.courses["hygien"]], settings) == -5
    items = {item["key"]: item for item in phone.rows("enrolment")[world.programmes["ny-har"]]["items"]}
    assert on(items["hygien"], settings) == -5
    assert sorted({on(one, settings) for one in phone.rows("step_completion").values()}) == [-8, -7, -6, -5]
    assert all(one["passed"] for one in phone.rows("attempt").values())


def test_of_a_course_that_was_begun_the_first_steps_are_done(bruno, world, settings):
    did(settings, "{course: hygien, begun_on: -2, steps: 2}")
    load(settings)
    phone = bruno.phone().pull()
    course = phone.rows("enrolment")[world.courses["hygien"]]
    assert course["completed_at"] is None
    assert [one["step_key"] for one in phone.rows("step_completion").values()] == ["tvatta", "film"]


def test_nobody_did_anything_at_a_time_that_is_to_come(bruno, settings, clock):
    clock.now = clock.now.replace(hour=5)
    did(settings, "{course: hygien, begun_on: -1, done_on: 0}")
    load(settings)
    with db.engine.connect() as connection:
        assert max(connection.execute(sa.select(StepCompletion.completed_at)).scalars()) <= clock.now


def test_who_checked_in_at_enough_stops_has_been_on_the_tour(ada, greta, world, settings):
    rode(settings, "{ada@prov.example: 2}")
    load(settings)
    phone = ada.phone().pull()
    items = {item["key"]: item for item in phone.rows("enrolment")[world.programmes["ny-har"]]["items"]}
    assert on(items["rundan"], settings) == -3
    seen = phone.rows("check_in").values()
    assert [(one["confidence"], one["methods"], one["in_review"]) for one in seen] == [
        ("medium", ["typed_code"], False)
    ] * 2


def test_loaded_again_nothing_is_done_twice(world, settings, count, clock):
    did(settings, "{course: hygien, begun_on: -8, done_on: -5}")
    rode(settings, "{ada@prov.example: 2}")
    load(settings)
    before = [count(sa.select(one)) for one in (StepCompletion, Attempt, CheckIn, Evidence)]
    clock.move(hours=1)
    load(settings)
    assert [count(sa.select(one)) for one in (StepCompletion, Attempt, CheckIn, Evidence)] == before


DONE = {
    "no such course": ("{course: nix, begun_on: -3, steps: 1}", "no course “nix”"),
    "both": ("{course: hygien, begun_on: -3, done_on: -2, steps: 1}", "say done_on"),
    "neither": ("{course: hygien, begun_on: -3}", "say done_on"),
    "all steps by their number": ("{course: hygien, begun_on: -3, steps: 5}", "has 5 steps"),
    "done before it was begun": ("{course: hygien, begun_on: -3, done_on: -4}", "the days"),
    "done to-morrow": ("{course: hygien, begun_on: -3, done_on: 1}", "the days"),
    "a course of others": ("{course: skolvagen, begun_on: -3, done_on: -3}", "would not count (gone)"),
}


@pytest.mark.parametrize(("done", "remedy"), [pytest.param(*case, id=name) for name, case in DONE.items()])
def test_what_cannot_have_been_done_names_file_line_and_remedy(world, settings, done, remedy):
    did(settings, done)
    assert fault(settings) == ("organisation.yaml", 9)
    assert remedy in said(settings)


RIDDEN = {
    "not on the roster": ("{bruno@prov.example: 1}", WENT, "not on the roster"),
    "more stops than there are": ("{ada@prov.example: 4}", WENT, "has 3 stops"),
    "a departure that is to come": ("{ada@prov.example: 1}", CAME, "nobody can have checked in yet"),
}


@pytest.mark.parametrize(
    ("checked_in", "dates", "remedy"), [pytest.param(*case, id=name) for name, case in RIDDEN.items()]
)
def test_who_cannot_have_checked_in_is_named_with_file_line_and_remedy(world, settings, checked_in, dates, remedy):
    rode(settings, checked_in, dates)
    assert fault(settings) == ("departures.yaml", 18)
    assert remedy in said(settings)


def fault(settings) -> tuple[str, int | None]:
    caught = _caught(settings)
    return caught.file.name, caught.line


def said(settings) -> str:
    return _caught(settings).remedy


def _caught(settings) -> PackFault:
    with pytest.raises(PackFault) as caught:
        load(settings)
    db.session.info.pop("touches", None)
    db.session.rollback()
    db.session.remove()
    return caught.value
