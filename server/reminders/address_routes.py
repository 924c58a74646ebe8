"""/api/mail-address: where one's own reminders go by mail."""

from typing import cast

from flask import Blueprint, Response, current_app
from flask_login import current_user

from server.foundation import clock
from server.foundation.access import PERSON, json_body, open_to
from server.foundation.database import db
from server.foundation.limits import limiter
from server.protocol import mail_address as wire

from . import own_address
from .mail import Mail
from .routes import who_asks

blueprint = Blueprint("mail_address", __name__, url_prefix="/api/mail-address")

ASK_LIMIT, TRY_LIMIT = "3 per 10 minutes; 10 per day", "10 per 10 minutes"
"""a stranger's address is not to be filled with codes; and a code is not guessed"""


def _mail() -> Mail:
    """The channel, where this organisation has one. Raises MailOff."""
    settings = current_app.config["SETTINGS"]
    if not settings.smtp_url:
        raise own_address.MailOff
    return Mail(settings, cast(str, current_app.config["SECRET_KEY"]))


@blueprint.post("")
@limiter.limit(ASK_LIMIT, key_func=who_asks)
@open_to(PERSON)
def want_address() -> Response:
    asked, mail = json_body(wire.MailAddressWanted), _mail()
    person, language = current_user.id, current_user.language
    db.session.rollback()  # a mail server may be slow: nothing is held meanwhile
    address, code = own_address.want(db.engine, person_id=person, to=asked.address, at=clock.now())
    own_address.answer(mail.say_code(address, language, code))
    return Response(status=204)


@blueprint.post("/code")
@limiter.limit(TRY_LIMIT, key_func=who_asks)
@open_to(PERSON)
def confirm_address() -> Response:
    code = json_body(wire.MailAddressCode).code
    own_address.confirm(db.engine, person_id=current_user.id, code=code, at=clock.now())
    return Response(status=204)


for view in (want_address, confirm_address):  # nobody may wait for the writer's place while it mails; each try counts
    view.reads_first = True  # type: ignore[attr-defined]


@blueprint.delete("")
@open_to(PERSON)
def drop_address() -> Response:
    own_address.drop(db.session.connection(), person_id=current_user.id, at=clock.now())
    return Response(status=204)
