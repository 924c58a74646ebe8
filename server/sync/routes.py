"""POST /api/sync, and what was sealed on a phone: POST /api/sync/sealed"""

import re
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import orjson
import sqlalchemy as sa
from flask import Blueprint, Response, current_app, g, request
from flask_login import current_user
from pydantic import ValidationError

from server.foundation import clock
from server.foundation.access import ANYONE, PERSON, TICKET, open_to
from server.foundation.database import db, reading
from server.foundation.errors import BadRequest, Busy, Refusal, SignInNeeded, TooLarge, no_writing
from server.foundation.limits import ticket_failures
from server.foundation.shares import PULLS, PUSHES
from server.people import devices, tickets
from server.people.devices import WrongPerson
from server.protocol.operations import LooseOperation
from server.protocol.sync import PROTOCOL, SealedBox, SealedContents, SyncEnvelope

from . import exchange, feed
from .body import inflated, raw_of, tells_something
from .ceiling import DayCeiling
from .desk import Desk
from .gather import Gathering
from .receive import Answer, Push
from .sealing import unsealed
from .understanding import understand

blueprint = Blueprint("sync", __name__)
Shape = TypeVar("Shape", SyncEnvelope, SealedBox, SealedContents)

MOST_OPERATION = 16 * 1024
DEEPEST = 8


class TooMuchToday(Refusal):
    """Above the ceiling of a person and day: the phone waits, and keeps everything."""

    code: ClassVar[str] = "too_much_today"
    status: ClassVar[int] = 429


@blueprint.post("/api/sync")
@ticket_failures
@open_to(PERSON, TICKET)
def sync() -> Response:
    with _seat():
        asked = read_envelope(_body())
        push = _pushed(asked, asked.sent_at, clock.now())
    if "ticket" in g:
        return _answer(_by_ticket(asked, push))
    if asked.person_id != current_user.id:
        raise WrongPerson
    pushed = _by_session(push)
    with _seat():
        epoch, page, cursor = exchange.pull(db.engine, asked, current_app.config["CURSOR_KEY"], push.received_at)
        return _answer(exchange.answer(asked, epoch, page, cursor, pushed, clock.now()))


@blueprint.post("/api/sync/sealed")
@ticket_failures
@open_to(ANYONE)
def sync_sealed() -> Response:
    box = _read(SealedBox, _body())
    inside = _read(SealedContents, unsealed(box, current_app.config["SETTINGS"].data))
    _weigh(inside.operations)
    held = _holder_of(inside)
    pushed = _push(_pushed(inside, box.sent_at, clock.now())._replace(by="box", closed_at=held.closed_at))
    waits = [one["retry_after_s"] for one in pushed.outcomes if one["status"] == "retry"]
    if waits:
        raise Busy(max(waits))
    return _answer({"protocol": PROTOCOL, "taken": len(pushed.outcomes)})


def _share() -> str:
    """Who tells something waits apart from who only asks."""
    return PUSHES if tells_something(_body()) else PULLS


sync.share = _share  # type: ignore[attr-defined]
sync_sealed.share = lambda: PUSHES  # type: ignore[attr-defined]
for view in (sync, sync_sealed):
    view.reads_first = True  # type: ignore[attr-defined] # it begins its own transactions: who asks is read before


def _seat() -> AbstractContextManager[Any]:
    """Where this request is read, and answered. Who only asks needs none: nobody who asks waits behind those who tell."""
    desk: Desk = current_app.extensions["desk"]
    return desk.seat(current_app.extensions["shares"][PUSHES].working if tells_something(_body()) else 0)


def _answer(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), mimetype="application/json", headers={"Cache-Control": "no-store"})


def _by_ticket(asked: SyncEnvelope, push: Push) -> dict[str, Any]:
    """Operations in, outcomes out: a ticket is told nothing of what its person can see."""
    _check_own(g.ticket, asked)
    push = push._replace(by="ticket", closed_at=g.ticket.closed_at)
    pushed = _push(push) if push.operations else Answer([], [])
    with db.engine.connect() as connection:
        epoch = exchange.epoch_of(connection)
    return exchange.answer(asked, epoch, feed.Page([], [], {}, False), "", pushed, clock.now())


