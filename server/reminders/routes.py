"""/api/push and one's own phones at /api/devices"""

from datetime import timedelta

from flask import Blueprint, Response, current_app, jsonify, request
from flask_limiter.util import get_remote_address
from flask_login import current_user

from config import Settings
from server.foundation import clock
from server.foundation.access import CLIENT_HEADER, PERSON, json_body, open_to
from server.foundation.database import db
from server.foundation.limits import limiter
from server.protocol import push as wire

from . import phones, subscribing, vapid
from .push import Push

blueprint = Blueprint("reminders", __name__)

TEST_LIMIT = "5 per minute"


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _push() -> Push:
    """The channel, where this organisation uses it. Raises PushOff."""
    if not _settings().push:
        raise subscribing.PushOff
    channel: Push = current_app.extensions["push"]
    return channel


@blueprint.get("/api/push/key")
@open_to(PERSON)
def push_key() -> Response:
    _push()
    newest = vapid.ring(_settings().data)[0]
    return jsonify(wire.PushKey(key=newest.public, key_id=newest.id).model_dump())


@blueprint.post("/api/push/subscriptions")
@open_to(PERSON)
def subscribe() -> Response:
    asked = json_body(wire.PushSubscribed)
    _push().check(asked.endpoint, asked.p256dh, asked.auth, asked.key_id)
    subscribing.subscribe(
        db.session.connection(), **asked.model_dump(), person_id=current_user.id,
        session_hash=current_user.token_hash, at=clock.now(), app_version=request.headers[CLIENT_HEADER][:64],
    )  # fmt: skip
    return Response(status=204)


@blueprint.delete("/api/push/subscriptions/<device_id>")
@open_to(PERSON)
def unsubscribe(device_id: str) -> Response:
    subscribing.unsubscribe(db.session.connection(), person_id=current_user.id, device_id=device_id)
    return Response(status=204)


@blueprint.get("/api/devices")
@open_to(PERSON)
def own_devices() -> Response:
    listed = phones.listed(
        db.session.connection(), person_id=current_user.id, this=request.args.get("this"),
        session_hash=current_user.token_hash, since=clock.now() - timedelta(days=_settings().session_days),
    )  # fmt: skip
    return jsonify(wire.OwnDevices.model_validate({"devices": listed}).model_dump())


@blueprint.delete("/api/devices/<device_id>")
@open_to(PERSON)
def remove_device(device_id: str) -> Response:
    subscribing.remove_device(
        db.session.connection(), person_id=current_user.id, device_id=device_id, session_hash=current_user.token_hash,
        at=clock.now(),
    )  # fmt: skip
    return Response(status=204)


def who_asks() -> str:
    return str(current_user.id) if current_user.is_authenticated else get_remote_address()


@blueprint.post("/api/devices/<device_id>/test")
@limiter.limit(TEST_LIMIT, key_func=who_asks)
@open_to(PERSON)
def test_device(device_id: str) -> Response:
    said = phones.try_out(
        db.engine, _push(), person_id=current_user.id, device_id=device_id, language=current_user.language
    )
    return jsonify(wire.PushTested(said=said).model_dump())


test_device.reads_first = True  # type: ignore[attr-defined] # nobody may wait for the writer's place while it sends
