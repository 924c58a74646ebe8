"""The office: pages for coordinators, guides and authors at a desk."""

from typing import Any

from flask import Flask, render_template

from . import routes


def register(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)


def error_page(code: str, status: int, **values: Any) -> str:
    """What a person at the office reads where something is not there or not theirs."""
    return render_template("office/error.html", code=code, status=status, values=values)
