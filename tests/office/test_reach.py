"""Who can be reached and who cannot: a coordinator sees that and no more; an administrator also sees the ways out."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.people.models import Device
from server.reminders import contacts, services
from server.reminders.models import ContactAddress, ReminderDelivery
from server.reminders.tasks import AWAY_S, beat
from tests.reminders.making import a_phone_that_is_reminded, round_of, start
from tests.reminders.post_office import free_port, post_office

from .pages import change, give_role, heading, rows, token, words

ROOM = "/office/reminders/reach"
NOBODY = {"Ada Lärare", "Bruno Bengtsson", "Carla Carlsson", "Greta Grön", "Hugo Hedlund", "Sofia Skribent"}


@pytest.fixture
def bounced(ada, clock):
    with writing(), db.engine.begin() as connection:
        contacts.make(connection, [ada.person_id])
        connection.execute(sa.update(ContactAddress).values(mail_bounced_at=clock.now))


class TestWithMail:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, smtp_url=f"smtp://127.0.0.1:{free_port()}", mail_from="Rundtur <r@prov.example>")

    def test_everyone_with_an_address_that_works_is_reached(self, hugo):
        assert heading(hugo.get(ROOM)) == "Alla 6 nås"

    def test_who_has_neither_an_address_nor_a_phone_that_answers_is_named(self, ada, hugo, bounced, clock):
        page = hugo.get(ROOM)
        assert heading(page) == "1 person nås inte"
        assert rows(page) == {"Ada Lärare": ["Omsorg"]}
        a_phone_that_is_reminded(ada, clock.now)
        assert heading(hugo.get(ROOM)) == "Alla 6 nås"

    def test_a_server_that_is_down_is_seen_in_the_self_test(self, sofia, monkeypatch):
        monkeypatch.setattr(services, "reach", lambda _: [])
        give_role(sofia, "administrator", "kommun")
        said = words(sofia.client.post(ROOM, data={"csrf_token": token(sofia.get(ROOM))}).text)
        assert "E-postservern går inte att ansluta till" in said

    def test_what_waits_because_the_server_is_down_is_seen(self, app, ada, bruno, sofia, clock):
        start(clock.now.date(), "due")
        clock.move(days=1)
        tasks = app.extensions["tasks"]
        from server.reminders.delivering import deliver
        from server.reminders.ticking import tick

        tick(db.engine, clock.now, "Europe/Stockholm", tasks.ways)
        deliver(db.engine, clock.now, "Europe/Stockholm", tasks._channels)
        give_role(sofia, "administrator", "kommun")
        clock.move(minutes=10)
        said = words(sofia.get(ROOM).text)
        assert "E-post Lämnade senaste dygnet: 0 · Gick inte: 0 · Väntar: 2 sedan i dag" in said
        assert "Senaste orsak: smtp_down" in said


def test_without_a_mail_server_only_phones_reach(ada, hugo, clock):
    page = hugo.get(ROOM)
    assert set(rows(page)) == NOBODY
    a_phone_that_is_reminded(ada, clock.now)
    assert set(rows(hugo.get(ROOM))) == NOBODY - {"Ada Lärare"}


def test_nothing_says_by_which_way_or_since_when(ada, hugo, clock):
    a_phone_that_is_reminded(ada, clock.now)
    clock.move(days=15)
    change(sa.update(Device).values(label="Adas telefon"))
    said = words(hugo.get(ROOM).text)
    assert "Ada Lärare" in said
    for word in ("15 dagar", "24 nov", "telefon från", "Adas telefon", "senast"):
        assert word not in said


def test_a_coordinator_sees_neither_the_ways_nor_the_self_test(hugo):
    assert "Vägarna ut" not in words(hugo.get(ROOM).text)
    assert hugo.client.post(ROOM, data={"csrf_token": token(hugo.get(ROOM))}).status_code == 403


def test_a_coordinator_sees_their_own_people(carla):
    give_role(carla, "coordinator", "skola")
    assert set(rows(carla.get(ROOM))) == {"Carla Carlsson"}


def test_an_administrator_tries_the_ways(app, sofia, monkeypatch):
    monkeypatch.setattr(
        services, "reach", lambda _: [services.Reached("Mozilla", "updates.push.example", False, "timeout")]
    )
    give_role(sofia, "administrator", "kommun")
    page = sofia.get(ROOM)
    assert "E-post Lämnade senaste dygnet: 0 · Gick inte: 0 · Väntar: 0 Inte inställd" in words(page.text)
    assert "Har aldrig hörts av" in words(page.text)
    with post_office() as office:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp_url=f"smtp://127.0.0.1:{office.port}")
        said = words(sofia.client.post(ROOM, data={"csrf_token": token(page)}).text)
        assert office.taken == []
    assert "E-postservern nås och släpper in oss" in said
    assert "Mozilla updates.push.example: svarar inte i tid" in said


def test_what_failed_shows_its_last_reason(ada, sofia, clock):
    start(clock.now.date(), "due")
    a_phone_that_is_reminded(ada, clock.now)
    clock.move(days=1)
    round_of(clock.now)
    change(sa.update(ReminderDelivery).values(state="failed", failure="push_403"))
    give_role(sofia, "administrator", "kommun")
    said = words(sofia.get(ROOM).text)
    assert "Telefon Lämnade senaste dygnet: 0 · Gick inte: 1 · Väntar: 0 Senaste orsak: push_403" in said


def test_an_administrator_sees_that_the_queue_is_away_and_that_it_matters_little(sofia, clock):
    give_role(sofia, "administrator", "kommun")
    beat(db.engine, clock.now, "queue")
    beat(db.engine, clock.now)
    assert "Kön går inte att nå" not in words(sofia.get(ROOM).text)
    beat(db.engine, clock.move(seconds=AWAY_S + 1))
    assert "Kön går inte att nå. Allt går ut ändå" in words(sofia.get(ROOM).text)
