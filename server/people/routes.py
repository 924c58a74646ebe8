"""/api/session and /api/devices"""

from datetime import datetime

import orjson
from flask import Blueprint, Response, current_app, jsonify, request
from flask_login import current_user

from server.foundation import clock, point_keys
from server.foundation.access import ANYONE, CLIENT_HEADER, PERSON, json_body, open_to
from server.foundation.database import db
from server.foundation.limits import failures, tries_at
from server.protocol import session as wire

from . import devices, sessions, signing_in, tickets
from .models import Person

blueprint = Blueprint("people", __name__)


def _account() -> str:
    """The account that a try to sign in names."""
    try:
        body = orjson.loads(request.get_data())  # the standard library's reader recurses as deep as it is told to
    except ValueError:
        body = None
    return str(body.get("email", "")) if isinstance(body, dict) else ""


_tries = tries_at(_account)


@blueprint.post("/api/session")
@_tries
@failures
@open_to(ANYONE)
def sign_in() -> Response:
    asked = json_body(wire.SignIn)
    return _signed_in(signing_in.by_password(db.session(), email=asked.email, password=asked.password))


@blueprint.post("/api/session/code")
@_tries
@failures
@open_to(ANYONE)
def sign_in_by_code() -> Response:
    asked = json_body(wire.CodeSignIn)
    person = signing_in.by_code(
        db.session(), email=asked.email, code=asked.code, new_password=asked.new_password, at=clock.now()
    )
    return _signed_in(person)


@blueprint.get("/api/session")
@open_to(PERSON)
def who() -> Response:
    return _answer(current_user.id, current_user.name, current_user.language, current_user.expires_at)


@blueprint.delete("/api/session")
@open_to(PERSON)
def sign_out() -> Response:
    sessions.end(db.session.connection(), current_user.token_hash)
    response = Response(status=204)
    sessions.clear_cookie(response)
    return response


@blueprint.post("/api/session/handover")
@open_to(PERSON)
def hand_over() -> Response:
    code, until = signing_in.issue_code(
        db.session(), person_id=current_user.id, purpose="handover", issued_by=current_user.id, at=clock.now()
    )
    return jsonify(wire.HandoverCode(code=code, valid_until=clock.wire(until)).model_dump())


@blueprint.post("/api/session/handover/redeem")
@failures
@open_to(ANYONE)
def redeem() -> Response:
    asked = json_body(wire.HandoverRedeemed)
    return _signed_in(signing_in.by_handover(db.session(), code=asked.code, at=clock.now()))


@blueprint.post("/api/devices")
@open_to(PERSON)
def register_device() -> Response:
    asked = json_body(wire.DeviceRegistration)
    if asked.person_id not in (None, current_user.id):
        raise devices.WrongPerson
    registered_at = devices.register(
        db.session.connection(), asked.device_id, current_user.id, asked.label, clock.now(),
        request.headers[CLIENT_HEADER][:64], asked.numbered_after,
    )  # fmt: skip
    ticket = _ticket(asked.device_id) if asked.wants_ticket else None
    return _registered(asked.device_id, registered_at, ticket, _missing(asked))


def _registered(
    device_id: str, at: datetime, ticket: wire.UploadTicket | None, missing: list[devices.Range]
) -> Response:
    body = wire.DeviceRegistered(device_id=device_id, registered_at=clock.wire(at), ticket=ticket, missing=missing)
    response = jsonify(body.model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response


def _ticket(device_id: str) -> wire.UploadTicket:
    secret, until = tickets.issue(
        db.session.connection(), person_id=current_user.id, device_id=device_id, at=clock.now()
    )
    newest = point_keys.ring(current_app.config["SETTINGS"].data, point_keys.SEALING)[0]
    return wire.UploadTicket(secret=secret, expires_at=clock.wire(until), key_id=newest.id, key=newest.public)


def _missing(asked: wire.DeviceRegistration) -> list[devices.Range]:
    if not asked.lost_through:
        return []
    return devices.note_loss(db.session.connection(), asked.device_id, asked.lost_through, clock.now())


def _signed_in(person: Person) -> Response:
    days = current_app.config["SETTINGS"].session_days
    token, expires_at = sessions.begin(db.session.connection(), person.id, clock.now(), days)
    response = _answer(person.id, person.name, person.language, expires_at)
    sessions.set_cookie(response, token, expires_at)
    return response


def _answer(person_id: str, name: str, language: str, until: object) -> Response:
    body = wire.SignedIn(
        person_id=person_id, name=name, language=language, signed_in_until=clock.wire(until),  # type: ignore[arg-type]
        server_time=clock.wire(clock.now()),
    )  # fmt: skip
    response = jsonify(body.model_dump())
    response.headers["Cache-Control"] = "no-store"
    return response
