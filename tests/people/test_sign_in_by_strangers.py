"""Anyone may knock at the sign-in: no knock breaks it, fills the memory, or holds up who writes."""

import threading

import sqlalchemy as sa

from server.foundation import clock, limits
from server.foundation.database import db, writing
from server.people import signing_in
from server.people.models import Person
from tests.cast import HEADERS
from tests.databases import running
from tests.office.pages import token


def test_a_body_of_brackets_is_refused_like_any_other(app):
    answer = app.test_client().post(
        "/api/session", data=b"[" * 200_000, content_type="application/json", headers=HEADERS
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def knock(app, email="ada@prov.example", address="192.0.2.1", path="/api/session"):
    body = {"email": email, "password": "wrong"}
    return app.test_client().post(
        path, json=body, headers=HEADERS, environ_base={"REMOTE_ADDR": address}
    ).status_code  # fmt: skip


def test_what_another_process_counted_is_counted(app, settings):
    assert [knock(app) for _ in range(6)] == [401] * 6
    with running(settings) as other:
        assert [knock(other) for _ in range(5)] == [401] * 4 + [429]


def test_too_large_a_body_does_not_make_the_processes_count_apart(app):
    assert [knock(app) for _ in range(6)] == [401] * 6
    assert knock(app, email="a" * 3_000_000) == 413
    assert not limits.limiter._storage_dead
    assert [knock(app) for _ in range(5)] == [401] * 4 + [429]


def test_one_address_that_tries_many_accounts_is_stopped_and_no_other(app):
    said = [knock(app, email=f"person{number}@prov.example") for number in range(31)]
    assert said == [401] * 30 + [429]
    assert knock(app, email="person1@prov.example", address="192.0.2.2") == 401


def test_who_signs_in_is_not_counted_among_the_failed(app, monkeypatch):
    monkeypatch.setattr(signing_in, "by_password", lambda session, **_: session.scalars(sa.select(Person)).first())
    assert {knock(app, email=f"person{number}@prov.example") for number in range(40)} == {200}


def test_one_network_of_the_new_kind_counts_as_one_address(app):
    said = [knock(app, address=f"2001:db8:0:1::{number:x}") for number in range(1, 12)]
    assert said == [401] * 10 + [429]
    assert knock(app, address="2001:db8:0:2::1") == 401


def test_the_doors_of_app_and_office_count_together_and_no_longer_an_address_than_there_is(app, ada):
    email = "a" * 1_000_000
    said = [knock(app, email=email + str(number)) for number in range(10)]
    assert said == [400] * 10
    form = {"csrf_token": token(ada.get("/office/sign-in")), "email": email, "password": "wrong"}
    answer = ada.client.post("/office/sign-in", data=form, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.status_code == 429


def test_nobody_who_tried_can_be_read_in_the_file_of_tries(app, settings):
    knock(app)
    assert b"ada@prov" not in (settings.data / "tries.sqlite3").read_bytes()
    assert (settings.data / "tries.sqlite3").stat().st_mode & 0o077 == 0


def test_a_try_counts_as_long_as_its_window_and_leaves_nothing_behind(tmp_path, monkeypatch):
    told = [1000.0]
    monkeypatch.setattr(clock, "seconds", lambda: told[0])
    tries = limits.SharedFile("shared-file://", path=str(tmp_path / "tries"))
    assert [tries.acquire_entry("a", 2, 60) for _ in range(3)] == [True, True, False]
    assert (tries.get_moving_window("a", 2, 60), tries.get_expiry("a")) == ((1000.0, 2), 1060.0)
    assert tries.acquire_entry("b", 2, 60)
    told[0] = 1060.0
    assert tries.get_moving_window("a", 2, 60) == (1060.0, 0)
    assert tries.acquire_entry("b", 2, 60)
    assert tries.reset() == 1


def test_a_file_of_tries_that_cannot_be_written_stops_nobody_from_signing_in(app, settings, monkeypatch):
    monkeypatch.setattr(limits.limiter, "_storage_dead", False)  # afterwards it is as it was
    (settings.data / "tries.sqlite3").write_bytes(b"no database" * 1000)
    assert [knock(app) for _ in range(11)] == [401] * 10 + [429]


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
