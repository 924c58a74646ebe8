"""Signing in: by password, by a one-time code, and carrying a session to the home-screen app (DESIGN §8)."""

import re
import statistics
import time

import pytest
import sqlalchemy as sa

from server.foundation import ids
from server.foundation.database import db, writing
from server.people import enlisting, signing_in
from server.people.models import AuditEntry, Person, Session, SignInCode
from server.sync.models import SyncOperation
from tests.cast import HEADERS, Actor

PASSWORD = "hemligt-nog-för-ada"


@pytest.fixture
def anyone(app):
    """A browser that nobody has signed in with."""
    client = app.test_client()

    def post(path, body, **headers):
        return client.post(path, json=body, headers=HEADERS | headers)

    post.client = client
    return post


@pytest.fixture
def ada(app, world):
    with writing():
        db.session.execute(
            sa.update(Person).where(Person.email == "ada@prov.example").values(
                password_hash=signing_in.hash_password(PASSWORD)
            )
        )  # fmt: skip
        db.session.commit()
        db.session.remove()
    return Actor(app, world, "ada")


def try_password(post, email="ada@prov.example", password=PASSWORD):
    return post("/api/session", {"email": email, "password": password})


def test_the_right_password_signs_in(ada, anyone):
    answer = try_password(anyone)
    assert answer.status_code == 200
    assert answer.get_json()["person_id"] == ada.person_id
    assert anyone.client.get("/api/session").get_json()["name"] == "Ada Lärare"


def test_an_address_is_the_same_in_capitals_and_with_blanks(ada, anyone):
    assert try_password(anyone, email="  ADA@Prov.Example ").status_code == 200


def test_the_cookie_is_for_the_server_alone_and_only_its_hash_is_kept(ada, anyone):
    cookie = try_password(anyone).headers["Set-Cookie"]
    assert re.search(r"^sid=[\w-]{43};.*HttpOnly", cookie)
    assert "SameSite=Lax" in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    with db.engine.connect() as connection:
        hashes = set(connection.execute(sa.select(Session.token_hash)).scalars())
    assert ids.hash_of(token) in hashes
    assert token not in hashes


def test_an_unknown_person_and_a_wrong_password_get_the_same_answer(ada, anyone):
    wrong = try_password(anyone, password="something else")
    unknown = try_password(anyone, email="nobody@prov.example")
    without = try_password(anyone, email="bruno@prov.example")
    assert wrong.status_code == unknown.status_code == without.status_code == 401
    assert wrong.data == unknown.data == without.data
    assert "Set-Cookie" not in wrong.headers


def test_an_unknown_person_costs_as_much_work_as_a_wrong_password(ada):
    def cost(email):
        began = time.process_time()
        with pytest.raises(signing_in.SignInFailed):
            signing_in.by_password(db.session(), email=email, password="something else")
        return time.process_time() - began

    known, unknown = (
        statistics.median(cost(email) for _ in range(5)) for email in ("ada@prov.example", "nobody@prov.example")
    )
    assert 0.5 < known / unknown < 2


def test_tries_are_throttled_by_account_and_the_answer_says_how_long_to_wait(ada, anyone):
    said = [try_password(anyone, password="wrong").status_code for _ in range(11)]
    assert said == [401] * 10 + [429]
    late = try_password(anyone)
    assert (late.status_code, late.get_json()["code"]) == (429, "too_many_tries")
    assert int(late.headers["Retry-After"]) > 0
    assert try_password(anyone, email="bruno@prov.example").status_code == 401


def test_a_deactivated_person_is_told_so_everywhere_and_cannot_sign_in(ada, world, anyone, clock, count):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    deactivate(clock)
    assert [said(ada.get(path)) for path in ("/api/session", "/content/" + "0" * 64)] == [(403, "disabled")] * 2
    assert (phone.send(op).status, phone.send(op).code) == (403, "disabled")
    assert ada.get("/office/").status_code == 403
    assert said(try_password(anyone)) == said(try_password(anyone, email="nobody@prov.example"))
    assert count(sa.select(SyncOperation)) == 0


def test_an_erased_person_s_phone_is_told_to_wipe_itself(ada, world, clock):
    phone = ada.phone()
    with writing():
        db.session.execute(sa.update(Person).where(Person.id == ada.person_id).values(erased_at=clock.now))
        db.session.commit()
    assert said(ada.get("/api/session")) == (410, "erased")
    assert (phone.send().status, phone.send().code) == (410, "erased")


def test_who_was_deactivated_and_comes_back_signs_in_anew(ada, clock):
    assert ada.get("/api/session").status_code == 200
    deactivate(clock)
    with writing():
        enlisting.enlist(db.session(), email="ada@prov.example", name="Ada Lärare", at=clock.now)
        db.session.commit()
    assert said(ada.get("/api/session")) == (401, "sign_in_needed")


def said(answer):
    return answer.status_code, answer.get_json()["code"]


def test_deactivating_twice_keeps_the_first_moment_and_one_entry_in_the_audit(ada, clock, count):
    deactivate(clock)
    first = clock.now
    clock.move(days=1)
    deactivate(clock)
    with db.engine.connect() as connection:
        at = connection.execute(sa.select(Person.deactivated_at).where(Person.id == ada.person_id)).scalar_one()
    assert at == first
    assert count(sa.select(AuditEntry).where(AuditEntry.action == "person_deactivated")) == 1


def deactivate(clock):
    with writing():
        enlisting.deactivate(db.session(), email="ada@prov.example", at=clock.now)
        db.session.commit()
        db.session.remove()


