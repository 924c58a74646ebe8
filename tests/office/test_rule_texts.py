"""The words of a rule: tried first, kept in both languages, held to their places, and put back."""

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.learning.models import CourseVersion
from server.people.models import AuditEntry
from server.reminders.models import ReminderText
from tests.reminders.making import inbox, round_of, start

from .pages import change, give_role, token, words

ROOM = "/office/reminders/rules/due/texts"
OWN = {
    "title_sv": "Dags för {course}", "body_sv": "Klar senast {day}. {n} minuter.", "one_sv": "Klar senast {day}. En minut.",
    "title_en": "Time for {course}", "body_en": "By {day}.",
}  # fmt: skip


def post(actor, path=f"{ROOM}/due", **form):
    actor._client = None
    return actor.client.post(path, data={"csrf_token": token(actor.get(ROOM))} | form)


def test_words_are_seen_as_they_will_be_read_before_they_are_kept(hugo, count):
    assert "Rundturs egna ord" in words(hugo.get(ROOM).text)
    said = words(post(hugo, **OWN, way="show").text)
    for shown in (
        "Inte sparat än. På svenska När det är flera (12) Dags för Informationssäkerhet Klar senast fredag 27 november. 12 minuter.",
        "När det är en (1) Dags för Informationssäkerhet Klar senast fredag 27 november. En minut.",
        "På engelska Time for Information security By Friday 27 November.",
    ):  # fmt: skip
        assert shown in said
    assert said.count("Of one (1)") == 0, "what names no number is said in one way"
    assert count(sa.select(ReminderText)) == 0


def test_what_is_kept_is_said_from_then_on_in_both_languages_and_noted(ada, hugo, clock, count):
    assert post(hugo, **OWN, way="keep").status_code == 303
    start(clock.now.date(), "due")
    round_of(clock.move(days=1))
    assert inbox(ada)[0]["words"] == {
        "sv": {"title": "Dags för Ren från början", "body": "Klar senast lördag 28 november. 10 minuter."},
        "en": {"title": "Time for Clean from the start", "body": "By Saturday 28 November."},
    }
    assert count(sa.select(AuditEntry).where(AuditEntry.action == "rule_worded")) == 1


def test_what_takes_one_minute_is_said_of_one(ada, hugo, clock):
    post(hugo, **OWN, way="keep")
    start(clock.now.date(), "due")
    lasts(1)
    round_of(clock.move(days=1))
    said = inbox(ada)[0]["words"]
    assert (said["sv"]["body"], said["en"]["body"]) == (
        "Klar senast lördag 28 november. En minut.",
        "By Saturday 28 November.",
    )


def lasts(minutes):
    """Every course takes so long."""
    with db.engine.connect() as connection:
        versions = connection.execute(
            sa.select(CourseVersion.course_id, CourseVersion.number, CourseVersion.entry)
        ).all()
    for one in versions:
        of = sa.update(CourseVersion).where(
            CourseVersion.course_id == one.course_id, CourseVersion.number == one.number
        )
        change(of.values(entry=one.entry | {"minutes": minutes}))


def test_the_product_s_own_words_are_shown_of_several_and_of_one(hugo):
    said = words(hugo.get(ROOM).text)
    assert "Det tar ungefär 12 minuter." in said
    assert "Det tar ungefär 1 minut." in said
    assert "It takes about 1 minute." in said


def test_the_product_s_words_can_be_put_back(ada, hugo, clock, count):
    post(hugo, **OWN, way="keep")
    assert "Era egna ord" in words(hugo.get(ROOM).text)
    assert post(hugo, way="usual").status_code == 303
    assert "Rundturs egna ord" in words(hugo.get(ROOM).text)
    assert count(sa.select(ReminderText)) == 0


def test_what_is_kept_as_it_was_is_not_own(hugo, count):
    usual = {
        "title_sv": "{course}: senast {day}",
        "body_sv": "Det tar ungefär {n} minuter. Gör det när det passar, på arbetstid.",
        "one_sv": "Det tar ungefär {n} minut. Gör det när det passar, på arbetstid.",
    }
    post(hugo, **OWN | usual, way="keep")
    assert count(sa.select(ReminderText)) == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"body_sv": "Hej {name}"}, "Inom klamrar får bara stå: {course}, {day}, {n}."),
        ({"body_sv": "{course.__class__}"}, "Inom klamrar får bara stå"), ({"body_sv": "{n:>9999}"}, "Inom klamrar"),
        ({"body_sv": "{0}"}, "Inom klamrar"), ({"title_sv": "{course"}, "Inom klamrar"), ({"title_sv": "}"}, "Inom klamrar"),
        ({"title_sv": "{n} minuter"}, "Inom klamrar får bara stå: {course}, {day}."), ({"one_sv": "{name}"}, "Inom klamrar"),
        ({"one_sv": " "}, "hur det låter när {n} är 1"), ({"one_sv": "x" * 301}, "Det är för långt"),
        ({"title_en": " "}, "på båda språken"), ({"body_en": "x" * 301}, "Det är för långt"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["show", "keep"])
def test_words_that_will_not_do_are_refused_in_words_and_stay_in_the_form(hugo, count, form, said, way):
    answer = post(hugo, **OWN | form, way=way)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert 'value="Time for {course}"' in answer.text or "title_en" in form
    assert count(sa.select(ReminderText)) == 0


def test_each_case_of_a_rule_has_its_words(hugo):
    said = words(hugo.get("/office/reminders/rules/departure_changed/texts").text)
    for title in (
        "Ekerö runt har ny tid",
        "Ekerö runt har ny mötesplats",
        "Ekerö runt är inställd",
        "inte längre med på Ekerö runt",
    ):
        assert title in said


def test_who_coordinates_a_part_reads_the_words_and_changes_none(carla, world):
    give_role(carla, "coordinator", "hemtjanst")
    assert "Ändra orden" not in words(carla.get(ROOM).text)
    carla._client = None
    form = OWN | {"way": "keep", "csrf_token": token(carla.get("/office/reminders/messages/new"))}
    answer = carla.client.post(f"{ROOM}/due", data=form)
    assert answer.status_code == 403


@pytest.mark.parametrize("key", ["message", "nudge", "x"])
def test_there_are_no_words_of_a_rule_that_has_none_of_ours(hugo, key):
    assert hugo.get(f"/office/reminders/rules/{key}/texts").status_code == 404
