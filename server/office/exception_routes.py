"""/office/exceptions: what needs a person, and what they say of it."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.foundation import clock
from server.foundation.access import open_to
from server.foundation.database import db
from server.foundation.errors import Refusal
from server.foundation.texts import t
from server.sync import deciding

from . import exceptions_page, lost_phones
from .asked import page_in
from .desk import DESK, REMINDING, blueprint
from .exception_readers import Reader, reader_of
from .exceptions_page import ROOMS
from .words import today


def _reader() -> Reader:
    return reader_of(current_user, today())


@blueprint.get("/exceptions")
@open_to(*DESK)
def show_exceptions() -> str:
    deciding.settle_due(db.engine, clock.now())
    db.session.rollback()  # what is read now is as of after that
    return _page(request.args.get("room", ""))


@blueprint.post("/exceptions/<op_id>/decide")
@open_to(*REMINDING)
def decide(op_id: str) -> ResponseReturnValue:
    exceptions_page.check_may_decide(db.session(), _reader(), op_id)
    form = request.form
    try:
        deciding.decide(
            db.session(), op_id=op_id, counts=form.get("counts") == "yes", reason=form.get("reason", ""),
            decided_by=current_user.id, at=clock.now(), instead_of=form.get("instead_of"),
        )  # fmt: skip
    except deciding.AlreadyDecided as refusal:
        return _refused(refusal, op_id)
    return redirect(url_for("office.show_exceptions"), 303)


@blueprint.post("/exceptions/<op_id>/undo")
@open_to(*REMINDING)
def undo_decision(op_id: str) -> ResponseReturnValue:
    exceptions_page.check_may_decide(db.session(), _reader(), op_id)
    try:
        deciding.take_back(db.session(), op_id=op_id, actor_id=current_user.id, at=clock.now())
    except deciding.TooLateToUndo as refusal:
        return _refused(refusal, op_id)
    return redirect(url_for("office.show_exceptions"), 303)


@blueprint.post("/exceptions/phones/<device_id>/seen")
@open_to(*REMINDING)
def see_phone(device_id: str) -> ResponseReturnValue:
    lost_phones.see_phone(db.session(), _reader(), device_id, clock.now())
    return redirect(url_for("office.show_exceptions", room="phones"), 303)


def _refused(refusal: Refusal, op_id: str) -> ResponseReturnValue:
    """The page as it is now, and above it who was first."""
    db.session.rollback()
    said = exceptions_page.word_on(db.session(), _reader(), op_id)
    return _page("review", t(f"error.{refusal.code}", **refusal.values), said), refusal.status


def _page(room: str, refused: str | None = None, said: exceptions_page.ActRow | None = None) -> str:
    room = room if room in ROOMS else ROOMS[0]
    now = clock.now()
    page = exceptions_page.read(db.session(), _reader(), room, now, page_in(request.args))
    ends = [one.word.stands_at for one in page.undoable if one.word and one.word.stands_at]
    over_in = max(0, round((min(ends) - now).total_seconds())) + 1 if ends else None
    return render_template(
        "office/exceptions.html", page=page, rooms=ROOMS, refused=refused, said=said, over_in=over_in, now=now,
        longest=deciding.LONGEST_REASON,
    )  # fmt: skip
