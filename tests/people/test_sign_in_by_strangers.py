"""Anyone may knock at the sign-in: no knock breaks it, fills the memory, or holds up who writes."""

import threading

from server.foundation.database import db, writing
from server.people import routes, signing_in
from tests.cast import HEADERS


def test_a_body_of_brackets_is_refused_like_any_other(app):
    answer = app.test_client().post(
        "/api/session", data=b"[" * 200_000, content_type="application/json", headers=HEADERS
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def test_no_more_of_an_address_is_kept_than_an_address_can_be_long(app):
    with app.test_request_context("/api/session", method="POST", json={"email": "a" * 1_000_000}):
        assert len(routes._account()) < 400


def test_nobody_waits_for_the_writers_place_while_a_password_is_weighed(app, monkeypatch):
    engine, written = db.engine, threading.Event()

    def write():
        with writing(), engine.begin():
            written.set()

    class Scales:
        def verify(self, *_):
            threading.Thread(target=write, daemon=True).start()
            assert written.wait(5), "another writer waits"
            raise signing_in.VerificationError

    monkeypatch.setattr(signing_in, "_hasher", Scales())
    answer = app.test_client().post("/api/session", json={"email": "x@prov.example", "password": "x"}, headers=HEADERS)
    assert answer.status_code == 401
