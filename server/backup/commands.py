"""flask backup create, flask backup restore."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from config import Settings
from server.foundation import clock
from server.foundation.database import db
from server.foundation.errors import Refusal
from server.foundation.presence import NotNow
from server.foundation.texts import t

from . import creating, restoring
from .archive import BackupFault

backup = AppGroup("backup", help="Keep the database, what was published and the keys; and bring them back.")


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


@backup.command("create")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="a folder, or the name of the file to make")
def create(to: Path) -> None:
    """Make a backup: one file, while the product runs."""
    began = time.monotonic()
    with _in_one_sentence():
        made = creating.create(_settings(), db.engine, to, clock.now())
    took, size = time.monotonic() - began, made.path.stat().st_size
    click.echo(
        f"{made.path}: {len(made.manifest.parts)} parts, {size / 1e6:.1f} MB, in {took:.1f} s; read again, and whole"
    )
    if made.missing:
        click.echo(
            f"{len(made.missing)} published files were not in the data folder, the first {made.missing[0]}:"
            " bring them back from an older backup, or publish again",
            err=True,
        )


@backup.command("restore")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", "replaces", is_flag=True, help="put the database aside that stands there")
@click.option("--sign-out", "signs_out", is_flag=True, help="end every session: after a break-in")
def restore(path: Path, replaces: bool, signs_out: bool) -> None:
    """Bring a backup back, with no server running; phones then tell again what it does not know."""
    began = time.monotonic()
    db.session.remove()
    with _in_one_sentence():
        done = restoring.restore(
            _settings(), db.engine, path, clock.now(), replaces=replaces, signs_out=signs_out
        )  # fmt: skip
    said = f"The backup of {done.manifest.made_at} is restored in {time.monotonic() - began:.1f} s; epoch {done.epoch}"
    click.echo(f"{said}; people erased again: {done.erased}")
    if done.aside:
        click.echo(f"What stood before is kept as {done.aside}: delete it when all is well")


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """What does not go is one sentence to who typed the command."""
    try:
        yield
    except (BackupFault, NotNow) as fault:
        raise click.ClickException(str(fault)) from None
    except Refusal as refusal:
        raise click.ClickException(t(f"error.{refusal.code}", to="en", **refusal.values)) from None
