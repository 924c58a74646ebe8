"""POST /api/sync"""

import re
import zlib
from datetime import datetime
from typing import ClassVar

import orjson
import sqlalchemy as sa
from flask import Blueprint, Response, current_app, request
from flask_login import current_user
from pydantic import ValidationError

from server.foundation import clock
from server.foundation.access import PERSON, open_to
from server.foundation.database import db, reading
from server.foundation.errors import BadRequest, Busy, Refusal, TooLarge
from server.people import devices
from server.people.devices import WrongPerson
from server.protocol.operations import LooseOperation
from server.protocol.sync import SyncEnvelope

from . import exchange
from .ceiling import DayCeiling
from .gather import Gathering
from .receive import Answer, Push

blueprint = Blueprint("sync", __name__)

MOST_BODY = 256 * 1024
MOST_INFLATED = 1024 * 1024
MOST_OPERATION = 16 * 1024
DEEPEST = 8


class TooMuchToday(Refusal):
    """Above the ceiling of a person and day: the phone waits, and keeps everything."""

    code: ClassVar[str] = "too_much_today"
    status: ClassVar[int] = 429


@blueprint.post("/api/sync")
@open_to(PERSON)
def sync() -> Response:
    asked = read_envelope(_body())
    if asked.person_id != current_user.id:
        raise WrongPerson
    now = clock.now()
    if asked.operations:
        pushed = _push(asked)
    else:
        pushed = Answer([], [])
        _note_heard(asked, now)
    epoch, page, cursor = exchange.pull(db.engine, asked, current_app.config["CURSOR_KEY"], now)
    body = orjson.dumps(exchange.answer(epoch, page, cursor, pushed, clock.now()))
    return Response(body, mimetype="application/json", headers={"Cache-Control": "no-store"})


sync.reads_first = True  # type: ignore[attr-defined] # it begins its own transactions: the session is read before


def read_envelope(body: bytes) -> SyncEnvelope:
    """The envelope, strictly; each operation loosely. Raises BadRequest, TooLarge."""
    if nesting(body) > DEEPEST:
        raise BadRequest
    try:
        asked = SyncEnvelope.model_validate_json(body)
        clock.instant(asked.sent_at)
    except (ValidationError, ValueError):
        raise BadRequest from None
    if len(body) > MOST_OPERATION and any(_weight(one) > MOST_OPERATION for one in asked.operations):
        raise TooLarge
    return asked


def _weight(operation: LooseOperation) -> int:
    return len(operation.model_dump_json().encode())


def nesting(body: bytes) -> int:
    """How deep brackets nest, counted before any parser recurses into them; those inside of texts are only words."""
    deepest = depth = 0
    for byte in _TEXTS.sub(b"", body).translate(None, _NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A text without its end reaches to the end of the body: looked for anew behind each quote, it would cost hours."""
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def _body() -> bytes:
    if (request.content_length or 0) > MOST_BODY:
        raise TooLarge
    raw = request.stream.read(MOST_BODY + 1)
    if len(raw) > MOST_BODY:
        raise TooLarge
    if request.headers.get("Content-Encoding", "identity") == "identity":
        return raw
    if request.headers["Content-Encoding"] != "gzip":
        raise BadRequest
    inflate = zlib.decompressobj(wbits=31)
    try:
        body = inflate.decompress(raw, MOST_INFLATED)
    except zlib.error:
        raise BadRequest from None
    if inflate.unconsumed_tail or not inflate.eof:
        raise TooLarge if inflate.unconsumed_tail else BadRequest
    return body


def _note_heard(asked: SyncEnvelope, now: datetime) -> None:
    """That a phone which only asks was heard, every few minutes: else it takes nobody's place among the writers.

    Whether a reminder has arrived is told by it; a busy database is no reason to keep the answer back.
    """
    with reading(), db.engine.connect() as connection:
        if not devices.is_to_note(connection, asked.device_id, asked.person_id, now):
            return
    try:
        _submit(asked, now)
    except Busy:
        current_app.logger.info("a phone was heard, which could not be noted now")


def _push(asked: SyncEnvelope) -> Answer:
    ceiling: DayCeiling = current_app.extensions["day_ceiling"]
    if not ceiling.admits(asked.person_id, len(asked.operations), clock.now()):
        raise TooMuchToday(retry_after_s=3600)
    return _submit(asked, clock.now())


def _submit(asked: SyncEnvelope, now: datetime) -> Answer:
    gathering: Gathering = current_app.extensions["gathering"]
    push = Push(
        person_id=asked.person_id,
        device_id=asked.device_id,
        app_version=asked.app_version,
        sent_at=clock.instant(asked.sent_at),
        received_at=now,
        operations=asked.operations,
    )
    try:
        return gathering.submit(push)
    except sa.exc.OperationalError as error:
        current_app.logger.error("a push could not be written: %s", error.orig)
        raise Busy from None
