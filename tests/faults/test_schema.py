"""The API keeps to its own description: schemathesis asks every route of /api/openapi.json, and nothing it does gets a 500
or an answer of another shape."""

import os

import pytest
import schemathesis
from flask import Flask, jsonify
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.people import sessions

DATABASES = ("sqlite",)  # its routes are asked on both elsewhere; a minute is much
TRIES = int(os.environ.get("RUNDTUR_SCHEMA_TRIES", "8"))
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
PLAIN = {"Accept-Encoding": "identity"}
BOUNDS = hypothesis_settings(
    max_examples=TRIES, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def ask_everything(app: Flask, path: str, **other) -> list[str]:
    """Each route of the description, with bodies that fit and such that do not. Returns which were asked."""
    schema = schemathesis.openapi.from_wsgi(path, app)
    asked = []
    for found in schema.get_all_operations():
        operation = found.ok()
        asked.append(f"{operation.method.upper()} {operation.path}")

        @BOUNDS
        @given(case=operation.as_strategy())
        def ask(case):
            case.call_and_validate(checks=CHECKS, headers=PLAIN, **other)

        ask()
    return asked


@pytest.mark.parametrize("who", ["signed in", "not signed in"])
def test_whatever_is_asked_the_api_answers_as_it_says(app, ada, unlimited, who):
    cookies = {}
    if who == "signed in":
        cookies = {sessions.cookie_name(app): ada.client.get_cookie(sessions.cookie_name(app)).value}
    asked = ask_everything(app, "/api/openapi.json", cookies=cookies)
    assert len(asked) >= 17


def planted(answer):
    """An application whose one route says that it answers with a number."""
    app = Flask(__name__)
    number = {"type": "object", "required": ["seats"], "properties": {"seats": {"type": "integer"}}}
    good = {"description": "", "content": {"application/json": {"schema": number}}}
    paths = {"/seats": {"get": {"responses": {"200": good}}}}
    app.add_url_rule(
        "/openapi.json", "description",
        lambda: jsonify(openapi="3.1.0", info={"title": "x", "version": "1"}, paths=paths),
    )  # fmt: skip
    app.add_url_rule("/seats", "seats", answer)
    return app


FAULTS = {
    "another shape": lambda: jsonify(seats="seven"),
    "a field that is not there": lambda: jsonify(),
    "another type": lambda: ("7", 200, {"Content-Type": "text/html"}),
    "a 500": lambda: ("", 500),
    "a status that nobody named": lambda: (jsonify(seats=7), 202),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault):
    with pytest.raises((Failure, FailureGroup)):
        ask_everything(planted(FAULTS[fault]), "/openapi.json")


def test_where_nothing_is_planted_nothing_is_found():
    assert ask_everything(planted(lambda: jsonify(seats=7)), "/openapi.json") == ["GET /seats"]
