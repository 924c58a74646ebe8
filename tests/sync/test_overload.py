"""More comes than can be done: who tells something is asked to come again before anything is asked of the database, and who
only asks, and the office, do not wait behind them (FAULTS 71 to 74)."""

import json
import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from server.foundation import patience, shares
from server.foundation.errors import Busy
from server.sync.models import SyncOperation
from tests.cast import HEADERS
from tests.databases import running
from tests.office.pages import heading, statements


@contextmanager
def full(app, *names):
    """Every place of these shares is taken, and nobody may wait for one."""
    held = []
    for share in (app.extensions["shares"][name] for name in names):
        while not share.is_full:
            held.append((share, share.take()))
    yield
    for share, since in held:
        share.give_back(since)


@pytest.fixture
def app(settings):
    """As in life, but with few places, for which nobody may wait."""
    with running(replace(settings, threads=2, waiting=0)) as application:
        yield application


def test_a_push_that_finds_no_place_is_asked_to_come_again_and_the_database_is_asked_nothing(ada, app, world, count):
    phone = ada.phone().pull()
    op = phone.op(world.done("tvatta"))
    with full(app, shares.PUSHES), statements() as said:
        answer = phone.send(op)
    assert (answer.status, answer.code, said) == (503, "busy", [])
    assert patience.FROM_S <= int(answer.response.headers["Retry-After"]) <= patience.TO_S * 2
    assert answer.body["retry_after_s"] == int(answer.response.headers["Retry-After"])
    assert count(sa.select(SyncOperation)) == 0
    assert phone.sync(op).said == ["applied"]


@pytest.mark.parametrize("way", ["plain", "zipped", "spaced"])
def test_a_push_is_known_as_one_however_it_is_written(ada, app, world, way):
    phone = ada.phone().pull()
    body = phone.envelope([phone.op(world.done("tvatta"))])
    with full(app, shares.PUSHES):
        if way == "zipped":
            answer = phone.send_zipped(json.dumps(body).encode())
        else:
            answer = phone.send_raw(json.dumps(body, indent=2 if way == "spaced" else None).encode())
    assert answer.status == 503


def test_who_speaks_by_a_ticket_or_sends_a_sealed_box_waits_with_those_who_tell(ada, app, world):
    phone = ada.phone()
    body = phone.envelope([phone.op(world.done("tvatta"))])
    stranger = app.test_client()
    with full(app, shares.PUSHES), statements() as said:
        by_ticket = stranger.post("/api/sync", json=body, headers=HEADERS | {"Authorization": "Ticket x"})
        box = stranger.post("/api/sync/sealed", json={}, headers=HEADERS)
    assert ([by_ticket.status_code, box.status_code], said) == ([503, 503], [])


def test_while_pushes_crowd_who_only_asks_and_the_office_are_answered(ada, hugo, app, clock):
    phone = ada.phone()
    clock.move(minutes=10)  # when it was heard would be noted, were there nobody else to write
    with full(app, shares.PUSHES):
        with statements() as said:
            assert phone.sync().status == 200
        assert not [one for one in said if not one.startswith("SELECT")]
        assert hugo.get("/office/").status_code == 200
        assert ada.get("/api/session").status_code == 200
        assert app.test_client().get("/health/ready").status_code == 200


def test_while_the_office_and_those_who_ask_crowd_a_push_counts(ada, app, world):
    phone = ada.phone()
    with full(app, shares.PULLS, shares.OFFICE, shares.OTHERS):
        assert phone.sync(world.done("tvatta")).said == ["applied"]
        assert phone.sync().status == 503


def test_a_push_asks_the_database_the_same_while_the_office_reads_all_its_lists(ada, hugo, app, world):
    phone = ada.phone().pull()
    phone.sync(world.noted("first"))
    with statements() as alone:
        phone.sync(world.noted("second"))
    for page in ("/office/", "/office/exceptions", "/office/reminders", "/office/reminders/reach"):
        assert hugo.get(page).status_code == 200
    with full(app, shares.OFFICE), statements() as beside:
        phone.sync(world.noted("third"))
    assert beside == alone


def test_the_office_works_with_an_eighth_of_the_places_at_most_however_many_read():
    sizes = shares.sizes(threads=32, waiting=96)
    assert (sizes[shares.OFFICE].places, sizes[shares.PUSHES].places) == (4, 32)


def test_a_full_office_says_so_on_a_page(hugo, app):
    hugo.client  # noqa: B018 - signs in
    with full(app, shares.OFFICE):
        answer = hugo.get("/office/")
    assert (answer.status_code, heading(answer)[:24]) == (503, "Det är mycket att göra j")
    assert int(answer.headers["Retry-After"]) >= patience.FROM_S


def test_the_app_and_health_need_no_place(app):
    stranger = app.test_client()
    with full(app, *app.extensions["shares"]):
        assert stranger.get("/health/live").status_code == 200
        assert stranger.get("/manifest.webmanifest").status_code == 200


def test_every_place_is_given_back_whatever_became_of_the_request(ada, hugo, app, world, monkeypatch):
    phone = ada.phone()
    phone.sync(world.done("tvatta"))
    phone.sync()
    assert phone.send_raw(b"{").status == 400
    assert phone.send_raw(b" " * 300_000).status == 413
    assert app.test_client().post("/api/sync", json=phone.envelope([]), headers=HEADERS).status_code == 401
    hugo.get("/office/nothing")

    def busy(*_):
        raise Busy

    monkeypatch.setattr(app.extensions["gathering"], "submit", busy)
    assert phone.send(world.done("film")).status == 503
    assert {share.figures()[:2] for share in app.extensions["shares"].values()} == {(0, 0)}


def test_an_answer_tells_how_long_it_waited_and_was_worked_at(ada, world):
    answer = ada.phone().send(world.done("tvatta"))
    assert re.fullmatch(r"queue;dur=\d+, work;dur=\d+", answer.response.headers["Server-Timing"])


def test_who_needs_no_place_is_answered_after_one_that_had_one(app):
    stranger = FlaskClient(app, app.response_class)
    with app.app_context():  # in which both are asked
        assert stranger.get("/api/session").status_code == 401
        answer = stranger.get("/health/live")
    assert (answer.status_code, answer.headers.get("Server-Timing")) == (200, None)


def test_health_tells_how_many_work_wait_and_were_refused(ada, app, world):
    phone = ada.phone()
    with full(app, shares.PUSHES):
        phone.send(world.done("tvatta"))
        told = app.test_client().get("/health/ready").get_json()["shares"]
    assert told["pushes"] == {"working": 2, "waiting": 0, "refused": 1}
    assert set(told) == {"pushes", "pulls", "office", "others"}
