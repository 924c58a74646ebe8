"""One click in a mail ends the nudges by mail, and nothing else; the person can want them again in the app."""

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.people.models import Person
from server.reminders import contacts
from server.reminders.unsubscribing import token_for

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def link(app, ada):
    return f"/unsubscribe/{token_for(ada.person_id, app.config['SECRET_KEY'])}"


def nudged_by_mail():
    with db.engine.connect() as connection:
        return set(connection.execute(sa.select(Person.id).where(contacts.takes_nudges_by_mail())).scalars())


def test_a_mail_program_unsubscribes_without_a_session(app, ada, bruno, link):
    assert app.test_client().post(link, data=ONE_CLICK).status_code == 200
    assert ada.person_id not in nudged_by_mail()
    assert bruno.person_id in nudged_by_mail()


def test_who_is_signed_in_there_may_click_too(ada, link):
    assert ada.client.post(link, data=ONE_CLICK).status_code == 200
    assert ada.person_id not in nudged_by_mail()


def test_a_mail_program_in_a_page_of_its_own_may_too(app, ada, link):
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"}
    assert app.test_client().post(link, data=ONE_CLICK, headers=headers).status_code == 200
    assert ada.person_id not in nudged_by_mail()


@pytest.mark.parametrize(
    ("language", "said"), [("sv", "Inga fler påminnelser om kurser"), ("en", "No more reminders about courses")]
)
def test_opening_the_link_asks_and_changes_nothing(app, ada, link, language, said):
    page = app.test_client().get(link, headers={"Accept-Language": language})
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert said in page.text
    assert page.text.count("<button") == 1
    assert ada.person_id in nudged_by_mail()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_is_not_there(app, ada, bruno, link, method):
    other = token_for(bruno.person_id, "another secret")
    broken = link[:-2] + ("AA" if link[-2:] != "AA" else "BB")
    for one in (f"/unsubscribe/{other}", broken, "/unsubscribe/x", "/unsubscribe/åäö", f"{link}A", link[:-1]):
        answer = getattr(app.test_client(), method)(one)
        assert answer.status_code == 404, one
        assert "Länken stämmer inte" in answer.text
    assert {ada.person_id, bruno.person_id} <= nudged_by_mail()


def test_the_phone_hears_of_it_and_can_take_it_back(app, ada, clock, link):
    phone = ada.phone().pull()
    app.test_client().post(link, data=ONE_CLICK)
    assert phone.pull().rows("preference")["mail"]["value"] == "off"
    clock.move(minutes=1)
    assert phone.sync({"kind": "preference_set", "name": "mail", "value": "on"}).said == ["applied"]
    assert ada.person_id in nudged_by_mail()


def test_what_was_said_on_the_phone_before_the_click_does_not_undo_it(app, ada, clock, link):
    phone = ada.phone()
    before = phone.op({"kind": "preference_set", "name": "mail", "value": "on"})
    clock.move(minutes=1)
    app.test_client().post(link, data=ONE_CLICK)
    assert phone.sync(before).said == ["merged"]
    assert ada.person_id not in nudged_by_mail()


def test_clicking_again_changes_nothing(app, ada, link):
    client = app.test_client()
    assert [client.post(link, data=ONE_CLICK).status_code for _ in range(2)] == [200, 200]
    assert ada.person_id not in nudged_by_mail()


def test_who_says_no_in_the_app_gets_no_nudge_by_mail(ada):
    ada.sync({"kind": "preference_set", "name": "mail", "value": "off"})
    assert ada.person_id not in nudged_by_mail()
