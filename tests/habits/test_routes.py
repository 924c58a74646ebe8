"""Every route is guarded, and every failure has one shape."""

import pytest

from server.foundation.access import ANYONE, PERSON, ROLES, TICKET
from server.protocol.session import RefusalBody

CLIENT = {"X-Rundtur-Client": "test"}


def test_every_route_names_who_may_ask(app):
    unguarded = [
        rule.rule for rule in app.url_map.iter_rules() if not hasattr(app.view_functions[rule.endpoint], "policy")
    ]
    assert unguarded == []
    words = {word for view in app.view_functions.values() for word in view.policy}
    assert words <= {ANYONE, PERSON, TICKET, *ROLES}


def test_who_is_not_signed_in_gets_nothing_of_the_api(app):
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if ANYONE in view.policy or not rule.rule.startswith(("/api/", "/content/", "/media/")):
            continue
        path = rule.rule.replace("<digest>", "0" * 64).replace("<name>", "0" * 64 + ".svg")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert client.open(path, method=method, headers=CLIENT, json={}).status_code == 401, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/api/session", {}, 401),
        ("POST", "/api/session", {"headers": CLIENT, "data": "{", "content_type": "application/json"}, 400),
        ("POST", "/api/session", {"data": "{}", "content_type": "application/json"}, 403),
        ("POST", "/api/session", {"headers": CLIENT, "data": "a=1", "content_type": "text/plain"}, 415),
        ("PUT", "/api/session", {"headers": CLIENT}, 405),
        ("GET", "/content/short", {}, 401),
    ],
)
def test_every_failure_has_one_shape(app, method, path, options, status):
    answer = app.test_client().open(path, method=method, **options)
    assert answer.status_code == status
    body = RefusalBody.model_validate(answer.json)
    assert body.message != f"error.{body.code}"


def test_every_answer_carries_the_headers(app):
    for path in ("/", "/api/session", "/nothing", "/health/live"):
        headers = app.test_client().get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
