"""Under which names the product answers (server/foundation/hosts.py)."""

from dataclasses import replace

import pytest

from server.protocol.session import RefusalBody
from tests.databases import running

HERE = {"public_url": "https://rundtur.example", "hosts": ("larande.example",)}


@pytest.fixture
def ask(settings):
    """How the product answers a GET for a name, with https in front of it."""
    with running(replace(settings, **HERE)) as app:
        yield lambda host, path: app.test_client().get(path, headers={"Host": host})


@pytest.mark.parametrize("host", ["rundtur.example", "Rundtur.Example", "rundtur.example:443", "larande.example"])
def test_the_product_answers_under_its_own_names(ask, host):
    assert ask(host, "/api/openapi.json").status_code == 200


@pytest.mark.parametrize("path", ["/", "/office", "/office/", "/api/session", "/nowhere"])
@pytest.mark.parametrize("host", ["evil.example", "rundtur.example.evil.example", "a.rundtur.example", "127.0.0.1", ""])
def test_no_redirect_and_no_answer_repeats_a_name_that_is_not_ours(ask, host, path):
    answer = ask(host, path)
    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert RefusalBody.model_validate_json(answer.data).code == "unknown_host"
    assert "Location" not in answer.headers
    assert "evil" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "10.0.0.7"])
def test_a_health_check_may_ask_by_address(ask, host):
    assert [ask(host, f"/health/{one}").status_code for one in ("live", "ready")] == [200, 200]


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:5173", "192.168.1.7:8000", "min-dator.local"])
def test_in_development_every_name_is_ours(app, host):
    assert app.test_client().get("/", headers={"Host": host}).status_code == 200
