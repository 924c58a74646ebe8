"""A message to a group: seen and counted first, sent after a minute in which it can be taken back, and who was told."""

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.people.models import AuditEntry, Person
from server.reminders.models import GroupMessage, ReminderOccurrence
from tests.reminders.making import a_phone_that_is_reminded, inbox, round_of

from .pages import change, crowd, give_role, heading, rows, statements, token, words

ROOM = "/office/reminders/messages"
SWEDISH = {"title_sv": "Brandövning", "body_sv": "Torsdag kl. 10.\nVid flaggan."}


def post(actor, path, **form):
    actor._client = None
    return actor.client.post(path, data={"csrf_token": token(actor.get(ROOM))} | form)


def to(world, unit="omsorg"):
    return {"to": f"unit:{world.units[unit]}"}


def sent(actor, world, **form):
    answer = post(actor, ROOM, **to(world), **SWEDISH, **form)
    assert answer.status_code == 303, words(answer.text)
    return answer.headers["Location"]


def written():
    with db.engine.connect() as connection:
        return connection.execute(sa.select(GroupMessage.__table__)).all()


def test_it_is_shown_and_counted_before_anything_is_kept(ada, bruno, hugo, world):
    page = post(hugo, f"{ROOM}/preview", **to(world), **SWEDISH)
    said = words(page.text)
    assert "Så här blir det, till 2 personer Till Omsorg" in said
    assert "Brandövning Torsdag kl. 10. Vid flaggan." in said
    assert "Bara på svenska" in said
    assert written() == []


def test_both_languages_are_shown_and_nothing_is_said_to_be_missing(hugo, world):
    english = {"title_en": "Fire drill", "body_en": "Thursday at 10."}
    said = words(post(hugo, f"{ROOM}/preview", **to(world), **SWEDISH, **english).text)
    assert "På svenska Brandövning" in said
    assert "På engelska Fire drill Thursday at 10." in said
    assert "Bara på" not in said


def test_it_goes_out_after_a_minute_and_each_reads_it_in_their_language_where_there_is_one(
    ada, bruno, carla, hugo, world, clock
):
    change(sa.update(Person).where(Person.id == bruno.person_id).values(language="en"))
    place = sent(hugo, world, title_en="Fire drill", body_en="Thursday.")
    assert heading(hugo.get(place)) == "Går ut 09.01.00"
    clock.move(seconds=59)
    round_of(clock.now)
    assert inbox(ada) == []
    clock.move(seconds=2)
    round_of(clock.now)
    (mine,) = inbox(ada)
    assert (mine["words"]["sv"]["title"], mine["words"]["en"]["title"]) == ("Brandövning", "Fire drill")
    assert inbox(carla) == []


def test_when_its_minute_is_over_a_worker_is_nudged_and_not_before(app, hugo, world):
    tasks = app.extensions["tasks"]
    tasks.mend()
    sent(hugo, world)
    (round_,) = tasks.queue.pending()
    assert round_.name == "round"
    assert not tasks.queue.ready_to_run(round_)


def test_where_a_language_is_missing_the_other_is_read(ada, hugo, world, clock):
    sent(hugo, world)
    clock.move(minutes=2)
    round_of(clock.now)
    (mine,) = inbox(ada)
    assert mine["words"]["en"]["title"] == "Brandövning"


def test_within_the_minute_it_can_be_taken_back_and_nobody_gets_it(ada, hugo, world, clock, count):
    place = sent(hugo, world)
    clock.move(seconds=59)
    assert post(hugo, f"{place}/recall").status_code == 303
    assert post(hugo, f"{place}/recall").status_code == 303
    clock.move(minutes=2)
    round_of(clock.now)
    assert inbox(ada) == []
    assert heading(hugo.get(place)) == "Ångrat. Ingen fick det."
    actions = sa.select(AuditEntry).where(AuditEntry.action == "group_message_recalled")
    assert count(actions) == 1


def test_when_the_minute_is_over_it_is_too_late(ada, hugo, world, clock):
    place = sent(hugo, world)
    clock.move(seconds=60)
    answer = post(hugo, f"{place}/recall")
    assert answer.status_code == 409
    assert "Minuten är slut. Det har gått ut." in words(answer.text)
    round_of(clock.now)
    assert len(inbox(ada)) == 1


def test_who_was_told_what_and_when_stands_there(ada, bruno, hugo, world, clock):
    a_phone_that_is_reminded(ada, clock.now)
    place = sent(hugo, world)
    clock.move(minutes=2)
    round_of(clock.now)
    page = hugo.get(place)
    assert heading(page) == "Gick ut till 2 personer"
    assert rows(page) == {
        "Ada Lärare": ["Omsorg", "i dag 09.02", "Telefon väntar"],
        "Bruno Bengtsson": ["Omsorg", "i dag 09.02", "Bara i appen"],
    }
    assert "Brandövning Till Omsorg Hugo Hedlund, i dag 09.00 Utskickat 2 personer" in words(hugo.get(ROOM).text)


