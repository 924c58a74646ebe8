"""The command that erases a person."""

import pytest

from server.foundation.database import db


@pytest.fixture
def erase(app, settings):
    def invoke(email="ada@prov.example"):
        db.session.rollback()
        with app.app_context():
            done = app.test_cli_runner().invoke(
                args=["people", "erase", email, "--decision", "KS 2026/7", "--yes"], catch_exceptions=False
            )
        return done.exit_code, done.output

    return invoke
