"""No other site can make a browser write here (SECURITY.md §1, FAULTS 65)."""

import pytest
import sqlalchemy as sa

from server.people.models import Session
from tests.cast import HEADERS

BODY = b'{"email": "ada@prov.example", "password": "x"}'
PATHS = ("/api/session", "/api/sync", "/api/devices", "/api/session/handover", "/api/session/handover/redeem")

CASES = {
    "a form": ({"content_type": "application/x-www-form-urlencoded"}, {}, "cross_site"),
    "a form with our header": ({"content_type": "application/x-www-form-urlencoded"}, HEADERS, "wrong_type"),
    "text/plain": ({"content_type": "text/plain"}, HEADERS, "wrong_type"),
    "no type at all": ({}, HEADERS, "wrong_type"),
    "no header of ours": ({"content_type": "application/json"}, {}, "cross_site"),
    "another site": ({"content_type": "application/json"}, HEADERS | {"Sec-Fetch-Site": "cross-site"}, "cross_site"),
    "a sibling of ours": (
        {"content_type": "application/json"},
        HEADERS | {"Sec-Fetch-Site": "same-site"},
        "cross_site",
    ),
}


@pytest.mark.parametrize(("how", "headers", "code"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_what_another_site_can_send_is_refused_everywhere(ada, how, headers, code, count):
    before = count(sa.select(Session)) if ada.client else 0
    for path in PATHS:
        answer = ada.client.post(path, data=BODY, headers=headers, **how)
        assert (answer.status_code, answer.get_json()["code"]) == (403 if code == "cross_site" else 415, code), path
    assert count(sa.select(Session)) == before


def test_another_site_cannot_sign_anyone_out(ada):
    assert ada.client.delete("/api/session").status_code == 403
    assert ada.client.delete("/api/session", headers=HEADERS | {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert ada.get("/api/session").status_code == 200


def test_our_own_page_may_write(ada, world):
    phone = ada.phone()
    answer = phone.send_raw(b"{}", Sec_Fetch_Site="same-origin")
    assert answer.code == "bad_request"


def test_reading_changes_nothing_and_needs_no_header(ada):
    assert ada.client.get("/api/session", headers={"Sec-Fetch-Site": "none"}).status_code == 200
