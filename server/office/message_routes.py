"""/office/reminders/messages: write to a group, see it first, take it back, and see who was told."""

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.foundation import clock
from server.foundation.access import open_to
from server.foundation.database import db
from server.foundation.errors import Refusal
from server.foundation.texts import LANGUAGES, t
from server.reminders import messaging
from server.reminders.letters import Words

from . import message_pages
from .asked import page_in
from .desk import REMINDING, blueprint
from .reminder_routes import nudge_afterwards, this_day
from .sight import coordinated
from .words import today


@blueprint.get("/reminders/messages")
@open_to(*REMINDING)
def show_messages() -> str:
    found = message_pages.listed(db.session(), coordinated(current_user))
    return render_template("office/messages.html", messages=found, now=clock.now())


@blueprint.get("/reminders/messages/new")
@open_to(*REMINDING)
def compose() -> str:
    return _form({}, request.args.get("to", ""))


@blueprint.post("/reminders/messages/preview")
@open_to(*REMINDING)
def preview() -> ResponseReturnValue:
    said, key = _said(), request.form.get("to", "")
    try:
        return _form(messaging.checked(said), key, is_preview=True)
    except Refusal as refusal:
        return _form(said, key, refused=_sentence(refusal)), refusal.status


@blueprint.post("/reminders/messages")
@open_to(*REMINDING)
def send_message() -> ResponseReturnValue:
    said, key = _said(), request.form.get("to", "")
    try:
        message = messaging.write(
            db.session(), group=_chosen(key).group, said=said, written_by=current_user.id, at=clock.now(),
            today=today(), confirmed=_confirmed(),
        )  # fmt: skip
    except Refusal as refusal:
        db.session.rollback()
        has_words = not isinstance(refusal, messaging.MessageEmpty | messaging.MessageTooLong)
        return _form(said, key, is_preview=has_words, refused=_sentence(refusal)), refusal.status
    nudge_afterwards(messaging.UNDO)
    return redirect(url_for("office.show_message", message_id=message.id), 303)


@blueprint.get("/reminders/messages/<message_id>")
@open_to(*REMINDING)
def show_message(message_id: str) -> str:
    page = message_pages.read(db.session(), coordinated(current_user), message_id, this_day(), page_in(request.args))
    return render_template("office/message.html", page=page, now=clock.now())


@blueprint.post("/reminders/messages/<message_id>/recall")
@open_to(*REMINDING)
def recall(message_id: str) -> ResponseReturnValue:
    message_pages.read(db.session(), coordinated(current_user), message_id, this_day(), 1)
    messaging.recall(db.session(), message_id=message_id, actor_id=current_user.id, at=clock.now())
    return redirect(url_for("office.show_message", message_id=message_id), 303)


def _said() -> dict[str, Words]:
    form = request.form
    return {one: Words(form.get(f"title_{one}", ""), form.get(f"body_{one}", "")) for one in LANGUAGES}


def _confirmed() -> int | None:
    typed = "".join(request.form.get("confirmed", "").split())
    return int(typed) if typed.isascii() and typed.isdigit() else None


def _chosen(key: str) -> message_pages.Choice:
    return message_pages.chosen(message_pages.choices(db.session(), coordinated(current_user), clock.now()), key)


def _sentence(refusal: Refusal) -> str:
    return t(f"error.{refusal.code}", **refusal.values)


def _form(said: dict[str, Words], key: str, *, is_preview: bool = False, refused: str | None = None) -> str:
    """The form; with `is_preview` also what it would say, to how many."""
    choices = message_pages.choices(db.session(), coordinated(current_user), clock.now())
    to = message_pages.chosen(choices, key) if key else None
    counted = messaging.count(db.session(), to.group, today()) if to and is_preview else None
    return render_template(
        "office/message_new.html", choices=choices, to=to, said=said, counted=counted, refused=refused,
        languages=LANGUAGES, limits=(messaging.LONGEST_TITLE, messaging.LONGEST_BODY),
        is_open=current_app.config["SETTINGS"].open_reminders,
    )  # fmt: skip
