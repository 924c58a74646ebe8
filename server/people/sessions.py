"""Sessions: flask-login over our own table. The cookie is a 256-bit reference; only its hash is stored."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, Response, current_app, g
from flask_login import LoginManager, UserMixin
from sqlalchemy.engine import Connection

from server.foundation import clock, ids
from server.foundation.database import db, looking, reading, writing
from server.foundation.errors import DATABASE_AWAY, Busy, Disabled, Erased

from . import belonging
from .models import Person, Session, UploadTicket


class SignedInPerson(UserMixin):  # type: ignore[misc] # flask-login has no types
    """Who asks. Roles are read when a route asks for them."""

    def __init__(self, row: Any) -> None:
        self.id: str = row.id
        self.name: str = row.name
        self.language: str = row.language
        self.token_hash: str = row.token_hash
        self.expires_at: datetime = row.expires_at
        self.signed_in_at: datetime = row.created_at

    @cached_property
    def roles(self) -> list[tuple[str, str]]:
        """(role, path of its unit)"""
        with reading(), db.engine.connect() as connection:
            return belonging.roles(connection, self.id)

    def has_role(self, role: str) -> bool:
        return any(held == role for held, _ in self.roles)

    def paths(self, *roles: str) -> list[str]:
        """The units (as paths) in which one of the roles is held."""
        return [path for role, path in self.roles if role in roles]


def cookie_name(app: Flask) -> str:
    return "__Host-sid" if app.config["SETTINGS"].has_https else "sid"


def register(app: Flask) -> None:
    """Requests of `app` know who asks, by the cookie; the cookie is moved on once a day."""
    login = LoginManager(app)
    login.session_protection = None
    login.request_loader(_load)

    @app.after_request
    def move_on(response: Response) -> Response:
        token = g.pop("session_moved_on", None)
        if token:
            set_cookie(response, *token)
        return response


def set_cookie(response: Response, token: str, expires_at: datetime) -> None:
    response.set_cookie(
        cookie_name(current_app), token, expires=expires_at, path="/", httponly=True, samesite="Lax",
        secure=current_app.config["SETTINGS"].has_https,
    )  # fmt: skip


def clear_cookie(response: Response) -> None:
    response.delete_cookie(
        cookie_name(current_app), path="/", httponly=True, samesite="Lax",
        secure=current_app.config["SETTINGS"].has_https,
    )  # fmt: skip


_SESSION = (
    sa.select(
        Person.id, Person.name, Person.language, Session.token_hash, Session.created_at, Session.expires_at,
        Session.extended_on, Person.deactivated_at, Person.erased_at,
    )
    .join(Person, Person.id == Session.person_id)
    .where(Session.token_hash == sa.bindparam("hash"))
)  # fmt: skip


def _load(request: Request) -> SignedInPerson | None:
    token = request.cookies.get(cookie_name(current_app))
    if not token or "is_database_away" in g:
        return None
    now = clock.now()
    with looking() as connection:
        row = connection.execute(_SESSION, {"hash": ids.hash_of(token)}).one_or_none()
    if row is None or row.expires_at <= now:
        return None
    if row.deactivated_at or row.erased_at:
        g.no_longer = Erased if row.erased_at else Disabled  # who holds the secret was them, and is told why
        return None
    if row.extended_on < now.date():
        _extend(token, row.token_hash, now)
    person = SignedInPerson(row)
    g.language = person.language
    return person


def _extend(token: str, token_hash: str, now: datetime) -> None:
    expires_at = now + timedelta(days=current_app.config["SETTINGS"].session_days)
    try:
        with writing(patience_s=1), db.engine.begin() as connection:
            connection.execute(
                sa.update(Session)
                .where(Session.token_hash == token_hash)
                .values(expires_at=expires_at, extended_on=now.date())
            )
    except (Busy, *DATABASE_AWAY):
        return  # the next request will do: who only reads must not wait for who writes
    g.session_moved_on = (token, expires_at)


def begin(connection: Connection, person_id: str, now: datetime, days: int) -> tuple[str, datetime]:
    """The person has a new session. Returns its secret (told once) and when it ends."""
    token, expires_at = ids.new_secret(), now + timedelta(days=days)
    connection.execute(
        sa.insert(Session).values(
            token_hash=ids.hash_of(token), person_id=person_id, created_at=now, expires_at=expires_at,
            extended_on=now.date(),
        )
    )  # fmt: skip
    return token, expires_at


def end(connection: Connection, token_hash: str) -> None:
    """That session is over. Again: it stays over."""
    connection.execute(sa.delete(Session).where(Session.token_hash == token_hash))


def end_all(connection: Connection) -> None:
    """Everybody signs in anew, and no upload ticket opens anything; only who was erased still hears so."""
    connection.execute(sa.delete(UploadTicket))
    erased = sa.select(Person.id).where(Person.erased_at.is_not(None))
    connection.execute(sa.delete(Session).where(Session.person_id.not_in(erased)))