def test_signing_out_ends_this_session_and_no_other(app, world, ada):
    other = Actor(app, world, "ada")
    assert (other.get("/api/session").status_code, ada.get("/api/session").status_code) == (200, 200)
    answer = ada.delete("/api/session")
    assert answer.status_code == 204
    assert "sid=;" in answer.headers["Set-Cookie"]
    assert ada.get("/api/session").status_code == 401
    assert other.get("/api/session").status_code == 200


def test_a_session_is_moved_on_at_most_once_a_day(ada, clock):
    ada.get("/api/session")
    clock.move(hours=1)
    assert "Set-Cookie" not in ada.get("/api/session").headers
    clock.move(days=1)
    assert "sid=" in ada.get("/api/session").headers["Set-Cookie"]
    assert "Set-Cookie" not in ada.get("/api/session").headers


def test_a_session_used_within_its_time_lasts_and_an_unused_one_ends(ada, clock):
    for _ in range(3):
        clock.move(days=89)
        assert ada.get("/api/session").status_code == 200
    clock.move(days=90)
    assert ada.get("/api/session").status_code == 401


def test_a_made_up_cookie_opens_nothing(anyone):
    for token in ("x" * 43, "", "å", "a b", "\u0001"):
        anyone.client.set_cookie("sid", token)
        assert anyone.client.get("/api/session").status_code == 401


def issue(ada, clock, purpose="password"):
    with writing():
        code, _ = signing_in.issue_code(
            db.session(), person_id=ada.person_id, purpose=purpose, issued_by=ada.person_id, at=clock.now
        )
        db.session.commit()
        db.session.remove()
    return code


def use(anyone, code, email="ada@prov.example", new_password="ett nytt lösenord"):
    return anyone("/api/session/code", {"email": email, "code": code, "new_password": new_password})


def test_a_one_time_code_sets_a_password_and_signs_in(ada, anyone, clock):
    code = issue(ada, clock)
    written_by_hand = f"{code[:5].lower()}-{code[5:].lower()}"
    assert use(anyone, written_by_hand).status_code == 200
    assert try_password(anyone, password="ett nytt lösenord").status_code == 200
    assert try_password(anyone).status_code == 401


def test_a_one_time_code_works_once(ada, anyone, clock):
    code = issue(ada, clock)
    assert [use(anyone, code).status_code for _ in range(2)] == [200, 401]


def test_a_one_time_code_works_for_24_hours(ada, anyone, clock):
    code = issue(ada, clock)
    clock.move(hours=24)
    assert use(anyone, code).status_code == 401
    fresh = issue(ada, clock)
    clock.move(hours=23, minutes=59)
    assert use(anyone, fresh).status_code == 200


def test_a_newer_one_time_code_ends_the_older(ada, anyone, clock):
    old, new = issue(ada, clock), issue(ada, clock)
    assert use(anyone, old).status_code == 401
    assert use(anyone, new).status_code == 200


def test_a_one_time_code_ends_the_person_s_other_sessions(ada, anyone, clock):
    assert ada.get("/api/session").status_code == 200
    assert use(anyone, issue(ada, clock)).status_code == 200
    assert ada.get("/api/session").status_code == 401


def test_a_one_time_code_with_another_s_address_is_refused_and_stays_good(ada, anyone, clock):
    code = issue(ada, clock)
    assert use(anyone, code, email="bruno@prov.example").status_code == 401
    assert use(anyone, code).status_code == 200


def test_too_short_a_password_is_named_and_the_code_stays_good(ada, anyone, clock):
    code = issue(ada, clock)
    short = use(anyone, code, new_password="x" * 9)
    assert (short.status_code, short.get_json()["code"]) == (422, "password_too_short")
    assert "10" in short.get_json()["message"]
    assert use(anyone, code).status_code == 200


def test_codes_are_audited_and_kept_as_hashes_only(ada, anyone, clock, count):
    code = issue(ada, clock)
    use(anyone, code)
    assert count(sa.select(SignInCode).where(SignInCode.code_hash == code)) == 0
    with db.engine.connect() as connection:
        entries = connection.execute(sa.select(AuditEntry.action, AuditEntry.detail)).all()
    assert {action for action, _ in entries} == {"sign_in_code_issued", "password_set_by_code"}
    assert code not in repr(entries)


def test_a_handover_code_carries_the_session_to_the_app_once_and_for_ten_minutes(ada, anyone, clock):
    def redeem(code):
        return anyone("/api/session/handover/redeem", {"code": code})

    code = ada.post("/api/session/handover").get_json()["code"]
    assert redeem(code).get_json()["person_id"] == ada.person_id
    assert redeem(code).status_code == 401
    assert ada.get("/api/session").status_code == 200
    late = ada.post("/api/session/handover").get_json()["code"]
    clock.move(minutes=10)
    assert redeem(late).status_code == 401


def test_a_handover_code_is_no_password_code(ada, anyone, clock):
    assert use(anyone, issue(ada, clock, "handover")).status_code == 401
    assert anyone("/api/session/handover/redeem", {"code": issue(ada, clock)}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"email": "a@b"}, {"email": 1, "password": "x"}, {"email": "a@b.se", "password": ""},
     {"email": "a@b.se", "password": "x", "more": 1}, {"email": "a\0@b.se", "password": "x"},
     {"email": "x" * 255, "password": "x"}],
)  # fmt: skip
def test_a_sign_in_that_is_not_understood_is_refused_by_name(anyone, body):
    answer = anyone("/api/session", body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def test_a_sign_in_that_is_no_json_is_refused_by_name(anyone):
    for path in ("/api/session", "/api/session/code", "/api/session/handover/redeem"):
        answer = anyone.client.post(path, data=b"{", content_type="application/json", headers=HEADERS)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
