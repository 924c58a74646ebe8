"""flask push …: the keys of Web Push, and whether the push services are reached. flask mail bounced. flask worker."""

import os
import sys

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from config import Settings
from server.foundation import clock, presence
from server.foundation.clock import wire
from server.foundation.database import db, writing
from server.foundation.errors import Refusal
from server.foundation.texts import t

from . import bouncing, reports, services, subscribing, vapid, worker

mail = AppGroup("mail", help="Reminders by mail: what came back.")
push = AppGroup("push", help="Reminders to phones: keys, and whether the push services are reached.")


@click.command("worker")
@with_appcontext
def work() -> None:
    """Do the rounds of reminders and deliver, until a TERM or an INT."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        presence.serve(_settings().data)
    except presence.NotNow as fault:
        raise click.ClickException(str(fault)) from None
    worker.run(app)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


@mail.command("bounced")
def bounced() -> None:
    """Read one message from standard input: where a mail server reports that a reminder came back, that is noted.

    For an alias of your mail server. Whatever it is, it is taken and told in one sentence; only a database that cannot be
    written makes the mail server try again (exit 75).
    """
    raw = sys.stdin.buffer.read(reports.LARGEST + 1)
    try:
        with writing(), db.engine.begin() as connection:
            outcome = bouncing.note(connection, raw, clock.now(), current_app.config["SECRET_KEY"])
    except (sa.exc.OperationalError, Refusal):
        click.echo("The database cannot be written just now: try again.", err=True)
        raise SystemExit(os.EX_TEMPFAIL) from None
    click.echo(bouncing.SAID[outcome])


@push.command("keys")
def keys() -> None:
    """The server's keys, the newest first, and how many phones hang on each."""
    with db.engine.connect() as connection:
        counts = subscribing.by_key(connection)
    for number, key in enumerate(vapid.ring(_settings().data)):
        click.echo(f"{key.id}  {counts.pop(key.id, 0):>6} phones{'' if number else '  (for new ones)'}")
    for lost, count in sorted(counts.items()):
        click.echo(f"{lost}  {count:>6} phones  (its key is lost: they subscribe again when they are next opened)")


@push.command("rotate")
def rotate() -> None:
    """Make a new key. The older ones stay for the phones that were subscribed with them, until those have come by."""
    click.echo(f"{vapid.rotate(_settings().data).id} is the key for new subscriptions")


@push.command("check")
def check() -> None:
    """Is each push service reached from here, and does it take what we send?"""
    found = services.reach(_settings())
    for one in found:
        click.echo(f"{one.service:<10} {one.host:<36} {t(f'push.said.{one.said}', to='en')}")
    with db.engine.connect() as connection:
        for two in services.refusing(connection):
            click.echo(f"{two.host} refused what we sent at {wire(two.refused_at)}: {two.reason}")
    if not all(one.is_reached for one in found):
        raise SystemExit(1)
