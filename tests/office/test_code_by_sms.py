"""The page that shows a one-time code can send it by SMS: to the number that is known, the code that it shows, nothing else."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.people.models import AuditEntry
from server.reminders import contacts
from tests.reminders.gateway import gateway

from .pages import give_role, token, words
from .test_person_page import ask_for_code, code_in, page_of

NUMBER = "+46701740605"


@pytest.fixture
def reached(app):
    with gateway() as running:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], sms_url=running.url)
        yield running


@pytest.fixture
def number(ada):
    with writing(), db.engine.begin() as connection:
        contacts.set_numbers(connection, {ada.person_id: NUMBER})


def send(actor, person, code, page=None):
    form = {"csrf_token": token(page or page_of(actor, person)), "code": code.replace("-", "")}
    return actor.client.post(f"/office/people/{person.person_id}/code/sms", data=form)


def test_the_code_goes_to_its_person_in_their_language(ada, hugo, reached, number, count):
    page = ask_for_code(hugo, ada)
    assert "Skicka med SMS till numret som slutar på 05" in words(page.text)
    assert NUMBER not in page.text
    answer = send(hugo, ada, code_in(page), page)
    assert "Koden är lämnad till SMS-tjänsten" in words(answer.text)
    (asked,) = reached.asked
    assert asked.said["to"] == NUMBER
    assert asked.said["message"].startswith(f"Rundtur: din engångskod är {code_in(page)}.")
    assert count(sa.select(AuditEntry).where(AuditEntry.action == "sign_in_code_by_sms")) == 1


def test_a_gateway_that_fails_is_said_and_the_code_stays_on_the_page(ada, hugo, reached, number):
    reached.status = 500
    page = ask_for_code(hugo, ada)
    answer = send(hugo, ada, code_in(page))
    assert "SMS-tjänsten svarar inte" in words(answer.text)
    assert code_in(answer) == code_in(page)
    assert "Skicka med SMS" in words(answer.text)


@pytest.mark.parametrize("has_gateway", [True, False])
def test_without_a_number_or_a_gateway_nothing_is_offered(request, ada, hugo, has_gateway):
    request.getfixturevalue("reached" if has_gateway else "number")
    page = ask_for_code(hugo, ada)
    assert "SMS" not in words(page.text)
    assert send(hugo, ada, code_in(page)).status_code == 404


def test_only_a_code_that_one_made_for_that_person_is_sent(ada, bruno, hugo, carla, sofia, reached, number, clock):
    code = code_in(ask_for_code(hugo, ada))
    give_role(sofia, "coordinator", "kommun")
    give_role(carla, "coordinator", "skola")
    for actor, person, said in ((hugo, ada, "AAAAABBBBB"), (hugo, bruno, code), (sofia, ada, code), (carla, ada, code)):
        assert send(actor, person, said, actor.get("/office/")).status_code == 404
    clock.move(hours=25)
    assert send(hugo, ada, code, hugo.get("/office/sign-in")).status_code in (303, 404)
    assert reached.asked == []
