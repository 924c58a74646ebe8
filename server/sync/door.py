"""Who comes to tell something while too many wait already is asked to come again at the door, before anything else is done for it.

The same is said further in (foundation/shares.py), after four times the work; and in a crowd that is what most who come hear.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from server.foundation.errors import Busy, Refusal, error_answer
from server.foundation.shares import PUSHES, Share
from server.foundation.texts import LANGUAGES

from .body import MOST_BODY, inflated, tells_something

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/api/sync"


def register(app: Flask) -> None:
    """Stands before all else that `app` does."""
    app.wsgi_app = Door(app)  # type: ignore[assignment, method-assign]


class Door:
    def __init__(self, app: Flask) -> None:
        self._app, self._inside = app, app.wsgi_app
        self._share: Share = app.extensions["shares"][PUSHES]
        self._words: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if (
            self._share.is_crowded
            and environ["PATH_INFO"] == PATH
            and environ["REQUEST_METHOD"] == "POST"
            and _tells(environ)
        ):
            busy = self._share.refusal_if_crowded()
            if busy is not None:
                return self._turn_away(environ, start, busy)
        return self._inside(environ, start)

    def _turn_away(self, environ: WSGIEnvironment, start: StartResponse, busy: Busy) -> Iterable[bytes]:
        accepted = parse_accept_header(environ.get("HTTP_ACCEPT_LANGUAGE"), LanguageAccept)
        language = accepted.best_match(LANGUAGES) or self._app.config["SETTINGS"].language
        if language not in self._words:
            self._words[language] = self._said_in(language)
        said, headers = self._words[language]
        answer = orjson.dumps(said | {"retry_after_s": busy.retry_after_s})
        start("503 SERVICE UNAVAILABLE", [
            *headers, ("Content-Length", str(len(answer))), ("Retry-After", str(busy.retry_after_s)),
        ])  # fmt: skip
        return [answer]

    def _said_in(self, language: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """What an answer of this kind says, and its headers: as the application would."""
        with self._app.test_request_context(PATH, method="POST", headers={"Accept-Language": language}):
            answer = self._app.process_response(error_answer(Busy.code, Busy.status, 0))
            answer.headers.remove("Retry-After")
            answer.headers.remove("Content-Length")
            return answer.get_json(), answer.headers.to_wsgi_list()


def _tells(environ: WSGIEnvironment) -> bool:
    """Whether it carries operations. What was read is there to be read again."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > MOST_BODY:
        return False  # further in it is told what is wrong
    raw = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(raw)
    try:
        return tells_something(inflated(raw, environ.get("HTTP_CONTENT_ENCODING", "identity")))
    except Refusal:
        return False
