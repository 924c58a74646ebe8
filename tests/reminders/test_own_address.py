"""A person's own mail address: asked for in the app, used once a code that was mailed there has come back, and no sign-in name."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.foundation.limits import limiter
from server.people import addresses
from server.people.models import AuditEntry, Person
from server.reminders import contacts
from server.reminders.models import ContactAddress, ReminderDelivery
from server.reminders.reaching import escalate, is_reachable
from server.reminders.ticking import tick

from .making import ZONE, Post, do, send_all, start
from .post_office import post_office

NEW = "ada@hemma.example"


@pytest.fixture
def office(app):
    with post_office() as made:
        settings = app.config["SETTINGS"]
        app.config["SETTINGS"] = replace(
            settings, smtp_url=f"smtp://127.0.0.1:{made.port}", mail_from="Rundtur <rundtur@kommun.example>"
        )
        yield made


@pytest.fixture
def unlimited():
    limiter.enabled = False
    yield
    limiter.enabled = True


def asked(actor, address=NEW):
    return actor.post("/api/mail-address", {"address": address})


def told(actor, code):
    return actor.post("/api/mail-address/code", {"code": code})


def code_in(mail):
    (code,) = re.findall(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", mail.get_body(("plain",)).get_content())
    return code


def goes_to(phone):
    (self,) = phone.pull().rows("self").values()
    return self["mail_goes_to"]


def waiting():
    with db.engine.connect() as connection:
        rows = connection.execute(sa.select(ReminderDelivery.address).where(ReminderDelivery.channel == "mail"))
        return sorted(rows.scalars())


def bounced(actor, address, at):
    with writing(), db.engine.begin() as connection:
        contacts.bounced(connection, {actor.person_id: address}, at)


def test_a_new_address_is_used_once_the_code_has_come_back_and_not_before(office, ada, bruno, clock, count):
    phone, old = ada.phone(), {"address": ada.email, "is_own": False}
    assert goes_to(phone) == old
    assert asked(ada, " Ada@Hemma.example ").status_code == 204
    assert goes_to(phone) == old, "nothing has changed yet"
    assert office.envelopes == [("rundtur@kommun.example", [NEW])]
    code = code_in(office.mails[0])
    assert told(bruno, code).get_json()["code"] == "address_code_wrong", "it is hers alone"
    assert told(ada, code.lower().replace("-", " ")).status_code == 204
    assert goes_to(phone) == {"address": NEW, "is_own": True}
    assert told(ada, code).get_json()["code"] == "address_code_wrong", "it is used"
    entries = sa.select(AuditEntry).where(
        AuditEntry.action == "own_address_set", AuditEntry.subject_id == ada.person_id
    )
    assert count(entries) == 1


def test_what_they_sign_in_with_stays_what_it_was(office, ada, app, count):
    asked(ada)
    told(ada, code_in(office.mails[0]))
    assert count(sa.select(Person).where(Person.email == ada.email)) == 1
    assert count(sa.select(Person).where(Person.email == NEW)) == 0


def test_reminders_go_there_also_what_waits_and_what_came_back(office, ada, clock):
    start(clock.now.date(), "due")
    clock.move(days=1)
    tick(db.engine, clock.now, ZONE, ["mail"])
    assert ada.email in waiting()
    asked(ada)
    told(ada, code_in(office.mails[0]))
    assert NEW in waiting()
    assert ada.email not in waiting()
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.update(ReminderDelivery).values(state="failed", failure="gone"))
    bounced(ada, NEW, clock.now)
    with db.engine.connect() as connection:
        reached = sa.select(is_reachable(clock.now, ("mail",))).where(Person.id == ada.person_id)
        assert not connection.execute(reached).scalar_one()
    assert ada.delete("/api/mail-address").status_code == 204
    with writing(), db.engine.begin() as connection:
        escalate(connection, clock.now, ZONE, ["mail"])
    assert {ada.email, NEW} <= set(waiting()), "taken back: what came back goes to what they sign in with"


def test_what_waits_for_the_morning_does_not_go_to_an_address_that_came_back_in_the_night(ada, clock):
    """It went: whether an address works was asked when the mail was added, and not again."""
    start(clock.now.date(), "due")
    clock.move(days=1)
    tick(db.engine, clock.now, ZONE, ["mail"])
    assert ada.email in waiting()
    bounced(ada, ada.email, clock.now)
    post = Post()
    send_all(post, clock.now, "mail")
    assert ada.email not in [letter.address for letter in post.letters]


def test_what_was_put_off_does_not_come_again_at_an_address_that_came_back(ada, clock):
    phone = ada.phone()
    start(clock.now.date(), "due")
    clock.move(days=1)
    tick(db.engine, clock.now, ZONE, ["mail"])
    send_all(Post(), clock.now, "mail")
    (reminder,) = phone.pull().rows("reminder")
    bounced(ada, ada.email, clock.now)
    with writing(), db.engine.begin() as connection:
        mine = ReminderDelivery.person_id == ada.person_id
        connection.execute(sa.update(ReminderDelivery).where(mine).values(state="failed", failure="gone"))
    until = (clock.now.date() + timedelta(days=1)).isoformat()
    phone.sync({"kind": "reminder_snoozed", "reminder_id": reminder, "until_on": until})
    clock.move(days=1)
    tick(db.engine, clock.now, ZONE, ["mail"])
    post = Post()
    send_all(post, clock.now, "mail")
    assert ada.email not in [letter.address for letter in post.letters]


def test_who_is_told_that_mail_fails_and_shows_another_address_is_told_so_no_more(office, ada, clock):
    phone = ada.phone()
    bounced(ada, ada.email, clock.now)
    (self,) = phone.pull().rows("self").values()
    assert self["mail_fails"]["address"] == ada.email
    asked(ada)
    told(ada, code_in(office.mails[0]))
    (self,) = phone.pull().rows("self").values()
    assert self["mail_fails"] is None


def test_an_address_that_came_back_and_is_read_again_counts_again(office, ada, clock):
    """The mailbox was mended: whoever reads the code there shows it."""
    phone = ada.phone()
    bounced(ada, ada.email, clock.now)
    asked(ada, ada.email)
    told(ada, code_in(office.mails[0]))
    (self,) = phone.pull().rows("self").values()
    assert (self["mail_fails"], self["mail_goes_to"]["is_own"]) == (None, False)


def test_a_code_has_five_tries_and_half_an_hour(office, ada, clock, unlimited):
    asked(ada)
    code = code_in(office.mails[0])
    for wrong in ("", "x", "A" * 20, "ÅÄÖ", "2222-2222")[1:]:
        assert told(ada, wrong).get_json()["code"] == "address_code_wrong"
    assert told(ada, "3333-3333").status_code == 422
    assert told(ada, code).status_code == 422, "the sixth"
    asked(ada)
    clock.move(minutes=31)
    assert told(ada, code_in(office.mails[1])).status_code == 422, "too late"
    asked(ada, "ada@annat.example")
    asked(ada)
    assert told(ada, code_in(office.mails[2])).status_code == 422, "a newer one was asked for"
    assert told(ada, code_in(office.mails[3])).status_code == 204


def test_nobody_fills_a_stranger_s_mailbox(office, ada, bruno):
    said = [asked(ada).status_code for _ in range(5)]
    assert said == [204, 204, 204, 429, 429]
    assert asked(bruno).status_code == 204, "each person by themselves"
    assert len(office.taken) == 4


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "ada@",
        "@x",
        "a@b@c",
        "a b@c.example",
        "ada@x.example\r\nBcc: b@x.example",
        "å@x.example",
        "a" * 250 + "@x.se",
    ],
)
def test_what_is_no_address_is_said_in_a_sentence_and_nothing_is_mailed(office, ada, address):
    answer = asked(ada, address)
    assert answer.status_code in (400, 422)
    assert answer.get_json()["code"] in ("address_wrong", "bad_request")
    assert office.taken == []


@pytest.mark.parametrize(
    ("said", "code", "status"), [("550 5.1.1 nobody", "mail_not_taken", 422), ("450 later", "mail_down", 503)]
)
def test_what_the_mail_server_says_of_the_address_is_told(office, ada, said, code, status):
    office.at_address = lambda _: said
    answer = asked(ada)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_without_a_mail_server_it_says_so(ada):
    assert asked(ada).get_json()["code"] == "mail_off"


def test_the_mail_says_what_to_do_and_names_nobody(office, ada):
    ada.sync({"kind": "preference_set", "name": "language", "value": "en"})
    asked(ada)
    (mail,) = office.mails
    whole = mail.as_string()
    assert mail["Subject"] == "Your code from Rundtur"
    assert (mail["Auto-Submitted"], mail["List-Unsubscribe"]) == ("auto-generated", None)
    for part in ("plain", "html"):
        text = mail.get_body((part,)).get_content()
        assert code_in(mail) in text
        assert "/me/reminders/mail" in text
    assert "Ada" not in whole
    assert ada.email not in whole


def test_a_coordinator_s_new_address_takes_the_place_of_an_own_one_that_fails_and_of_no_other(office, ada, clock):
    def changed(to):
        do(addresses.change_address, person_id=ada.person_id, to=to, at=clock.now, actor_id=None)
        with writing(), db.engine.begin() as connection:
            contacts.moved(connection, ada.person_id, clock.now)

    phone = ada.phone()
    asked(ada)
    told(ada, code_in(office.mails[0]))
    changed("ada.1@kommun.example")
    assert goes_to(phone) == {"address": NEW, "is_own": True}
    bounced(ada, NEW, clock.now)
    changed("ada.2@kommun.example")
    assert goes_to(phone) == {"address": "ada.2@kommun.example", "is_own": False}


def test_taken_back_twice_changes_nothing_more(office, ada, count):
    asked(ada)
    told(ada, code_in(office.mails[0]))
    assert [ada.delete("/api/mail-address").status_code for _ in range(2)] == [204, 204]
    assert count(sa.select(AuditEntry).where(AuditEntry.action == "own_address_removed")) == 1
    assert count(sa.select(ContactAddress).where(ContactAddress.own_address.is_not(None))) == 0
