"""A backup is one whole file that nobody else reads; bringing it back loses nothing that stood there."""

import hashlib
import io
import json
import os
import shutil
import stat
import tarfile
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask_migrate import check, downgrade, upgrade

from config import ROOT
from server.backup import archive, creating, restoring
from server.backup.archive import BackupFault
from server.foundation import clock, presence
from server.foundation.database import db
from server.learning.models import Note, StepCompletion
from server.people import signing_in
from server.people.models import Person, Session, SignInCode
from server.reminders import vapid
from server.sync import exchange
from tests.databases import running
from tests.reminders.making import do


@pytest.fixture
def backup(run, ada, world, tmp_path):
    """A backup in which Ada has done one step."""
    ada.sync(world.done("tvatta"))
    folder = tmp_path / "backups"
    folder.mkdir()
    code, said = run("backup", "create", "--to", folder)
    assert code == 0, said
    (path,) = folder.iterdir()
    return path


def manifest_of(path):
    with tarfile.open(path) as tar:
        return json.load(tar.extractfile("manifest.json"))


def test_a_backup_is_one_file_of_its_own_user_that_says_what_it_is(run, settings, tmp_path, database_kind):
    vapid.ring(settings.data)
    code, said = run("backup", "create", "--to", tmp_path)
    path = tmp_path / "rundtur-20261124-080000Z.tar"
    parts = manifest_of(path)["parts"]
    assert (code, f"{path}: {len(parts)} parts, " in said, "read again, and whole" in said) == (0, True, True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name != "data"] == [path.name], "nothing is left beside it"
    about = manifest_of(path)
    with db.engine.connect() as connection:
        assert about["epoch"] == exchange.epoch_of(connection)
    assert (about["format"], about["database"], about["made_at"]) == (1, database_kind, "2026-11-24T08:00:00.000Z")
    assert about["migration"] == (ROOT / "migrations" / "HEAD").read_text("ascii").strip()
    names = {one["name"] for one in parts}
    assert {archive.DATABASES[database_kind], "keys/push-1.key"} < names
    assert {f"content/{one.name}" for one in (settings.data / "content").iterdir()} < names
    assert {f"media/{one.name}" for one in (settings.data / "media").iterdir()} < names