def test_a_message_to_forty_thousand_by_mistake_asks_and_shows_the_count(hugo, world, count):
    crowd(world, 40_000)
    page = post(hugo, f"{ROOM}/preview", **to(world, "kommun"), **SWEDISH)
    assert "Det här går till 40006 personer. Skriv antalet för att bekräfta." in words(page.text)
    for said in ({}, {"confirmed": "ja"}, {"confirmed": "40005"}, {"confirmed": "４０００６"}):
        answer = post(hugo, ROOM, **to(world, "kommun"), **SWEDISH, **said)
        assert answer.status_code == 422
        assert "Det här går till 40006 personer" in words(answer.text)
    assert written() == []
    assert post(hugo, ROOM, **to(world, "kommun"), **SWEDISH, confirmed="40 006").status_code == 303
    assert [one.people for one in written()] == [40_006]
    assert count(sa.select(AuditEntry).where(AuditEntry.action == "group_message_written")) == 1


def test_more_than_half_of_everyone_is_asked_for_twice_however_few_they_are(hugo, world):
    assert "Skriv antalet" in words(post(hugo, f"{ROOM}/preview", **to(world, "kommun"), **SWEDISH).text)
    assert "Skriv antalet" not in words(post(hugo, f"{ROOM}/preview", **to(world), **SWEDISH).text)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Skriv både rubrik och text"),
        ({"title_sv": "Bara rubrik"}, "Skriv både rubrik och text"),
        ({"title_sv": " \n ", "body_sv": "\0"}, "Skriv både rubrik och text"),
        (SWEDISH | {"title_en": "Only a heading"}, "Skriv både rubrik och text"),
        ({"title_sv": "x" * 81, "body_sv": "y"}, "Rubriken får ha 80 tecken och texten 600"),
        ({"title_sv": "x", "body_sv": "y" * 601}, "Rubriken får ha 80 tecken och texten 600"),
    ],
)
@pytest.mark.parametrize("place", [f"{ROOM}/preview", ROOM])
def test_words_that_will_not_do_are_refused_in_words_and_stay_in_the_form(hugo, world, form, sentence, place):
    answer = post(hugo, place, **to(world), **form)
    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert "Skicka till" not in words(answer.text)
    assert written() == []


def test_a_group_without_people_is_told_nothing(hugo, world):
    page = post(hugo, f"{ROOM}/preview", **to(world, "hemtjanst"), **SWEDISH)
    assert "Det finns ingen i den gruppen just nu" in words(page.text)
    assert post(hugo, ROOM, **to(world, "hemtjanst"), **SWEDISH).status_code == 422


@pytest.mark.parametrize(("audience", "people"), [("programme", 2), ("departure", 3)])
def test_a_programme_and_a_departure_are_groups_too(ada, bruno, greta, hugo, world, clock, audience, people):
    group = world.programmes["ny-har"] if audience == "programme" else world.departures["rundan-i-morgon"]
    page = post(hugo, f"{ROOM}/preview", to=f"{audience}:{group}", **SWEDISH)
    assert f"till {people} personer" in words(page.text)
    post(hugo, ROOM, to=f"{audience}:{group}", **SWEDISH, confirmed=str(people))
    clock.move(minutes=2)
    round_of(clock.now)
    assert len(inbox(ada)) == len(inbox(bruno)) == 1


def test_only_groups_that_lie_in_sight_can_be_written_to(ada, carla, hugo, world):
    give_role(carla, "coordinator", "skola")
    groups = [
        f"unit:{world.units['omsorg']}", f"unit:{world.units['kommun']}", f"programme:{world.programmes['ny-har']}",
        f"departure:{world.departures['rundan-i-morgon']}", "unit:nothing", "everyone:", "",
    ]  # fmt: skip
    for group in groups:
        assert post(carla, ROOM, to=group, **SWEDISH).status_code == 404, group
    assert post(carla, ROOM, **to(world, "skola"), **SWEDISH).status_code == 303
    place = sent(hugo, world)
    assert carla.get(place).status_code == 404
    assert post(carla, f"{place}/recall").status_code == 404
    assert "Brandövning Till Omsorg" not in words(carla.get(ROOM).text)
    assert "Brandövning Till Skola" in words(hugo.get(ROOM).text)


def test_of_a_group_that_reaches_further_only_one_s_own_people_are_shown(ada, carla, greta, hugo, world, clock, sofia):
    give_role(sofia, "coordinator", "omsorg")
    place = sent(hugo, world)
    clock.move(minutes=2)
    round_of(clock.now)
    change(sa.update(Person).where(Person.id == ada.person_id).values(is_protected=True, alias="Deltagare 7"))
    assert list(rows(sofia.get(place))) == ["Bruno Bengtsson", "Deltagare 7"]


def test_a_form_without_its_token_sends_nothing(hugo, world):
    assert hugo.client.post(ROOM, data=to(world) | SWEDISH).status_code == 400
    assert written() == []


def test_nothing_written_becomes_markup(hugo, world):
    evil = {"title_sv": "<script>x</script>", "body_sv": '"><b>y</b>'}
    page = post(hugo, f"{ROOM}/preview", **to(world), **evil)
    assert "<script>x" not in page.text
    assert "<b>y" not in page.text


def test_a_message_s_page_takes_as_many_queries_for_two_as_for_a_thousand(hugo, world, clock, count):
    counts = []
    for many in (0, 1000):
        crowd(world, many) if many else None
        place = sent(hugo, world, confirmed=str(2 + many))
        clock.move(minutes=2)
        round_of(clock.now)
        hugo._client = None
        hugo.get(ROOM)
        with statements() as said:
            assert hugo.get(place).status_code == 200
        counts.append(len(said))
    assert count(sa.select(ReminderOccurrence).where(ReminderOccurrence.rule == "message")) == 1004
    assert counts[0] == counts[1] <= 14