def _holder_of(inside: SealedContents) -> tickets.Held:
    """Whose box it is: by its ticket, or, where that is over, because its person has signed in here again."""
    held: tickets.Held | None = current_app.extensions["tickets"](inside.ticket)
    if held is None and current_user.is_authenticated and current_user.id == inside.person_id:
        return tickets.Held(inside.person_id, inside.device_id, None)
    if held is None:
        raise SignInNeeded
    _check_own(held, inside)
    return held


def _check_own(held: tickets.Held, said: SyncEnvelope | SealedContents) -> None:
    if (said.person_id, said.device_id) != (held.person_id, held.device_id):
        current_app.logger.warning(
            "a ticket of person %s and device %s came with operations of person %s and device %s",
            held.person_id, held.device_id, said.person_id, said.device_id,
        )  # fmt: skip
        raise WrongPerson


def read_envelope(body: bytes) -> SyncEnvelope:
    """The envelope, strictly; each operation loosely. Raises BadRequest, TooLarge."""
    asked = _read(SyncEnvelope, body)
    _instant(asked.sent_at)
    if len(body) > MOST_OPERATION:
        _weigh(asked.operations)
    return asked


def _read(model: type[Shape], body: bytes) -> Shape:
    if is_deeper(body, DEEPEST):
        raise BadRequest
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise BadRequest from None


def _instant(text: str) -> datetime:
    try:
        return clock.instant(text)
    except ValueError:
        raise BadRequest from None


def _weigh(operations: list[LooseOperation]) -> None:
    if any(_weight(one) > MOST_OPERATION for one in operations):
        raise TooLarge


def _weight(operation: LooseOperation) -> int:
    return len(operation.model_dump_json().encode())


def is_deeper(body: bytes, than: int) -> bool:
    """Whether brackets nest deeper, seen before any parser recurses into them; those inside of texts are only words.

    Level by level the innermost pairs are taken away; what has no other half is left, and no JSON either.
    """
    brackets = _TEXTS.sub(b"", body).translate(_ALIKE, _NOT_BRACKETS)
    for _ in range(than):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A text without its end reaches to the end of the body: looked for anew behind each quote, it would cost hours."""
_ALIKE = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def _body() -> bytes:
    """What was sent, inflated. Read once a request. Raises BadRequest, TooLarge."""
    if "body" not in g:
        g.body = _read_body()
    return bytes(g.body)


def _read_body() -> bytes:
    raw = raw_of(request.stream, request.content_length or 0)
    return inflated(raw, request.headers.get("Content-Encoding", "identity"))


def _by_session(push: Push) -> Answer:
    if push.operations:
        return _push(push)
    _note_heard(push)
    return Answer([], [])


def _note_heard(push: Push) -> None:
    """That a phone which only asks was heard, every few minutes: else it takes nobody's place among the writers.

    Whether a reminder has arrived is told by it; a busy database is no reason to keep the answer back, and who only asks
    does not wait behind those who tell.
    """
    if current_app.extensions["shares"][PUSHES].is_full:
        return
    with reading(), db.engine.connect() as connection:
        if not devices.is_to_note(connection, push.device_id, push.person_id, push.received_at):
            return
    try:
        _submit(push)
    except Busy:
        current_app.logger.info("a phone was heard, which could not be noted now")


def _pushed(asked: SyncEnvelope | SealedContents, sent_at: str, now: datetime) -> Push:
    return Push(
        person_id=asked.person_id,
        device_id=asked.device_id,
        app_version=asked.app_version,
        sent_at=_instant(sent_at),
        received_at=now,
        operations=[understand(one) for one in asked.operations],
    )


def _push(push: Push) -> Answer:
    ceiling: DayCeiling = current_app.extensions["day_ceiling"]
    if not ceiling.admits(push.person_id, len(push.operations), clock.now()):
        raise TooMuchToday(retry_after_s=3600)
    return _submit(push)


def _submit(push: Push) -> Answer:
    gathering: Gathering = current_app.extensions["gathering"]
    try:
        return gathering.submit(push)
    except sa.exc.OperationalError as error:
        current_app.logger.error("a push could not be written: %s", error.orig)
        raise no_writing(error) from None
