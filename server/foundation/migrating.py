"""The migrations, by Flask-Migrate: what serves does without it, and without Alembic, which it brings (9 MB)."""

from flask import Flask

from config import ROOT

from .database import db


def attach(app: Flask) -> None:
    """Flask-Migrate knows the application: `flask db …`, and its functions inside of the application's context."""
    from flask_migrate import Migrate

    if "migrate" not in app.extensions:
        Migrate(app, db, directory=str(ROOT / "migrations"))


def upgrade(app: Flask) -> None:
    """The database is as the newest migration says. Inside of the application's context."""
    attach(app)
    from flask_migrate import upgrade

    upgrade()
