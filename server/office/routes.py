"""The office's pages: the board, a person, departures."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.foundation import clock
from server.foundation.access import open_to
from server.foundation.database import db
from server.foundation.limits import limiter
from server.foundation.texts import t
from server.people.addresses import AddressTaken, AddressWrong

from . import board, code_by_sms, departures, exceptions_page, person_page
from .asked import asked_of
from .desk import DESK, TOURS, blueprint
from .exception_readers import reader_of
from .sight import sight_of
from .words import today


@blueprint.get("/")
@open_to(*DESK)
def show_board() -> str:
    asked = asked_of(request.args)
    page = board.read(db.session(), sight_of(current_user), asked, today())
    waiting = exceptions_page.tally(db.session(), reader_of(current_user, today()), clock.now())
    return render_template("office/board.html", page=page, asked=asked, exceptions=waiting.all)


@blueprint.get("/people/<person_id>")
@open_to(*DESK)
def show_person(person_id: str) -> str:
    seen, helped = sight_of(current_user), person_page.helped(current_user)
    page = person_page.read(db.session(), seen, helped, person_id, today())
    person_page.note_reading(actor_id=current_user.id, subject_id=page.id, at=clock.now())
    return render_template("office/person.html", page=page)


@blueprint.post("/people/<person_id>/address")
@open_to("coordinator", "administrator")
def change_address(person_id: str) -> ResponseReturnValue:
    to, helped = request.form.get("to", ""), person_page.helped(current_user)
    try:
        person_page.change_address(
            db.session(), helped, person_id=person_id, to=to, actor_id=current_user.id, at=clock.now(), today=today()
        )
    except (AddressTaken, AddressWrong) as refusal:
        db.session.rollback()
        page = person_page.read(db.session(), helped, helped, person_id, today())
        return render_template(
            "office/person.html", page=page, refused=t(f"error.{refusal.code}"), to=to
        ), refusal.status
    return redirect(url_for("office.show_person", person_id=person_id), 303)


@blueprint.post("/people/<person_id>/code")
@open_to("coordinator", "administrator")
def issue_code(person_id: str) -> str:
    name, code, until = person_page.issue_code(
        db.session(), person_page.helped(current_user), person_id=person_id, issued_by=current_user.id,
        at=clock.now(), today=today(),
    )  # fmt: skip
    page = code_by_sms.page_of(db.session(), person_id=person_id, name=name, code=code, until=until)
    return render_template("office/code.html", page=page, sent=None)


@blueprint.post("/people/<person_id>/code/sms")
@limiter.limit("5 per minute")
@open_to("coordinator", "administrator")
def send_code(person_id: str) -> str:
    page, is_sent = code_by_sms.send(
        db.session(), person_page.helped(current_user), person_id=person_id, code=request.form.get("code", ""),
        actor_id=current_user.id, at=clock.now(), today=today(),
    )  # fmt: skip
    return render_template("office/code.html", page=page, sent=is_sent)


send_code.reads_first = True  # type: ignore[attr-defined] # a slow gateway must not hold up who writes


@blueprint.get("/departures")
@open_to(*TOURS)
def show_departures() -> str:
    listed = departures.listed(db.session(), current_user.id, departures.guided(current_user), clock.now())
    return render_template("office/departures.html", listed=listed)


@blueprint.get("/departures/<departure_id>")
@open_to(*TOURS)
def show_departure(departure_id: str) -> str:
    page = departures.read(db.session(), current_user.id, departures.guided(current_user), departure_id)
    departures.note_reading(actor_id=current_user.id, departure_id=page.line.id, at=clock.now())
    return render_template("office/departure.html", page=page)
