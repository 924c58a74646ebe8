"""/office/reminders/rules/…/texts: what a rule says, tried first, kept, and put back."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.foundation import clock
from server.foundation.access import open_to
from server.foundation.database import db
from server.foundation.errors import NotAllowed, NotFound, Refusal
from server.foundation.texts import LANGUAGES, t
from server.reminders.phrasing import LONGEST_BODY, LONGEST_TITLE, TEXTS, Phrase, checked, phrase

from . import sight, text_page
from .desk import REMINDING, blueprint
from .sight import coordinated


@blueprint.get("/reminders/rules/<key>/texts")
@open_to(*REMINDING)
def show_texts(key: str) -> str:
    return _texts(key)


@blueprint.post("/reminders/rules/<key>/texts/<text>")
@open_to(*REMINDING)
def set_text(key: str, text: str) -> ResponseReturnValue:
    """Shown first (`way` is show), kept, or the product's own again (usual)."""
    if not sight.is_whole(db.session(), coordinated(current_user)):
        raise NotAllowed
    if text not in TEXTS.get(key, ()):
        raise NotFound
    return _worded(key, text, request.form.get("way", "show"))


def _worded(key: str, text: str, way: str) -> ResponseReturnValue:
    said = text_page.usual_words(text) if way == "usual" else _said()
    try:
        if way == "show":
            return _texts(key, (text, checked(text, said)))
        phrase(db.session(), key=text, said=said, at=clock.now(), actor_id=current_user.id)
    except Refusal as refusal:
        db.session.rollback()
        return _texts(key, refused=(text, said, t(f"error.{refusal.code}", **refusal.values))), refusal.status
    return redirect(url_for("office.show_texts", key=key), 303)


def _said() -> dict[str, Phrase]:
    form = request.form
    return {one: Phrase(*(form.get(f"{part}_{one}", "") for part in Phrase._fields)) for one in LANGUAGES}


def _texts(
    key: str, tried: tuple[str, dict[str, Phrase]] | None = None,
    refused: tuple[str, dict[str, Phrase], str] | None = None,
) -> str:  # fmt: skip
    return render_template(
        "office/rule_texts.html", rule=key, texts=text_page.read(db.session(), key, tried), refused=refused,
        may_set=sight.is_whole(db.session(), coordinated(current_user)), limits=(LONGEST_TITLE, LONGEST_BODY),
    )  # fmt: skip
