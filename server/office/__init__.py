"""The office: pages for coordinators, managers and guides at a desk."""

from typing import Any

from flask import Flask, render_template
from flask_login import current_user

from . import desk, exception_routes, message_routes, reminder_routes, routes, sign_in_routes, text_routes, words

__all__ = [
    "error_page",
    "exception_routes",
    "message_routes",
    "register",
    "reminder_routes",
    "routes",
    "sign_in_routes",
    "text_routes",
]


def register(app: Flask) -> None:
    """The office's pages are part of `app`, and its forms carry a token."""
    desk.protect_forms(app)
    words.register(app)
    app.register_blueprint(desk.blueprint)


def error_page(code: str, _status: int, **values: Any) -> str:
    """What a person at the office reads where something is not there, not theirs, or went wrong."""
    is_known = current_user.is_authenticated  # also sets the language that the page is written in
    return render_template("office/error.html", code=code, values=values, is_known=is_known, **desk.frame())
