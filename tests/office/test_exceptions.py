"""The room of what needs a person: who sees what of it, what they say, and what becomes of it."""

import re
from datetime import date

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.learning import keeping
from server.people.models import AuditEntry, Device, Employment, Person
from server.sync import ledger
from tests.office.pages import change, give_role, heading, statements, token, words

ROOM = "/office/exceptions"
WRONG = "00000000"


def items(page):
    """The words of each entry of the page's lists."""
    assert page.status_code == 200, words(page.text)
    return [words(one) for one in re.findall(r'<li class="rule[^>]*>(.*?)</li>', page.text, re.DOTALL)]


def post(actor, path, **form):
    return actor.client.post(path, data={"csrf_token": token(actor.get("/office/")), **form})


def decide(actor, op, counts="yes", **form):
    return post(actor, f"{ROOM}/{op['op_id']}/decide", counts=counts, **form)


@pytest.fixture
def typed_wrong(ada, world):
    op = ada.own_phone.op(world.by_code("torget", code=WRONG))
    assert ada.sync(op).said == ["review:code_wrong"]
    return op


@pytest.fixture
def broken(ada, world, monkeypatch):
    """A note that the server cannot keep."""

    def fail(connection, notes, refused):
        raise ZeroDivisionError

    monkeypatch.setattr(keeping, "keep_notes", fail)
    monkeypatch.setattr(ledger, "QUARANTINE_AFTER", 1)
    assert ada.sync(world.noted("Jag är rädd för min chef")).said == ["deferred:quarantined"]


def test_where_nothing_needs_anybody_the_page_says_so(hugo):
    page = hugo.get(ROOM)
    assert heading(page) == "Inga undantag just nu"
    assert "Inget att avgöra" in words(page.text)
    assert "undantag" not in words(hugo.get("/office/").text)


def test_an_act_in_review_says_who_what_when_and_why(hugo, typed_wrong):
    (one,) = items(hugo.get(ROOM))
    for said in ("Ada Lärare", "Omsorg", "Incheckning: Torget", "gjort i dag 09.00", "stämde inte med guidens"):
        assert said in one
    assert WRONG not in hugo.get(ROOM).text
    assert heading(hugo.get(ROOM)) == "1 undantag"


def test_the_board_says_how_many_there_are_and_leads_there(hugo, typed_wrong):
    assert '<a href="/office/exceptions">1 undantag att se på</a>' in hugo.get("/office/").text


def test_of_learning_the_day_is_shown_and_never_the_hour(bruno, hugo, world):
    change(sa.text("UPDATE enrolment SET ended_on = started_on"))
    bruno.sync(world.done("tvatta"), world.passed())
    for one in items(hugo.get(ROOM)):
        assert "gjort i dag · kom hit i dag" in one
        assert not re.search(r"\d\d\.\d\d", one)
        assert "inte inskriven" in one


def test_what_counts_is_counted_after_its_minute_and_the_room_is_empty(ada, hugo, typed_wrong, clock):
    assert decide(hugo, typed_wrong, reason="Guiden läste fel").status_code == 303
    page = hugo.get(ROOM)
    assert heading(page) == "Inga undantag just nu"
    assert "Nyss avgjort" in words(page.text)
    assert ada.own_phone.pull().rows("receipt") == {}
    clock.move(minutes=1)
    assert "Nyss avgjort" not in words(hugo.get(ROOM).text)
    (receipt,) = ada.own_phone.pull().rows("receipt").values()
    assert (receipt["status"], receipt["reason"]) == ("applied", "Guiden läste fel")
    (one,) = items(hugo.get(f"{ROOM}?room=decided"))
    assert "Hugo Hedlund, i dag 09.01 · ”Guiden läste fel” Räknas" in one


