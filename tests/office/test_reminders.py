"""The reminders' first room: what goes out today and why, whom it tells, how one person would read it, and the rules."""

import re
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.learning.models import Enrolment
from server.people.models import AuditEntry, Person
from server.reminders.models import ReminderRule
from tests.reminders.making import Post, a_phone_that_is_reminded, round_of, send_all, start

from .pages import change, crowd, give_role, heading, rows, statements, token, words

ROOM = "/office/reminders"


@pytest.fixture
def settings(settings):
    """With a mail server."""
    return replace(settings, smtp_url="smtp://127.0.0.1:9", mail_from="Rundtur <r@prov.example>")


@pytest.fixture
def due(world, clock):
    """Ada and Bruno are to be reminded of a course today."""
    start(clock.now.date(), "due")
    clock.move(days=1)
    round_of(clock.now)
    return clock


def post(actor, path, form=None, page=ROOM):
    actor._client = None
    return actor.client.post(path, data={"csrf_token": token(actor.get(page))} | (form or {}))


def test_a_day_without_reminders_says_so_and_what_to_do(hugo):
    page = hugo.get(ROOM)
    assert heading(page) == "Inga påminnelser i dag"
    assert "Ingen regel är startad än" in words(page.text)
    assert words(page.text).count("Inte startad") == 8


def test_it_says_how_many_people_are_reminded_and_by_which_rule(ada, hugo, due):
    said = words(hugo.get(ROOM).text)
    assert "2 personer påminns i dag" in said
    assert "Snart dags 2 sagda" in said


def test_what_waits_for_a_decent_hour_is_still_to_come(ada, bruno, hugo, world, clock):
    start(clock.now.date(), "due")
    ada.sync({"kind": "preference_set", "name": "quiet_hours", "value": "05:00-13:00"})
    clock.move(days=1)
    round_of(clock.now)
    assert "Snart dags 1 sagd 1 på väg" in words(hugo.get(ROOM).text)
    shown = rows(hugo.get(f"{ROOM}/today/due"))
    assert shown["Ada Lärare"][2] == "tidigast 13.00"
    assert shown["Bruno Bengtsson"][2] == "09.00"


def test_what_was_done_in_time_is_no_longer_needed(ada, bruno, hugo, world, clock):
    start(clock.now.date(), "due")
    ada.sync({"kind": "preference_set", "name": "quiet_hours", "value": "05:00-13:00"})
    clock.move(days=1)
    round_of(clock.now)
    ada.sync(*world.all_of_hygien())
    clock.move(minutes=1)
    round_of(clock.now)
    assert "1 behövs inte längre" in words(hugo.get(ROOM).text)
    assert rows(hugo.get(f"{ROOM}/today/due"))["Ada Lärare"][2] == "Behövs inte längre"


def test_handed_over_is_never_shown_as_arrived(ada, bruno, hugo, world, clock):
    a_phone_that_is_reminded(ada, clock.now)
    start(clock.now.date(), "due")
    clock.move(days=1)
    round_of(clock.now)
    assert rows(hugo.get(f"{ROOM}/today/due"))["Ada Lärare"][3] == "Telefon väntar"
    send_all(Post(), clock.now)
    page = hugo.get(f"{ROOM}/today/due")
    assert rows(page)["Ada Lärare"] == ["Omsorg", "Ren från början", "09.00", "Telefon lämnad"]
    assert rows(page)["Bruno Bengtsson"][3] == "Bara i appen"
    for said in (words(page.text), words(hugo.get(ROOM).text)):
        assert "levererad" not in said.casefold()
        assert "läst" not in said.casefold().replace("inte att någon har läst den", "")


def test_a_coordinator_sees_their_own_people_only(ada, carla, sofia, due):
    give_role(carla, "coordinator", "skola")
    assert heading(carla.get(ROOM)) == "Inga påminnelser i dag"
    assert "Ada" not in carla.get(f"{ROOM}/today/due").text
    assert carla.get(f"{ROOM}/people/{ada.person_id}").status_code == 404


def test_a_manager_has_no_such_room(sofia):
    give_role(sofia, "manager", "kommun")
    assert sofia.get(ROOM).status_code == 403
    assert "Påminnelser" not in sofia.get("/office/").text


