"""The product starts where everything is right, and says in one sentence what is not."""

import json
import os
import socket
from dataclasses import replace

import pytest
import sqlalchemy as sa

import config
from config import ROOT, Settings
from server import create_app, running, starting
from server.foundation import database
from server.foundation.database import db, writing
from server.people.models import Person

SOUND = Settings(
    environment="production",
    secret_key="k" * 32,
    public_url="https://rundtur.example",
    demo=False,
    demo_password="",
    push_subject="mailto:it@ekero.se",
)


@pytest.fixture
def sound(tmp_path):
    return replace(SOUND, data=tmp_path)


WRONG = {
    "demo accounts": ({"demo": True}, "no demo accounts"),
    "no secret": ({"secret_key": ""}, "RUNDTUR_SECRET_KEY"),
    "a default secret": ({"secret_key": "changeme"}, "RUNDTUR_SECRET_KEY"),
    "a short secret": ({"secret_key": "k" * 31}, "at least 32"),
    "no https": ({"public_url": "http://rundtur.example"}, "https://"),
    "debug": ({"debug": True}, "FLASK_DEBUG"),
    "check-ins kept for no time": ({"check_in_months": 0}, "1 to 120 months"),
    "a database of another kind": ({"database_url": "mysql://u@h/x"}, "RUNDTUR_DATABASE_URL"),
    "an address of a database that is none": ({"database_url": "nonsense"}, "RUNDTUR_DATABASE_URL"),
    "no name": ({"public_url": "https://"}, "and a name"),
    "an address for a host's name": ({"hosts": ("https://b.example",)}, "RUNDTUR_HOSTS"),
    "an unknown environment": ({"environment": "prod"}, "development, test or production"),
    "a limit that nobody can read": ({"sign_in_limit": "10"}, "RUNDTUR_SIGN_IN_LIMIT"),
    "nobody to tell of trouble": ({"push_subject": ""}, "RUNDTUR_PUSH_SUBJECT"),
    "an address of the books": ({"push_subject": "mailto:it@ekero.example"}, "RUNDTUR_PUSH_SUBJECT"),
    "an address of other books": ({"push_subject": "mailto:it@Example.COM"}, "RUNDTUR_PUSH_SUBJECT"),
    "an address of nobody": ({"push_subject": "mailto:it@rundtur.invalid"}, "RUNDTUR_PUSH_SUBJECT"),
    "an address of this machine": ({"push_subject": "mailto:root@localhost"}, "RUNDTUR_PUSH_SUBJECT"),
    "an address of one word": ({"push_subject": "mailto:it@intranet"}, "RUNDTUR_PUSH_SUBJECT"),
    "an address without its scheme": ({"push_subject": "it@ekero.se"}, "mailto:"),
    "a push service on its own machine": ({"push_local": "http://127.0.0.1:9123"}, "RUNDTUR_PUSH_LOCAL"),
    "a push service elsewhere": ({"push_local": "http://10.0.0.1:9123"}, "on this machine"),
    "a proxy that is none": ({"egress_proxy": "proxy.ekero.se"}, "RUNDTUR_EGRESS_PROXY"),
    "a queue of an unknown kind": ({"queue_url": "mysql://x"}, "RUNDTUR_QUEUE_URL"),
    "a queue on Redis without a name": ({"queue_url": "redis:///0"}, "redis://host:6379/0"),
    "a limit of failures that nobody can read": ({"sign_in_failures": "many"}, "RUNDTUR_SIGN_IN_FAILURES"),
    "a zone that nobody knows": ({"zone": "Europe/Ekerö"}, "RUNDTUR_ZONE"),
}


@pytest.mark.parametrize(("wrong", "said"), [pytest.param(*case, id=name) for name, case in WRONG.items()])
def test_production_does_not_start_with(sound, wrong, said):
    with pytest.raises(starting.Unfit, match=said):
        create_app(replace(sound, **wrong))


def test_a_queue_on_redis_without_its_package_is_one_sentence(sound, monkeypatch):
    monkeypatch.setattr(starting, "find_spec", lambda name: None)
    with pytest.raises(starting.Unfit, match="run script/setup with this setting"):
        starting.check(replace(sound, queue_url="redis://localhost:6379/0"))


def test_a_queue_on_redis_is_taken_where_its_package_is(sound, monkeypatch):
    monkeypatch.setattr(starting, "find_spec", lambda name: name)
    for url in ("redis://queue.example:6379/0", "rediss://user:word@queue.example/3?ssl_ca_certs=/etc/ca.pem"):
        starting.check(replace(sound, queue_url=url))