def test_a_decision_can_be_undone_within_its_minute_and_no_later(hugo, typed_wrong, clock):
    decide(hugo, typed_wrong)
    assert post(hugo, f"{ROOM}/{typed_wrong['op_id']}/undo").status_code == 303
    assert heading(hugo.get(ROOM)) == "1 undantag"
    decide(hugo, typed_wrong)
    clock.move(minutes=1)
    answer = post(hugo, f"{ROOM}/{typed_wrong['op_id']}/undo")
    assert answer.status_code == 409
    assert "Minuten har gått" in words(answer.text)


def test_the_second_coordinator_sees_what_the_first_decided(hugo, sofia, typed_wrong):
    give_role(sofia, "coordinator", "kommun")
    decide(hugo, typed_wrong, "no")
    answer = decide(sofia, typed_wrong, "yes")
    assert answer.status_code == 409
    said = words(answer.text)
    assert "Någon annan hann före. Hugo Hedlund har bestämt att det inte räknas (Ada Lärare)." in said


def test_what_does_not_count_can_be_made_to_count_after_all(ada, hugo, typed_wrong, clock):
    decide(hugo, typed_wrong, "no")
    clock.move(minutes=1)
    page = hugo.get(ROOM) and hugo.get(f"{ROOM}?room=decided")
    assert "Låt det räknas ändå" in words(page.text)
    instead = re.search(r'name="instead_of" value="([^"]+)"', page.text)[1]
    assert decide(hugo, typed_wrong, instead_of=instead).status_code == 303
    clock.move(minutes=1)
    hugo.get(ROOM)
    (receipt,) = ada.own_phone.pull().rows("receipt").values()
    assert receipt["status"] == "applied"


def test_what_was_to_count_and_is_gone_says_that_it_could_not(hugo, typed_wrong, clock):
    decide(hugo, typed_wrong)
    change(sa.text("DELETE FROM booking"))
    clock.move(minutes=1)
    hugo.get(ROOM)
    (one,) = items(hugo.get(f"{ROOM}?room=decided"))
    assert one.endswith("Gick inte att räkna")


def test_who_typed_it_right_the_next_time_needs_nobody(ada, hugo, world, typed_wrong):
    ada.sync(world.by_code("torget"))
    assert items(hugo.get(ROOM)) == []


def test_a_place_is_not_as_good_as_the_code_that_was_wrong(ada, hugo, world, typed_wrong):
    ada.sync(world.by_place("torget"))
    assert len(items(hugo.get(ROOM))) == 1


def test_a_manager_sees_their_own_people_and_decides_nothing(ada, carla, sofia, world, typed_wrong):
    change(sa.update(Employment).where(Employment.person_id == sofia.person_id).values(unit_id=world.units["omsorg"]))
    give_role(sofia, "manager", "omsorg")
    (one,) = items(sofia.get(ROOM))
    assert "En samordnare avgör" in one
    assert decide(sofia, typed_wrong).status_code == 403
    give_role(carla, "manager", "skola")
    assert items(carla.get(ROOM)) == []


def test_a_coordinator_decides_about_their_own_people_only(carla, typed_wrong):
    give_role(carla, "coordinator", "skola")
    assert items(carla.get(ROOM)) == []
    assert decide(carla, typed_wrong).status_code == 404
    assert post(carla, f"{ROOM}/{typed_wrong['op_id']}/undo").status_code == 404


def test_nobody_decides_about_what_they_did_themselves(ada, typed_wrong):
    give_role(ada, "coordinator", "kommun")
    (one,) = items(ada.get(ROOM))
    assert "aldrig om det hen själv har gjort" in one
    assert decide(ada, typed_wrong).status_code == 403


def test_a_protected_person_is_an_alias(ada, hugo, typed_wrong):
    change(sa.update(Person).where(Person.id == ada.person_id).values(is_protected=True, alias="Person 7"))
    text = hugo.get(ROOM).text
    assert "Person 7" in text
    assert "Ada Lärare" not in text


