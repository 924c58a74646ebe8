"""docs/access.md is true: every route asked as each role, every stream pulled as each of four people."""

import re
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from config import ROOT
from server.foundation.changefeed import publish_session, touch
from server.foundation.database import db, writing
from server.people import enlisting
from server.people.models import Employment
from server.protocol.entities import ENTITIES
from server.reminders.push import Push
from server.reminders.unsubscribing import token_for
from server.sync.models import SyncReceipt
from tests.cast import HEADERS, Actor, World
from tests.reminders.making import a_message, a_reminder
from tests.support.push_service import Subscribed

LOCAL, PRIVATE = "http://127.0.0.1:9", ec.generate_private_key(ec.SECP256R1())
PAGE = (ROOT / "docs" / "access.md").read_text("utf-8")
OF_NOBODY = {"programme", "catalogue_entry", "typed_code"}
SAME_PAGE = ("/sign-in", "/learn", "/site", "/me", "/reminders", "/receipts")
SIGNING = {"POST /api/session", "POST /api/session/code", "POST /api/session/handover/redeem", "DELETE /api/session",
           "GET /office/sign-in", "POST /office/sign-in", "POST /office/sign-out"}  # fmt: skip


def table(title):
    """A table of the page: row name → column name → cell."""
    part = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    head, _, *body = rows
    return {name: dict(zip(head[1:], cells, strict=True)) for name, *cells in body}


ROUTES = table("Routes")
TOLD = table("What a phone is told of a person")
ROLES = next(iter(ROUTES.values()))


@pytest.fixture
def who(app, world, clock):
    """One person of each column, all of whom work in omsorg; the roles are held there."""
    people = {"nobody": None, "learner": "bruno"}
    with writing():
        unit = enlisting.unit_named(db.session(), "omsorg")
        for role in ("guide", "author", "manager", "coordinator", "administrator"):
            person = enlisting.enlist(db.session(), email=f"{role}@prov.example", name=role, at=clock.now)
            enlisting.employ(
                db.session(), person_id=person.id, unit=unit, title="", shift_pattern="day", from_on=date(2026, 1, 1),
                to_on=None,
            )  # fmt: skip
            enlisting.grant(db.session(), person_id=person.id, role=role, unit=unit)
            people[role] = role
        guide = sa.text(
            "INSERT INTO departure_guide (departure_id, person_id) SELECT :d, id FROM person WHERE name = 'guide'"
        )
        db.session.execute(guide, {"d": world.departures["rundan-i-morgon"]})
        db.session.commit()
        db.session.remove()
    world = World()
    return lambda column: Actor(app, world, people[column]) if people[column] else None


def filled(path, ada, carla, world):
    """The path with real ids, of ada (a colleague) and carla (a stranger)."""
    ours = ada.phone().pull().rows("catalogue_entry")[world.courses["hygien"]]["documents"]["sv"]["hash"]
    theirs = carla.phone().pull().rows("catalogue_entry")[world.courses["skolvagen"]]["documents"]["sv"]["hash"]
    values = {
        "{document}": ours, "{another unit's}": theirs, "{colleague}": ada.person_id, "{stranger}": carla.person_id,
        "{departure}": world.departures["rundan-i-morgon"], "{colleague's phone}": ada.own_phone.device_id,
        "{rule}": "due", "{text}": "due", "{message}": a_message(world.people["hugo"], world.units["omsorg"]),
        "{stranger's message}": a_message(world.people["hugo"], world.units["skola"]),
        "{act in review}": in_review(ada, world), "{stranger's act}": in_review(carla, world),
        "{colleague's lost phone}": a_lost_phone(ada),
        "{token}": token_for(ada.person_id, ada.app.config["SECRET_KEY"]), "{forged}": token_for(ada.person_id, "another"),
    }  # fmt: skip
    return re.sub(r"\{[^}]+\}", lambda gap: values[gap.group()], path)


def in_review(actor, world):
    """An act of theirs that a person has to decide about: the same for every row of the page."""
    kept = vars(world).setdefault("in_review", {})
    if actor.name not in kept:
        op = actor.own_phone.op(world.by_code("rummet", "mote-i-dag", code="00000000"))
        assert actor.sync(op).said == ["review:code_wrong"]
        kept[actor.name] = op["op_id"]
    return kept[actor.name]


def a_lost_phone(actor):
    body = {"device_id": actor.phone().device_id, "label": "", "lost_through": 3}
    assert actor.post("/api/devices", body).status_code == 200
    return body["device_id"]