def test_a_protected_person_stands_under_an_alias(ada, bruno, hugo, due):
    change(sa.update(Person).where(Person.id == ada.person_id).values(is_protected=True, alias="Deltagare 7"))
    page = hugo.get(f"{ROOM}/today/due")
    assert list(rows(page)) == ["Bruno Bengtsson", "Deltagare 7"]
    assert "Ada" not in page.text


def test_one_person_s_page_shows_what_they_will_read_when_and_by_which_way(ada, hugo, world, clock, count):
    start(clock.now.date(), "due", "tour_tomorrow")
    change(sa.update(Person).where(Person.id == ada.person_id).values(language="en"))
    round_of(clock.now)
    said = words(hugo.get(f"{ROOM}/people/{ada.person_id}").text)
    assert "Tidigast i dag 17.00 · Rundtur i morgon" in said
    assert "The round: Wednesday 25 November at 09:00 Meeting place: The bus." in said
    assert "Väg: E-post" in said
    assert "Nås" in said
    a_phone_that_is_reminded(ada, clock.now)
    said = words(hugo.get(f"{ROOM}/people/{ada.person_id}").text)
    assert "Väg: Telefon" in said
    assert "Så står det på låsskärmen Rundtur You have a reminder." in said
    assert count(sa.select(AuditEntry).where(AuditEntry.action == "person_read")) == 2


def test_one_person_s_page_shows_what_was_said_and_never_whether_it_was_read(ada, hugo, due):
    phone = ada.phone().pull()
    (reminder,) = phone.rows("reminder")
    before = words(hugo.get(f"{ROOM}/people/{ada.person_id}").text)
    phone.sync({"kind": "reminder_seen", "reminder_id": reminder})
    assert "I dag 09.00 · Påminnelse om kurser" in before
    assert words(hugo.get(f"{ROOM}/people/{ada.person_id}").text) == before


@pytest.fixture
def rule():
    return f"{ROOM}/rules/due"


def starts_on(key="due"):
    with db.engine.connect() as connection:
        row = connection.execute(sa.select(ReminderRule).where(ReminderRule.key == key)).one_or_none()
    return row and (row.starts_on, row.is_paused)


def test_a_rule_shows_whom_it_would_tell_before_it_starts(ada, hugo, rule, clock):
    assert "Ingen skulle påminnas i dag" in words(hugo.get(rule).text)
    said = words(hugo.get(f"{rule}?from=2026-11-25").text)
    assert "2 personer skulle påminnas i morgon" in said
    assert "Ren från början 2" in said
    assert "Ada Lärare, Bruno Bengtsson" in said
    assert starts_on() is None


def test_of_five_thousand_everyone_is_looked_at_and_the_first_by_name_are_named(ada, hugo, world):
    crowd(world, 5000)
    change(sa.update(Enrolment).values(started_on=date(2026, 10, 27)))
    change(sa.update(Person).where(Person.name == "Person 04988").values(name="Aaron Abel"))
    said = words(hugo.get(f"{ROOM}/rules/overdue?from=2026-11-25").text)
    assert "1252 personer skulle påminnas i morgon" in said
    assert "Aaron Abel, Ada Lärare, Bruno Bengtsson, Person 00000, Person 00004" in said
    assert "och 1212 till" in said


def test_who_has_turned_reminders_off_is_not_counted(ada, bruno, hugo, rule):
    ada.sync({"kind": "preference_set", "name": "reminders", "value": "off"})
    assert "1 person skulle påminnas i morgon" in words(hugo.get(f"{rule}?from=2026-11-25").text)


def test_a_rule_starts_pauses_and_starts_again(hugo, rule, count):
    answer = post(hugo, f"{rule}/start", {"starts_on": "2026-11-25"}, rule)
    assert answer.status_code == 303
    assert starts_on() == (date(2026, 11, 25), False)
    assert "Startar i morgon" in words(hugo.get(rule).text)
    post(hugo, f"{rule}/pause", page=rule)
    assert starts_on() == (date(2026, 11, 25), True)
    assert "Pausad" in words(hugo.get(rule).text)
    post(hugo, f"{rule}/start", {"starts_on": "2026-11-24"}, rule)
    assert "Igång sedan i dag" in words(hugo.get(rule).text)
    audited = sa.select(AuditEntry).where(AuditEntry.actor_id == hugo.person_id)
    assert count(audited.where(AuditEntry.action.in_(("rule_started", "rule_paused")))) == 3