def test_who_has_left_is_left_to_the_administrator(ada, hugo, sofia, typed_wrong, clock):
    past = {"from_on": date(2026, 1, 1), "to_on": date(2026, 1, 2)}
    change(
        sa.update(Person).where(Person.id == ada.person_id).values(deactivated_at=clock.now),
        sa.update(Employment).where(Employment.person_id == ada.person_id).values(past),
    )
    assert items(hugo.get(ROOM)) == []
    give_role(sofia, "administrator", "kommun")
    assert len(items(sofia.get(ROOM))) == 1


def test_what_waits_for_a_technician_says_how_long_and_never_what_it_says(hugo, broken):
    page = hugo.get(f"{ROOM}?room=waiting")
    (one,) = items(page)
    assert "Ada Lärare" in one
    assert "En anteckning" in one
    assert "flask sync replay" in words(page.text)
    assert "rädd" not in page.text


def test_registrations_missing_from_a_phone_are_news_after_an_hour(ada, hugo, world, clock):
    phone = ada.phone()
    phone.seq = 3
    phone.sync(world.done("tvatta"))
    assert items(hugo.get(f"{ROOM}?room=phones")) == []
    clock.move(hours=1)
    (one,) = items(hugo.get(f"{ROOM}?room=phones"))
    assert "3 registreringar saknas från en telefon" in one
    assert "sedan i dag" in one


def test_a_cleared_phone_is_news_at_once_until_somebody_has_looked(ada, hugo):
    phone = ada.phone()
    ada.post("/api/devices", {"device_id": phone.device_id, "label": "", "lost_through": 7})
    (one,) = items(hugo.get(f"{ROOM}?room=phones"))
    assert "7 registreringar gick förlorade" in one
    path = f"{ROOM}/phones/{phone.device_id}/seen"
    assert post(hugo, path).status_code == 303
    assert items(hugo.get(f"{ROOM}?room=phones")) == []
    assert post(hugo, path).status_code == 404
    with db.engine.connect() as connection:
        noted = connection.execute(sa.select(AuditEntry).where(AuditEntry.action == "phone_looked_at")).one()
    assert (noted.actor_id, noted.subject_id) == (hugo.person_id, ada.person_id)


def test_a_copied_phone_is_news(ada, hugo, world):
    phone = ada.phone()
    copy = ada.phone(phone.device_id, registers=False)
    phone.sync(world.done("tvatta"))
    copy.sync(world.done("film"))
    assert "En telefon hörs från två håll" in items(hugo.get(f"{ROOM}?room=phones"))[0]


def test_a_phone_out_of_sight_is_not_there(ada, carla):
    phone = ada.phone()
    ada.post("/api/devices", {"device_id": phone.device_id, "label": "", "lost_through": 7})
    give_role(carla, "coordinator", "skola")
    assert items(carla.get(f"{ROOM}?room=phones")) == []
    assert post(carla, f"{ROOM}/phones/{phone.device_id}/seen").status_code == 404


def test_the_page_asks_as_many_questions_for_one_as_for_forty(ada, hugo, world, typed_wrong):
    def asked():
        with statements() as said:
            assert hugo.get(ROOM).status_code == 200
        return len(said)

    hugo.get(ROOM)  # signs in
    before = asked()
    ada.sync(*[world.by_code(("torget", "kyrkan")[n % 2], code=WRONG) for n in range(39)])
    assert asked() == before
    assert len(items(hugo.get(ROOM))) == 25
    assert len(items(hugo.get(f"{ROOM}?page=2"))) == 15
    assert 'href="/office/exceptions?room=review&amp;page=2"' in hugo.get(ROOM).text


def test_an_unknown_room_is_the_first_one(hugo, typed_wrong):
    assert len(items(hugo.get(f"{ROOM}?room=x&page=99"))) == 1


def test_a_device_is_only_news_where_something_is_wrong(ada, hugo, world, count):
    ada.sync(world.done("tvatta"))
    assert count(sa.select(Device)) >= 1
    assert items(hugo.get(f"{ROOM}?room=phones")) == []