def test_production_starts_where_all_is_right(sound):
    starting.check(sound)
    assert (sound.data / "media").is_dir()


def test_without_push_nobody_need_be_told(sound):
    starting.check(replace(sound, push=False, push_subject=""))


@pytest.mark.parametrize("host", ["ekero.se", "examples.se", "test.se", "local.se", "it.ekero.se"])
def test_a_real_address_is_taken(sound, host):
    starting.check(replace(sound, push_subject=f"mailto:it@{host}"))


def test_production_does_not_start_over_a_database_with_demo_accounts(app, settings, sound):
    starting.check_accounts(sound, db.engine)
    with writing():
        db.session.execute(sa.update(Person).where(Person.email == "ada@prov.example").values(is_demo=True))
        db.session.commit()
    starting.check_accounts(settings, db.engine)
    with pytest.raises(starting.Unfit, match="demo accounts"):
        starting.check_accounts(sound, db.engine)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(starting.Unfit, match=r"cannot be made .*RUNDTUR_DATA"):
        starting.check(Settings(data=tmp_path / "file" / "data"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(starting.Unfit, match="cannot be written"):
        starting.check(Settings(data=tmp_path))


def test_an_old_sqlite_runs_in_one_process_only(tmp_path, monkeypatch):
    monkeypatch.setattr(starting, "sqlite_version", lambda engine: (3, 40, 1))
    with pytest.raises(starting.Unfit, match=r"older than 3\.51\.3"):
        create_app(Settings(environment="test", data=tmp_path, processes=2))
    starting.check_database(Settings(data=tmp_path, processes=1), None)


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(starting.Unfit, match="choose another with HOST and PORT"):
            running.check_port(config.Listening("127.0.0.1", str(taken.getsockname()[1])))


@pytest.mark.parametrize("port", ["", "x", "0", "65536", "-1"])
def test_a_port_that_is_none_is_named(port):
    with pytest.raises(starting.Unfit, match="number from 1 to 65535"):
        running.check_port(config.Listening("127.0.0.1", port))


def test_an_sqlite_connection_is_safe_against_power_loss_and_strict_about_keys(tmp_path):
    settings = Settings(environment="test", data=tmp_path)
    app = create_app(settings)
    with app.app_context():
        with db.engine.connect() as connection:
            found = {
                pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one()
                for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert database.sqlite_version(db.engine) >= database.SQLITE_SAFE_FOR_SEVERAL
        db.engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    told = {
        "RUNDTUR_ENVIRONMENT": "production", "RUNDTUR_DATA": str(tmp_path), "RUNDTUR_DATABASE_URL": "postgresql+psycopg://x/y",
        "RUNDTUR_PUBLIC_URL": "https://x.example/", "RUNDTUR_HOSTS": "Y.example, z.example,",
        "RUNDTUR_SESSION_DAYS": "7", "RUNDTUR_TRUSTED_PROXIES": "1",
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = config.from_environment()
    assert (settings.data, settings.public_url, settings.session_days) == (tmp_path, "https://x.example", 7)
    assert settings.hosts == ("y.example", "z.example")
    assert (settings.is_production, settings.demo, settings.has_https, settings.is_sqlite) == (True, False, True, False)


def test_without_settings_it_is_development_on_sqlite_with_the_demo(monkeypatch):
    for name in list(os.environ):
        if name.startswith("RUNDTUR_"):
            monkeypatch.delenv(name)
    settings = config.from_environment()
    assert (settings.environment, settings.demo, settings.is_sqlite) == ("development", True, True)
    assert settings.url_of_database == f"sqlite:///{ROOT / 'instance' / 'rundtur.sqlite3'}"


def test_behind_a_proxy_the_address_is_the_one_that_it_tells(settings):
    from tests.databases import running as running_app

    with running_app(replace(settings, trusted_proxies=1)) as app:
        body = {"email": "nobody@prov.example", "password": "x"}

        def ask(address):
            return app.test_client().post(
                "/api/session", json=body, headers={"X-Rundtur-Client": "t", "X-Forwarded-For": address}
            ).status_code  # fmt: skip

        assert [ask("192.0.2.1") for _ in range(11)][-1] == 429
        assert ask("192.0.2.2") == 401
        assert json.dumps(body)