def test_a_backup_is_of_one_moment_while_phones_go_on_writing(run, ada, bruno, world, tmp_path, settings):
    """Each push is two rows; no backup ever holds one of them alone."""
    stop, phone = threading.Event(), ada.phone()

    def write():
        while not stop.is_set():
            phone.sync(world.noted("x"), world.done("tvatta"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [creating.create(settings, db.engine, tmp_path / f"{at}.tar", at=clock.now()) for at in range(3)]
    finally:
        stop.set()
        writer.join()
    for one in made:
        assert archive.read(one.path) == one.manifest
    run("backup", "restore", made[-1].path, "--replace")
    with db.engine.connect() as connection:
        counted = [
            connection.execute(sa.text(f"SELECT count(*) FROM sync_operation WHERE kind = '{kind}'")).scalar_one()
            for kind in ("note_kept", "step_completed")
        ]
    assert counted[0] == counted[1]


def test_what_stood_there_is_kept_aside_and_what_was_kept_stands(
    run, backup, ada, world, count, database_kind, settings
):
    ada.sync(world.noted("senare"))
    code, said = run("backup", "restore", backup)
    assert (code, "holds 6 people" in said, "--replace" in said) == (1, True, True)
    assert count(sa.select(Note)) == 1
    with db.engine.connect() as connection:
        before = exchange.epoch_of(connection)
    code, said = run("backup", "restore", backup, "--replace")
    assert (code, "before" in said) == (0, True), said
    assert (count(sa.select(Note)), count(sa.select(StepCompletion))) == (0, 1)
    with db.engine.connect() as connection:
        assert exchange.epoch_of(connection) != before
    assert not (settings.data / presence.UNFINISHED).exists()
    if database_kind == "sqlite":
        assert len(list(settings.data.glob("rundtur-before-*.sqlite3"))) == 1


def test_a_backup_comes_back_on_a_machine_that_has_nothing(backup, store, tmp_path, settings, ada):
    """The content, the media and the keys too: what phones were subscribed with is what they are written to with."""
    empty = replace(store.empty(tmp_path / "new"), secret_key=settings.secret_key)
    with running(empty) as app:
        done = app.test_cli_runner().invoke(args=["backup", "restore", str(backup)])
        assert done.exit_code == 0, done.output
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 6
        client = app.test_client()
        client.set_cookie("sid", ada.client.get_cookie("sid").value)
        assert client.get("/api/session").get_json()["name"] == "Ada Lärare"
    for folder in ("content", "media"):
        assert same(settings.data / folder, empty.data / folder)
    for key in settings.data.glob("*.key"):
        assert (empty.data / key.name).read_bytes() == key.read_bytes()
        assert stat.S_IMODE((empty.data / key.name).stat().st_mode) == 0o600
    store.drop(empty)


def same(one, other):
    return {path.name: path.read_bytes() for path in one.iterdir()} == {
        path.name: path.read_bytes() for path in other.iterdir()
    }


def test_a_code_that_was_used_since_opens_nothing_and_sessions_stay_unless_they_are_ended(
    run, backup, ada, tmp_path, count
):
    ada.get("/api/session")
    do(signing_in.issue_code, person_id=ada.person_id, purpose="password", issued_by=ada.person_id, at=clock.now())
    run("backup", "create", "--to", tmp_path / "two.tar")
    assert run("backup", "restore", tmp_path / "two.tar", "--replace")[0] == 0
    assert count(sa.select(SignInCode)) == 0
    assert ada.get("/api/session").status_code == 200
    clear(tmp_path)
    assert run("backup", "restore", tmp_path / "two.tar", "--replace", "--sign-out")[0] == 0
    assert (count(sa.select(Session)), ada.get("/api/session").status_code) == (0, 401)


def clear(tmp_path):
    """What the first restore put aside makes room for the second one's of the same second."""
    for path in (tmp_path / "data").glob("*before*"):
        path.unlink()
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            for name in connection.exec_driver_sql(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before%%'"
            ).scalars():
                connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")


def test_nothing_is_restored_under_a_running_server(run, backup, settings):
    held = presence.serve(settings.data)
    code, said = run("backup", "restore", backup, "--replace")
    assert (code, "stop it first" in said, said.count("\n")) == (1, True, 1)
    os.close(held)
    others = sa.create_engine(settings.url_of_database, module=db.engine.dialect.dbapi)
    with others.connect() as connection:  # a program that is no server of ours
        connection.execute(sa.text("SELECT 1 FROM person")).all()
        code, said = run("backup", "restore", backup, "--replace")
        assert (code, "stop" in said) == (1, True)
    others.dispose()
    assert run("backup", "restore", backup, "--replace")[0] == 0


def test_no_server_starts_while_a_restore_is_under_way_nor_after_one_that_was_killed(settings):
    with presence.alone(settings.data), pytest.raises(presence.NotNow, match="wait"):
        presence.serve(settings.data)
    (settings.data / presence.UNFINISHED).touch()
    with pytest.raises(presence.NotNow, match="run it again"):
        presence.serve(settings.data)


def test_where_a_restore_fails_in_the_middle_what_stood_stands(run, backup, ada, world, count, monkeypatch, settings):
    ada.sync(world.noted("kvar"))

    def fail(*_, **__):
        raise RuntimeError("in the middle")

    with monkeypatch.context() as broken:
        broken.setattr(restoring.exchange, "new_epoch", fail)
        with pytest.raises(RuntimeError):
            run("backup", "restore", backup, "--replace")
    assert count(sa.select(Note)) == 1
    assert ada.sync(world.done("film")).said == ["applied"]
    os.close(presence.serve(settings.data))


def damaged(path, target, change):
    body = bytearray(path.read_bytes())
    change(body)
    target.write_bytes(body)
    return target


CHANGES = {
    "a bit that flipped": lambda body: body.__setitem__(len(body) // 2, body[len(body) // 2] ^ 1),
    "the end is missing": lambda body: body.__delitem__(slice(len(body) // 2, None)),
    "no tar": lambda body: body.__setitem__(slice(0, 512), b"x" * 512),
    "empty": lambda body: body.clear(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_touched(run, backup, tmp_path, change, count):
    code, said = run("backup", "restore", damaged(backup, tmp_path / "x.tar", change), "--replace")
    assert (code, said.count("\n"), "Traceback" in said) == (1, 1, False), said
    assert count(sa.select(StepCompletion)) == 1


def test_a_disk_that_does_not_keep_what_was_written_gets_no_backup(run, tmp_path, monkeypatch):
    def spoil(file):
        if stat.S_ISREG(os.fstat(file).st_mode) and os.fstat(file).st_size > 20_000:
            os.pwrite(file, b"!", 10_000)

    with monkeypatch.context() as broken:
        broken.setattr(archive.os, "fsync", spoil)
        code, said = run("backup", "create", "--to", tmp_path)
    assert (code, "damaged" in said) == (1, True), said
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


def test_a_backup_of_an_older_product_is_migrated(run, tmp_path, ada, count):
    downgrade(revision="-1")
    assert run("backup", "create", "--to", tmp_path / "old.tar")[0] == 0
    upgrade()
    assert run("backup", "restore", tmp_path / "old.tar", "--replace")[0] == 0
    check()
    assert ada.get("/api/session").status_code == 200


def test_nothing_is_ever_unpacked_outside_of_its_folder(tmp_path):
    path = tmp_path / "x.tar"
    (tmp_path / "y").write_text("x")
    assert archive.is_ours("keys/secret.key")
    for name in ("../y", "/etc/y", "content/../../y", "keys/../y.key", "x"):
        body = (tmp_path / "y").read_bytes()
        part = {"name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        told = dict.fromkeys(("product", "made_at", "database", "database_version", "migration", "epoch"), "")
        (tmp_path / "m").write_text(json.dumps({"format": 1, **told, "parts": [part]}))
        with tarfile.open(path, "w") as tar:
            tar.add(tmp_path / "y", name)
            tar.add(tmp_path / "m", "manifest.json")
        with pytest.raises(BackupFault):
            archive.read(path)


def test_a_backup_of_another_kind_or_a_newer_product_is_refused_in_a_sentence(run, backup, tmp_path):
    for field, value, said_of_it in (
        ("database", "other", "RUNDTUR_DATABASE_URL"), ("migration", "9999", "newer version"), ("format", 2, "newer version"),
    ):  # fmt: skip
        path = rewritten(backup, tmp_path / f"{field}.tar", {field: value})
        code, said = run("backup", "restore", path, "--replace")
        assert (code, said_of_it in said) == (1, True), said


def rewritten(path, target, change):
    with tarfile.open(path) as old, tarfile.open(target, "w") as new:
        for head in old:
            body = old.extractfile(head).read()
            if head.name == "manifest.json":
                body = json.dumps(json.loads(body) | change).encode()
                head.size = len(body)
            new.addfile(head, io.BytesIO(body))
    return target


@pytest.mark.parametrize("to", ["nowhere/x.tar", "data/content", "data/media/x.tar", ROOT / "static", "there.tar"])
def test_a_place_that_takes_no_backup_is_named(run, settings, tmp_path, to):
    (tmp_path / "there.tar").touch()
    code, said = run("backup", "create", "--to", tmp_path / to)
    assert (code, said.count("\n")) == (1, 1), said
    assert (tmp_path / "there.tar").stat().st_size == 0


def test_a_disk_without_room_is_said_before_anything_is_written(run, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(creating.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
    code, said = run("backup", "create", "--to", tmp_path)
    assert (code, "1 MB free" in said) == (1, True)


def test_a_published_file_that_is_lost_is_named_and_the_rest_is_kept(run, settings, tmp_path):
    lost = next((settings.data / "media").iterdir())
    lost.unlink()
    code, said = run("backup", "create", "--to", tmp_path)
    assert (code, lost.name in said) == (0, True)
    assert list(tmp_path.glob("*.tar"))


def test_a_folder_that_is_not_ours_is_one_sentence(run, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(creating.tempfile, "TemporaryDirectory", refuse)
    code, said = run("backup", "create", "--to", tmp_path)
    assert (code, "Permission denied" in said, said.count("\n")) == (1, True, 1)
