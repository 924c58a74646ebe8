"""/unsubscribe/<token>: the link in a mail. GET shows one button (a mail filter opens links too); POST does it."""

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.foundation import assets, clock
from server.foundation.access import ANYONE, open_to
from server.foundation.database import db
from server.foundation.errors import NotFound
from server.foundation.texts import language, t

from .unsubscribing import person_of, refuse_nudges

blueprint = Blueprint("unsubscribing", __name__, url_prefix="/unsubscribe", template_folder="templates")


@blueprint.before_request
def know() -> None:
    """Who reads the page decides its language; asked before anything is written, or it would wait for our own lock."""
    _ = current_user.is_authenticated


@blueprint.get("/<token>")
@open_to(ANYONE)
def ask(token: str) -> str:
    _person(token)
    return _page("asked", token)


@blueprint.post("/<token>")
@open_to(ANYONE)
def unsubscribe(token: str) -> str:
    refuse_nudges(db.session(), person_id=_person(token), at=clock.now())
    return _page("done", token)


@blueprint.errorhandler(NotFound)
def unknown(_: NotFound) -> ResponseReturnValue:
    return _page("unknown", ""), 404


def _person(token: str) -> str:
    return person_of(token, current_app.config["SECRET_KEY"])


def _page(state: str, token: str) -> str:
    return render_template(
        "reminders/unsubscribe.html", state=state, token=token, names=assets.current(), t=t, language=language()
    )
