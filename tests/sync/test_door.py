"""In a crowd, who tells something is asked to come again before the application is asked."""

import gzip
import json
from dataclasses import replace

import pytest

from server.sync.body import MOST_BODY
from tests.cast import HEADERS
from tests.databases import running
from tests.sync.test_overload import full


@pytest.fixture
def app(settings):
    """As in life, but with few places, for which nobody may wait."""
    with running(replace(settings, threads=2, waiting=0)) as application:
        yield application


@pytest.fixture
def told(ada, app, world):
    """What ada hears who tells something to a full house, in a language: at the door, or further in."""
    phone = ada.phone()
    body = json.dumps(phone.envelope([phone.op(world.done("tvatta"))]))
    door = app.wsgi_app

    def tell(language, at_the_door):
        app.wsgi_app = door if at_the_door else door._inside
        with full(app, "pushes"):
            said = app.test_client().post(
                "/api/sync", data=body, content_type="application/json", headers=HEADERS | {"Accept-Language": language}
            )
        app.wsgi_app = door
        return said

    return tell


@pytest.mark.parametrize("language", ["sv", "en", "fi"])
def test_what_is_said_at_the_door_is_what_is_said_further_in(told, language):
    near, far = told(language, at_the_door=True), told(language, at_the_door=False)
    assert near.status == far.status
    assert near.get_json() | {"retry_after_s": 0} == far.get_json() | {"retry_after_s": 0}
    assert near.get_json()["retry_after_s"] == int(near.headers["Retry-After"])
    numbers = {"Retry-After", "Content-Length"}
    assert {one for one in near.headers if one[0] not in numbers} == {
        one for one in far.headers if one[0] not in numbers
    }


def test_nothing_of_the_application_is_asked_at_the_door(told, app):
    def asked(*_):
        raise AssertionError

    app.wsgi_app._inside = asked
    assert told("sv", at_the_door=True).status_code == 503


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b" " * (MOST_BODY + 1), "identity", 413),
        (gzip.compress(b'{"operations": [1]}')[:-9], "gzip", 400),
        (b'{"operations": [1]}', "br", 400),
    ],
    ids=["too large", "torn", "of another kind"],
)
def test_what_cannot_be_read_at_the_door_is_refused_by_name_further_in(ada, app, body, encoding, status):
    with full(app, "pushes"):
        said = ada.client.post(
            "/api/sync", data=body, content_type="application/json", headers=HEADERS | {"Content-Encoding": encoding}
        )
    assert said.status_code == status


def test_who_only_asks_goes_past_the_door_with_what_it_asks(ada, app):
    phone = ada.phone()
    with full(app, "pushes"):
        assert phone.send_zipped(json.dumps(phone.envelope([])).encode()).status == 200
