"""What one push may cost, and what the log may tell of it."""

import logging
import time
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from server.learning import keeping
from server.sync.routes import is_deeper
from tests.cast import an_id


@pytest.mark.parametrize("end", [b"", b"\\", b'\\"'])
def test_a_text_without_an_end_costs_no_more_than_one_with_it(end):
    begun = time.process_time()
    assert is_deeper(b'[{"' + b'\\"' * 100_000 + end, 2)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("body", "deepest"),
    [
        (b"", 0), (b"[]", 1), (b"[[]]", 2), (b"{[]}[{}]", 2), (b"[{[{}]},[]]", 4), (b'["[[[", {"{": 1}]', 2),
    ],
)  # fmt: skip
def test_brackets_are_as_deep_as_they_are_and_those_in_texts_are_words(body, deepest):
    assert not is_deeper(body, deepest)
    assert deepest == 0 or is_deeper(body, deepest - 1)


@pytest.mark.parametrize("body", [b"[", b"]", b"][", b"[[[]]"])
def test_a_bracket_without_its_half_is_too_deep(body):
    assert is_deeper(body, 100)


def test_an_error_tells_the_log_where_and_never_what_was_written(ada, world, monkeypatch, caplog):
    def break_down(connection, notes, refused):
        connection.execute(sa.text("INSERT INTO note (text) VALUES (:text)"), {"text": notes[0].text})

    monkeypatch.setattr(keeping, "keep_notes", break_down)
    assert ada.sync(world.noted("KANARIEFÅGEL")).said == ["retry:unexpected"]
    assert "break_down" in caplog.text
    assert "KANARIEFÅGEL" not in caplog.text


CANARY = "KANARIE\r\n2026-11-24 root: Ada signed in"


def test_what_strangers_write_into_any_field_is_in_no_log_and_begins_no_line(app, ada, world, caplog):
    """FAULTS 70: in an act, an envelope, a name of a phone, a header, an address, and where none of them holds."""
    phone = ada.phone()
    headers = {
        "X-Rundtur-Client": CANARY.replace("\r\n", " "),
        "User-Agent": "KANARIE",
        "Authorization": "Ticket KANARIE",
    }
    with caplog.at_level(logging.DEBUG, logger=""):
        phone.sync(world.noted(CANARY), world.done(CANARY), {"kind": CANARY}, {"kind": "note_kept", CANARY: CANARY})
        phone.send(world.done("tvatta"), app_version=CANARY)
        for field in ("person_id", "device_id", "cursor", "epoch", "sent_at"):
            phone.send(world.noted(CANARY), **{field: CANARY})
        ada.post("/api/devices", {"device_id": an_id(1), "label": CANARY})
        ada.get(f"/api/KANARIE{quote(CANARY)}")
        stranger = app.test_client()
        for path in (
            "/api/session",
            "/api/session/code",
            "/api/session/handover/redeem",
            "/api/sync",
            "/api/sync/sealed",
        ):
            stranger.post(path, json={"email": CANARY, "password": CANARY, "code": CANARY}, headers=headers)
    assert "KANARIE" not in caplog.text