def token_of(page):
    """What a form of the office carries, where there is one."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    return {"csrf_token": found[1]} if found else {}


def ask(app, actor, method, path):
    client = actor.client if actor else app.test_client()
    if method == "GET":
        return client.get(path)
    if path.startswith("/office/"):
        return client.post(path, data=token_of(client.get(_form_of(path))))
    body = {}
    if path == "/api/devices":
        body = {"device_id": "01900000-0000-7000-8000-000000000001", "label": "x"}
    if path == "/api/sync" and actor:
        body = actor.phone().envelope([])
    if path.startswith("/api/mail-address"):
        body = {"code": "ABCDEFGH"} if path.endswith("/code") else {"address": "ada@prov.example"}
    if path == "/api/push/subscriptions" and actor:
        body = Subscribed("x", f"{LOCAL}/p/x", PRIVATE, bytes(16), "").asked(
            actor.phone().device_id, actor.get("/api/push/key").get_json()["key_id"]
        )
    return client.open(path, method=method, json=body, headers=HEADERS)


def _form_of(path):
    """The page that the form stands on."""
    rooms = [room for room in ("/office/reminders", "/office/exceptions") if path.startswith(room)]
    return rooms[0] if rooms else path.rpartition("/")[0]


def word_of(answer):
    if answer.status_code in (301, 302, 303):
        return "sign in" if "/sign-in" in answer.headers["Location"] else "yes"
    return {200: "yes", 204: "yes", 409: "yes", 422: "yes", 400: "no", 401: "sign in", 403: "no", 404: "not there"}.get(
        answer.status_code, str(answer.status_code)
    )


@pytest.mark.parametrize("column", ROLES)
def test_every_route_answers_each_role_as_the_page_says(app, ada, carla, world, who, column, clock):
    app.extensions["push"] = Push(replace(app.config["SETTINGS"], push_local=LOCAL))
    actor = who(column)
    said = {}
    for row in ROUTES:
        method, _, path = row.partition(" ")
        said[row] = word_of(ask(app, actor, method, filled(path, ada, carla, world)))
    assert said == {row: cells[column] for row, cells in ROUTES.items()}


def test_every_route_stands_on_the_page(app):
    listed = {re.sub(r"\{[^}]+\}", "{}", row) for row in ROUTES} | SIGNING
    routed = {
        f"{method} {re.sub('<[^>]+>', '{}', str(rule))}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if not str(rule).startswith(SAME_PAGE)
    }
    assert routed - listed - {"GET /media/{}"} == set()


def test_every_entity_stands_on_the_page():
    assert set(TOLD) | OF_NOBODY == set(ENTITIES)


def test_each_phone_is_told_of_a_person_what_the_page_says(ada, bruno, greta, hugo, world, clock):
    clock.move(hours=20)
    ada.sync(
        *world.all_of_hygien(), world.placed("film"), world.noted("x"), world.prefers("en"), world.by_code("torget")
    )
    deferred = ada.own_phone.op({"kind": "note_kept"})["op_id"]
    with writing():
        receipt = {"op_id": deferred, "person_id": ada.person_id, "status": "applied", "decided_at": clock.now}
        db.session.execute(sa.insert(SyncReceipt), receipt)
        touch(db.session(), f"person:{ada.person_id}", "receipt", deferred)
        reminder = a_reminder(ada.person_id, clock.now)
        db.session.add(reminder)
        touch(db.session(), f"person:{ada.person_id}", "reminder", reminder.id)
        publish_session(db.session())
        db.session.execute(
            sa.update(Employment).where(Employment.person_id == hugo.person_id).values(unit_id=world.units["omsorg"])
        )
        db.session.commit()
        db.session.remove()
    columns = {"the person": ada, "a colleague": bruno, "their guide": greta, "their coordinator": hugo}
    for column, actor in columns.items():
        told = about(actor.phone().pull(), ada)
        for entity, cells in TOLD.items():
            word = cells[column]
            assert (entity in told) == (word != "no"), (entity, column)
            if word == "name":
                assert set(told[entity]) == {"departure_id", "person_id", "name", "state"}


def about(phone, person):
    """The entities of which the phone holds a row of this person."""
    return {
        key.entity: row
        for key, row in phone.replica.items()
        if key.stream == f"person:{person.person_id}" or row.get("person_id") == person.person_id
    }
