"""Every failure, of whatever kind, has the one shape of protocol.session.RefusalBody, in the reader's language."""

import gzip

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.protocol.session import RefusalBody
from server.sync import exchange
from tests.cast import HEADERS

JSON = {"content_type": "application/json", "headers": HEADERS}
WRONG = {"email": "ada@prov.example", "password": "wrong"}


def fail(*_):
    raise KeyError("canary-in-an-error")


def full(*_):
    raise sa.exc.OperationalError("canary", {}, Exception("disk full"))


FAILURES = {
    "no such place": (404, "not_found", lambda ada, _: ada.get("/nowhere")),
    "no such call": (404, "not_found", lambda ada, _: ada.get("/api/nowhere")),
    "no such file": (404, "not_found", lambda ada, _: ada.get("/content/" + "0" * 64)),
    "a method that is not there": (405, "method_not_allowed", lambda ada, _: ada.client.put("/api/session", **JSON)),
    "not signed in": (401, "sign_in_needed", lambda ada, _: ada.app.test_client().get("/api/session")),
    "a wrong password": (401, "sign_in_failed", lambda ada, _: ada.post("/api/session", WRONG)),
    "another site": (403, "cross_site", lambda ada, _: ada.client.post("/api/sync", data=b"{}")),
    "another type": (415, "wrong_type", lambda ada, _: ada.client.post("/api/sync", data=b"x", headers=HEADERS)),
    "not understood": (400, "bad_request", lambda ada, _: ada.client.post("/api/sync", data=b"{", **JSON)),
    "too large": (413, "too_large", lambda ada, _: ada.client.post("/api/sync", data=b" " * 262_145, **JSON)),
    "far too large": (413, "too_large", lambda ada, _: ada.client.post("/api/session", data=b" " * 3_000_000, **JSON)),
    "too short a password": (
        422, "password_too_short",
        lambda ada, _: ada.post("/api/session/code", {"email": "a@b.se", "code": "x" * 10, "new_password": "x" * 8}),
    ),
    "too many tries": (429, "too_many_tries", lambda ada, _: [ada.post("/api/session", WRONG) for _ in range(11)][-1]),
    "somebody else's phone": (
        409, "device_taken",
        lambda ada, bruno: ada.post("/api/devices", {"device_id": bruno.phone().device_id, "label": ""}),
    ),
    "a part that is not there": (
        416, "refused", lambda ada, _: ada.get(a_file(), headers={"Range": "bytes=999999-"}),
    ),
}  # fmt: skip


def a_file():
    with db.engine.connect() as connection:
        digest = connection.execute(sa.text("SELECT hash FROM content_file WHERE ending = '.mp4'")).scalar_one()
    return f"/media/{digest}.mp4"


def check(answer, status, code):
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    body = RefusalBody.model_validate_json(answer.data)
    assert body.code == code
    assert body.message
    assert not body.message.startswith("error.")
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize(("status", "code", "act"), [pytest.param(*case, id=name) for name, case in FAILURES.items()])
def test_a_failure_has_the_one_shape(ada, bruno, status, code, act):
    check(act(ada, bruno), status, code)


@pytest.mark.parametrize(("broken", "status", "code"), [(fail, 500, "server_error"), (full, 503, "busy")])
def test_a_failure_of_ours_has_the_one_shape_and_tells_nothing_of_itself(ada, world, monkeypatch, broken, status, code):
    phone = ada.phone()
    monkeypatch.setattr(exchange, "receive", broken)
    body = check(phone.send(world.done("tvatta")).response, status, code)
    assert (body.retry_after_s is not None) == (status == 503)


def test_a_zipped_failure_has_the_one_shape(ada):
    check(ada.phone().send_raw(gzip.compress(b"{"), Content_Encoding="gzip").response, 400, "bad_request")


def test_a_failure_is_said_in_the_reader_s_language(ada, world):
    stranger = ada.app.test_client()
    said = {
        one: stranger.get("/api/session", headers={"Accept-Language": one}).get_json()["message"]
        for one in ("sv", "en")
    }
    assert said["sv"] != said["en"]
    assert ada.get("/api/nowhere", headers={"Accept-Language": "en"}).get_json()["message"] != said["en"]


def test_no_failure_is_kept_by_a_cache(ada):
    for path in ("/api/nowhere", "/content/x", "/media/x.svg"):
        assert ada.get(path).headers["Cache-Control"] == "no-store"


def test_a_method_that_is_not_there_names_those_that_are(ada):
    assert "DELETE" in ada.client.put("/api/session", **JSON).headers["Allow"]
