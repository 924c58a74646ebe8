"""The app's page and its headers: the same for everyone, with no name and no token in it."""

import json
import re

import pytest

from server.foundation import assets
from server.shell import openapi, routes

PAGES = (
    "/",
    "/sign-in",
    "/learn",
    "/learn/hygien/tvatta",
    "/site",
    "/site/x/torget",
    "/me",
    "/me/storage",
    "/receipts",
)

needs_a_build = pytest.mark.skipif(not assets.BUILD.exists(), reason="nothing is built: python -m server.building")


@needs_a_build
@pytest.mark.parametrize("path", PAGES)
def test_the_app_s_page_is_the_same_at_every_address_and_for_everyone(app, ada, path):
    own, strange = ada.get(path), app.test_client().get("/")
    assert own.status_code == 200
    assert own.data == strange.data
    assert own.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in own.headers
    assert "Ada" not in own.text


@needs_a_build
def test_the_page_runs_our_own_scripts_and_nothing_else(app):
    answer = app.test_client().get("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


@needs_a_build
def test_the_worker_is_asked_for_anew_each_time(app):
    answer = app.test_client().get("/sw.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Service-Worker-Allowed" not in answer.headers


def test_the_manifest_is_one(app):
    answer = app.test_client().get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.data)
    assert {icon["purpose"] for icon in manifest["icons"] if "purpose" in icon} >= {"maskable"}
    assert manifest["start_url"].startswith("/")


def test_the_process_says_that_it_lives(app):
    assert app.test_client().get("/health/live").get_json() == {"status": "ok"}


@needs_a_build
def test_the_product_says_that_it_is_ready_and_in_which_version(app):
    answer = app.test_client().get("/health/ready").get_json()
    assert (answer["status"], answer["version"]) == ("late", assets.current()["version"])  # no worker was heard yet


@needs_a_build
@pytest.mark.parametrize(("low", "is_low"), [(0, False), (2**62, True)])
def test_health_says_that_the_disk_is_nearly_full(app, monkeypatch, low, is_low):
    monkeypatch.setattr(routes, "ROOM_LOW", low)
    answer = app.test_client().get("/health/ready")
    assert (answer.status_code, answer.get_json()["is_room_low"]) == (200, is_low)


def test_a_database_without_tables_is_not_ready(store, tmp_path, clock):
    from tests.databases import running

    settings = store.empty(tmp_path / "empty")
    with running(settings) as app:
        answer = app.test_client().get("/health/ready")
    store.drop(settings)
    assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "busy", "5")


@pytest.mark.parametrize(
    "path", ["/health/live", "/api/session", "/api/nowhere", "/content/x", "/manifest.webmanifest"]
)
def test_every_answer_carries_the_headers_that_protect(ada, path):
    headers = ada.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    if path.startswith("/api/"):
        assert headers["Cache-Control"] == "no-store"


def test_under_https_the_cookie_is_bound_to_the_host_and_https_is_kept_to(store, settings):
    from dataclasses import replace

    from tests.cast import Actor, World
    from tests.databases import running

    with running(replace(settings, public_url="https://rundtur.example")) as app:
        ada = Actor(app, World(), "ada")
        ada.client.set_cookie("__Host-sid", ada.client.get_cookie("__Host-sid").value, secure=True)
        answer = ada.client.delete(
            "/api/session", headers={"X-Rundtur-Client": "test"}, base_url="https://rundtur.example"
        )
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert answer.status_code == 401 or "__Host-sid" in answer.headers["Set-Cookie"]


def test_a_static_file_is_served_without_a_session(app):
    answer = app.test_client().get("/static/icons/icon.svg")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_description_of_the_api_names_every_call_and_no_other(app):
    document = app.test_client().get("/api/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    described = {(path, method.upper()) for path, calls in document["paths"].items() for method in calls}
    routed = {
        (re.sub(r"<(\w+)>", r"{\1}", str(rule)), method)
        for rule in app.url_map.iter_rules()
        if str(rule).startswith(("/api/", "/health/")) and str(rule) != "/api/openapi.json"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == routed


def test_the_description_of_the_api_refers_only_to_what_it_holds(app):
    text = app.test_client().get("/api/openapi.json").text
    schemas = json.loads(text)["components"]["schemas"]
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= set(schemas)
    assert openapi.REFUSALS


@needs_a_build
def test_a_build_made_while_it_runs_is_served_by_the_next_one(app, tmp_path, monkeypatch):
    """Only the next one knows the new files: a page that names them would stay empty."""
    before, made = assets.current(), tmp_path / "build.json"
    made.write_text('{"builds": [{"version": "new", "app": "app.new.js"}]}')
    monkeypatch.setattr(assets, "BUILD", made)
    assert assets.current() == before
