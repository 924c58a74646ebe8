"""Signing in and out at a desk, with no app and no JavaScript."""

import pytest
import sqlalchemy as sa

from server.people import signing_in
from server.people.models import Person, Session
from tests.cast import HEADERS

from .pages import change, heading, token, words

PASSWORD = "hemligt-nog-för-hugo"


@pytest.fixture
def desk(app, world):
    """A browser at a desk, signed in as nobody; hugo and greta have a password."""
    change(sa.update(Person).where(Person.email.in_(["hugo@prov.example", "greta@prov.example"])).values(
        password_hash=signing_in.hash_password(PASSWORD)
    ))  # fmt: skip
    return app.test_client()


def sign_in(desk, email="hugo@prov.example", password=PASSWORD, **more):
    form = {"csrf_token": token(desk.get("/office/sign-in")), "email": email, "password": password}
    return desk.post("/office/sign-in", data=form | more)


def test_without_a_session_one_is_asked_to_sign_in_and_comes_where_one_wanted(desk):
    asked = desk.get("/office/?state=late")
    assert (asked.status_code, asked.location) == (303, "/office/sign-in?next=/office/?state%3Dlate")
    form = desk.get(asked.location)
    assert 'name="next" value="/office/?state=late"' in form.text
    answer = sign_in(desk, next="/office/?state=late")
    assert (answer.status_code, answer.location) == (303, "/office/?state=late")
    assert desk.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/office/", "//evil.example/office/", "/\\evil.example", "/office/\\evil", "/", "/api/session",
     "javascript:alert(1)", "/\t/evil.example", "office/"],
)  # fmt: skip
def test_nobody_is_sent_anywhere_else(desk, place):
    assert "evil" not in desk.get("/office/sign-in", query_string={"next": place}).text
    assert sign_in(desk, next=place).location == "/office/"


def test_a_guide_comes_to_the_departures(desk):
    assert sign_in(desk, "greta@prov.example").location == "/office/departures"


@pytest.mark.parametrize(
    ("email", "password"), [("hugo@prov.example", "fel"), ("ingen@prov.example", PASSWORD), ("", "")]
)
def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(desk, email, password):
    answer = sign_in(desk, email, password)
    assert answer.status_code == 401
    assert "E-postadressen eller lösenordet stämmer inte" in words(answer.text)
    assert desk.get("/office/").status_code == 303


def test_too_many_tries_of_one_account_wait(desk):
    said = [sign_in(desk, password="fel").status_code for _ in range(11)]
    assert said == [401] * 10 + [429]
    assert "Vänta en minut" in words(sign_in(desk).text)
    assert sign_in(desk, "greta@prov.example").status_code == 303


def test_the_form_counts_only_with_its_token(desk, count):
    desk.get("/office/sign-in")
    answer = desk.post("/office/sign-in", data={"email": "hugo@prov.example", "password": PASSWORD})
    assert answer.status_code == 400
    assert count(sa.select(Session)) == 0


def test_another_site_cannot_sign_in_or_out(desk):
    form = {"csrf_token": token(desk.get("/office/sign-in")), "email": "hugo@prov.example", "password": PASSWORD}
    for path in ("/office/sign-in", "/office/sign-out"):
        assert desk.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_signing_in_again_ends_the_session_before(desk, count):
    sign_in(desk)
    sign_in(desk)
    assert count(sa.select(Session)) == 1


def test_signing_out_ends_the_session(desk, count):
    sign_in(desk)
    answer = desk.post("/office/sign-out", data={"csrf_token": token(desk.get("/office/"))})
    assert (answer.status_code, answer.location) == (303, "/office/sign-in")
    assert count(sa.select(Session)) == 0
    assert desk.get("/office/").status_code == 303


def test_the_session_of_the_app_opens_the_office(desk):
    body = {"email": "hugo@prov.example", "password": PASSWORD}
    assert desk.post("/api/session", json=body, headers=HEADERS).status_code == 200
    assert desk.get("/office/").status_code == 200


def test_the_office_asks_again_after_twelve_hours_and_the_app_does_not(hugo, clock):
    hugo.get("/office/")
    clock.move(hours=12, seconds=1)
    assert hugo.get("/office/").location == "/office/sign-in?next=/office/"
    assert hugo.get("/api/session").status_code == 200


def test_a_learner_who_signs_in_reads_why_there_is_nothing(ada):
    answer = ada.get("/office/")
    assert answer.status_code == 403
    assert heading(answer) == "Det här är inte öppet för dig."
    assert "Be den som sköter Rundtur" in words(answer.text)
