"""PostgreSQL's own programs: which is missing, too old, or for another server is said in one sentence."""

import subprocess

import pytest

from server.backup import postgres

DATABASES = ("postgresql",)


def test_a_program_that_is_missing_is_named(run, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres.shutil, "which", lambda _: None)
    code, said = run("backup", "create", "--to", tmp_path)
    assert (code, said.count("\n"), "pg_dump is not installed" in said) == (1, 1, True), said
    assert list(tmp_path.glob("*.tar")) == []


@pytest.mark.parametrize("version", ["9.6.1", "12"])
def test_a_program_that_is_older_than_the_server_is_named(run, tmp_path, monkeypatch, version):
    real = subprocess.run

    def old(command, **how):
        if command[1:] == ["--version"]:
            return subprocess.CompletedProcess(command, 0, f"pg_dump (PostgreSQL) {version}\n", "")
        return real(command, **how)

    monkeypatch.setattr(postgres.subprocess, "run", old)
    code, said = run("backup", "create", "--to", tmp_path)
    assert (code, f"of version {version.split('.')[0]} and the server" in said) == (1, True), said


def test_a_backup_of_a_newer_server_is_refused(run, tmp_path, monkeypatch):
    run("backup", "create", "--to", tmp_path / "x.tar")
    monkeypatch.setattr(postgres.Postgres, "version", lambda _: "11")
    code, said = run("backup", "restore", tmp_path / "x.tar", "--replace")
    assert (code, "restore into a newer one" in said) == (1, True), said


def test_no_password_stands_among_the_arguments_of_a_program(run, tmp_path, monkeypatch, settings):
    """Everybody on the machine can read those."""
    said = []
    real = subprocess.run

    def listen(command, **how):
        said.extend(command)
        return real(command, **how)

    monkeypatch.setattr(postgres.subprocess, "run", listen)
    engine = postgres.sa.create_engine(settings.url_of_database.replace("postgres@", "postgres:hemlig%3A1@"))
    postgres.Postgres(engine).dump(tmp_path / "x.dump")
    engine.dispose()
    assert any("passfile=" in one for one in said)
    assert not any("hemlig" in one for one in said)