@pytest.mark.parametrize(
    ("day", "said"),
    [("2026-11-23", "Välj i dag eller en senare dag"), ("", "Skriv en dag"), ("31/12", "Skriv en dag"), ("2026-02-30", "Skriv")],
)  # fmt: skip
def test_a_day_that_is_none_or_past_is_refused_in_words(hugo, rule, day, said):
    answer = post(hugo, f"{rule}/start", {"starts_on": day}, rule)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert starts_on() is None


@pytest.mark.parametrize(
    ("days", "status"), [("0", 303), ("60", 303), ("61", 422), ("-1", 422), ("", 422), ("²", 422), ("9" * 9, 422)]
)
def test_a_number_that_makes_no_sense_is_refused_in_words(hugo, rule, days, status):
    answer = post(hugo, f"{rule}/numbers", {"days": days}, rule)
    assert answer.status_code == status
    assert (status == 303) == (starts_on() is not None)
    if status == 422:
        assert "Välj ett mellan 0 och 60" in words(answer.text)


def test_changing_numbers_changes_what_the_rule_says(hugo):
    post(hugo, f"{ROOM}/rules/overdue/numbers", {"every_days": "3", "most_times": "2"})
    assert "sedan var 3:e dag. Högst 2 gånger" in words(hugo.get(f"{ROOM}/rules/overdue").text)
    assert "sedan var 3:e dag. Högst 2 gånger" in words(hugo.get(ROOM).text)


def test_a_coordinator_of_a_part_sees_rules_and_changes_none(carla, rule):
    give_role(carla, "coordinator", "skola")
    page = carla.get(rule)
    assert "Regler gäller hela organisationen" in words(page.text)
    assert "Starta" not in words(page.text).replace("Startar", "")
    for deed in ("start", "pause", "numbers"):
        assert post(carla, f"{rule}/{deed}", {"starts_on": "2026-11-24", "days": "2"}, rule).status_code == 403
    assert starts_on() is None


@pytest.mark.parametrize("key", ["message", "nothing"])
def test_there_is_no_page_of_a_rule_that_nobody_starts(hugo, key):
    assert hugo.get(f"{ROOM}/rules/{key}").status_code == 404
    assert post(hugo, f"{ROOM}/rules/{key}/start", {"starts_on": "2026-11-24"}).status_code == 404


def test_the_pages_take_as_many_queries_for_forty_as_for_five_thousand(ada, hugo, world, clock):
    start(clock.now.date(), "due", "overdue", "assigned")
    clock.move(days=1)
    pages = (ROOM, f"{ROOM}/today/due", f"{ROOM}/today/assigned", f"{ROOM}/reach", f"{ROOM}/messages/new",
             f"{ROOM}/rules/overdue?from=2026-11-26", f"{ROOM}/people/{ada.person_id}")  # fmt: skip
    counts = []
    for first, many in ((0, 40), (40, 4960)):
        crowd(world, many, first=first)
        clock.move(minutes=1)
        round_of(clock.now)
        hugo._client = None
        hugo.get(ROOM)
        asked = []
        for page in pages:
            with statements() as said:
                assert hugo.get(page).status_code == 200
            asked.append(len(said))
        counts.append(asked)
    assert counts[0] == counts[1], counts
    assert max(counts[0]) <= 24


def test_what_goes_out_today_is_found_by_indexes_however_much_was_said_before(hugo, due):
    """No statement of the first room and of its people walks through all that was ever said."""
    asked = []

    def hear(_connection, _cursor, statement, parameters, *_):
        if "FROM reminder" in statement:
            asked.append((statement, parameters))

    sa.event.listen(db.engine, "before_cursor_execute", hear)
    hugo.get(ROOM)
    hugo.get(f"{ROOM}/today/due")
    sa.event.remove(db.engine, "before_cursor_execute", hear)
    assert len(asked) >= 4
    with db.engine.begin() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in asked:
            how = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            rows = connection.exec_driver_sql(how + statement, parameters).all()
            plan = "\n".join(str(row[-1]) for row in rows)
            assert not re.search(r"(SCAN|Seq Scan on) reminder(_occurrence|_delivery)?\b", plan), plan
