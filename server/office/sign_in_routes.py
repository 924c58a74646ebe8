"""Signing in and out at a desk, with no app and no JavaScript."""

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.foundation import clock, ids
from server.foundation.access import ANYONE, PERSON, open_to
from server.foundation.database import db
from server.foundation.limits import failures, tries_at
from server.people import belonging, sessions, signing_in
from server.people.models import Person
from server.reminders.subscribing import carry_over

from .desk import blueprint, home, onward

_tries = tries_at(lambda: request.form.get("email", ""))


@blueprint.get("/sign-in")
@open_to(ANYONE)
def sign_in() -> str:
    return _form(onward(request.args.get("next")))


@blueprint.post("/sign-in")
@_tries
@failures
@open_to(ANYONE)
def sign_in_by_password() -> ResponseReturnValue:
    email, asked = request.form.get("email", ""), onward(request.form.get("next"))
    try:
        person = signing_in.by_password(db.session(), email=email, password=request.form.get("password", ""))
    except signing_in.SignInFailed as refusal:
        return _form(asked, email, is_wrong=True), refusal.status
    return _enter(person, asked)


@blueprint.post("/sign-out")
@open_to(PERSON)
def sign_out() -> ResponseReturnValue:
    sessions.end(db.session.connection(), current_user.token_hash)
    session.clear()
    response = current_app.make_response(redirect(url_for("office.sign_in"), 303))
    sessions.clear_cookie(response)
    return response


def _form(asked: str | None, email: str = "", *, is_wrong: bool = False) -> str:
    return render_template("office/sign_in.html", asked=asked, email=email, is_wrong=is_wrong)


def _enter(person: Person, asked: str | None) -> ResponseReturnValue:
    """A new session in place of the one that was there, and on to the page that was asked for."""
    connection = db.session.connection()
    token, until = sessions.begin(connection, person.id, clock.now(), current_app.config["SETTINGS"].session_days)
    if current_user.is_authenticated:
        if current_user.id == person.id:
            carry_over(connection, old=current_user.token_hash, new=ids.hash_of(token))
        sessions.end(connection, current_user.token_hash)
    session.clear()
    roles = [role for role, _ in belonging.roles(connection, person.id)]
    response = current_app.make_response(redirect(asked or home(roles), 303))
    sessions.set_cookie(response, token, until)
    return response
