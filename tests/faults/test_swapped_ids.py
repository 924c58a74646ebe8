"""Every route with an id, asked as everybody for everybody's ids: "not there" or "not allowed", and never a word of
another's (FAULTS 55). The routes are read from the application: a new one is asked, too, or has no id to fill and fails."""

import itertools
import re
from datetime import date

import pytest

from server.foundation import ids
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.people import enlisting
from tests.cast import HEADERS, Actor, World, an_id
from tests.reminders.making import a_message

from .hostile import has_trace

ROLES = ("learner", "guide", "author", "manager", "coordinator")
CANARY = "Kanariefågel"
FILLED = {
    "counts": "yes",
    "reason": "x",
    "starts_on": "2026-12-01",
    "way": "keep",
    "code": "ABCD2345",
    "phone": "+46701740605",
}
"""fields that forms of the office have"""
SAME_PAGE = ("/sign-in", "/learn", "/site", "/me", "/reminders", "/receipts")
FREE = {"/unsubscribe/<token>"}
"""its id is a signature: tests/reminders/test_unsubscribing.py"""


@pytest.fixture
def askers(app, world, clock):
    """One of each role, who holds it in “skola”, where nobody of the cast's people of “omsorg” works."""
    with writing():
        unit = enlisting.unit_named(db.session(), "skola")
        for role in ROLES:
            person = enlisting.enlist(db.session(), email=f"{role}@prov.example", name=role, at=clock.now)
            enlisting.employ(
                db.session(), person_id=person.id, unit=unit, title="", shift_pattern="day", from_on=date(2026, 1, 1),
                to_on=None,
            )  # fmt: skip
            if role != "learner":
                enlisting.grant(db.session(), person_id=person.id, role=role, unit=unit)
        enlisting.enlist(db.session(), email="ada@prov.example", name=f"{CANARY} Ada", at=clock.now)
        publish_session(db.session())
        db.session.commit()
        db.session.remove()
    made = World()
    return [Actor(app, made, role) for role in ROLES]


@pytest.fixture
def theirs(ada, bruno, world, clock, app):
    """Ids of what the askers have no business with."""
    phone = ada.phone()
    phone.sync(world.noted(f"{CANARY} i en anteckning"), world.by_code("torget"), *world.all_of_hygien())
    message = a_message(world.people["hugo"], world.units["omsorg"])
    return [
        ada.person_id, bruno.person_id, phone.device_id, bruno.phone().device_id, message, an_id(1), ids.new_id(),
        world.units["omsorg"], *world.departures.values(), "0" * 64, "due", "nowhere",
    ]  # fmt: skip


def routes(app):
    """(method, path with one gap for each id)"""
    for rule in app.url_map.iter_rules():
        if (
            rule.arguments
            and not rule.rule.startswith(SAME_PAGE)
            and rule.rule not in FREE | {"/static/<path:filename>"}
        ):
            yield from ((method, rule) for method in sorted(rule.methods - {"HEAD", "OPTIONS"}))


NOBODYS = {"/office/reminders/rules/", "/office/reminders/today/"}
"""rules of reminders are of the whole organisation: a coordinator reads them"""


def test_a_thousand_swapped_ids_open_nothing_and_tell_nothing(app, askers, theirs, unlimited):
    asked = 0
    for actor, (method, rule) in itertools.product(askers, routes(app)):
        before = actor.get("/api/session").get_json()
        sends = sent_with(actor, method, rule)
        for one in theirs:
            _, path = rule.build(dict.fromkeys(rule.arguments, one)) or (None, None)
            said = actor.client.open(path, method=method, headers=HEADERS, **sends)
            asked += 1
            where = (actor.name, method, path, said.status_code)
            assert said.status_code in (400, 403, 404) or is_public(method, path, said), where
            assert said.status_code != 400 or "csrf_token" not in sends.get("data", {}), f"stopped at the form: {where}"
            assert CANARY not in said.text, where
            assert not has_trace(said.text), where
        assert actor.get("/api/session").get_json()["person_id"] == before["person_id"]
    assert asked >= 1_000


def sent_with(actor, method, rule):
    """What a form of the office would send from the asker's own page, so that only the id is wrong."""
    if method == "GET":
        return {}
    if not rule.rule.startswith("/office"):
        return {"json": {}}
    own = re.search(r'name="csrf_token" value="([^"]+)"', actor.get("/office/").text)
    return {"data": FILLED | ({"csrf_token": own[1]} if own else {})}


def is_public(method, path, said):
    """What docs/access.md opens: rules to coordinators; and of a phone that is not one's own "there is no subscription"."""
    if method == "GET" and path.startswith(tuple(NOBODYS)):
        return said.status_code == 200
    if path.endswith("/test"):
        return said.get_json() == {"said": "no_subscription"}
    return method == "DELETE" and path.startswith("/api/push/subscriptions/") and said.status_code == 204


def test_no_id_in_a_body_speaks_for_another(app, askers, theirs, ada, world):
    """Persons, devices, departures and courses of others, in every place of an exchange that takes one."""
    asked = 0
    for actor in askers:
        phone = actor.phone()
        for one in theirs:
            if len(one) != 36:
                continue
            for field in ("person_id", "device_id"):
                said = phone.send(world.done("tvatta"), **{field: one})
                assert said.status == 409 or one in (an_id(1), theirs[6]) or field == "device_id", (field, one)
                assert CANARY not in said.response.text
                asked += 1
            for statement in (world.by_place("torget", one), world.noted("x", course=one), world.done("tvatta", one)):
                said = phone.send(statement)
                asked += 1
                assert CANARY not in said.response.text
                assert said.outcome["status"] == "rejected", (actor.name, statement, said.outcome)
    assert asked >= 200
