"""Refusals: facts with a stable code. What a person reads lives in the texts of each language."""

import sqlite3
import traceback
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from .texts import t

CODES = {
    400: "bad_request", 401: "sign_in_needed", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 410: "gone", 413: "too_large", 415: "wrong_type", 426: "upgrade_needed", 429: "too_many_tries",
    503: "busy",
}  # fmt: skip


class Refusal(Exception):
    """Something that the product does not do, for a named reason. Raising it rolls the transaction back."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, retry_after_s: int | None = None, **values: Any) -> None:
        super().__init__(self.code)
        self.retry_after_s = retry_after_s
        self.values = values


class SignInNeeded(Refusal):
    code, status = "sign_in_needed", 401


class Disabled(Refusal):
    """The account is closed: the phone keeps what it has, and stops asking."""

    code, status = "disabled", 403


class Erased(Refusal):
    """The person is not known here any more: the phone wipes itself."""

    code, status = "erased", 410


class NotAllowed(Refusal):
    code, status = "not_allowed", 403


class NotFound(Refusal):
    code, status = "not_found", 404


class BadRequest(Refusal):
    code, status = "bad_request", 400


class WrongType(Refusal):
    code, status = "wrong_type", 415


class TooLarge(Refusal):
    code, status = "too_large", 413


class Busy(Refusal):
    """Nobody can write just now; nothing was written."""

    code, status = "busy", 503

    def __init__(self, retry_after_s: int = 15) -> None:
        super().__init__(retry_after_s)


class StorageFull(Busy):
    """The disk has no room, so that nobody can write; nothing was written. Who runs the server makes room."""

    code = "storage_full"


def no_writing(error: BaseException) -> Busy:
    """What a database's failure is to who asked: its disk is full, or it cannot be had just now."""
    cause = getattr(error, "orig", None) or error
    is_full = getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", "") == "53100"
    return StorageFull() if is_full else Busy()


DATABASE_AWAY = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
"""What says that the database cannot be had just now: it is stopped, starting, full, or all its connections are in use."""


class UnknownHost(Refusal):
    """A request for a name under which we do not answer."""

    code, status = "unknown_host", 400


class CrossSite(Refusal):
    """A request that another site made a browser send."""

    code, status = "cross_site", 403


def error_answer(code: str, status: int, retry_after_s: int | None = None, **values: Any) -> Response:
    """The one shape of an error on the API (protocol.session.RefusalBody)."""
    answer = jsonify(code=code, message=t(f"error.{code}", **values), retry_after_s=retry_after_s)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def traced(error: BaseException) -> str:
    """An error's kind and where it arose, for the log, without its words: a database repeats in them what people wrote."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"


def _kind(error: BaseException) -> str:
    """What it is, without its words; and of PostgreSQL its number."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__} {getattr(cause, 'sqlstate', None) or ''}".rstrip()


def wants_page() -> bool:
    """True where the person who asked looks at pages of ours (the office), not an app at JSON."""
    return request.path.startswith("/office/")


def register(app: Flask, page: Any) -> None:
    """Makes every failure of `app` answer in one shape: JSON for the API, `page(code, status)` for the office."""

    def show(code: str, status: int, retry_after_s: int | None = None, **values: Any) -> Any:
        if wants_page():
            return page(code, status, **values), status, {"Retry-After": retry_after_s} if retry_after_s else {}
        return error_answer(code, status, retry_after_s, **values)

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Any:
        return show(refusal.code, refusal.status, refusal.retry_after_s, **refusal.values)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        status = error.code or 500
        if 300 <= status < 400:
            return error
        wait = getattr(error, "retry_after", None)
        answer = show(CODES.get(status, "refused"), status, wait if isinstance(wait, int) else None)
        if isinstance(answer, Response):
            answer.headers.extend([one for one in error.get_headers() if one[0] in ("Allow", "Content-Range")])
        return answer

    _register_defects(app, show)


def _register_defects(app: Flask, show: Any) -> None:
    """What nobody asked for: a database that cannot be had makes everybody wait, a defect of ours is one."""

    def away(error: Any) -> Any:
        g.is_database_away = True  # the answer asks it nothing, not even who reads it
        app.logger.error("no database for %s %s: %s", request.method, request.endpoint, _kind(error))
        busy = no_writing(error)
        return show(busy.code, busy.status, busy.retry_after_s)

    for kind in DATABASE_AWAY:
        app.register_error_handler(kind, away)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Any:
        app.logger.error("unexpected error on %s %s: %s", request.method, request.endpoint, traced(error))
        return show("server_error", 500)
