"""The commands of the administrator: flask people …, flask content …, flask demo …"""

from datetime import date
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup

from server.content.packs import PackFault
from server.foundation import clock
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.foundation.errors import Refusal
from server.foundation.texts import t
from server.loading import Loading
from server.people import enlisting, signing_in
from server.people.models import Person

people = AppGroup("people", help="Persons: add, import, deactivate, a one-time code.")
content = AppGroup("content", help="Courses, activities and programmes.")


def register(app: Flask) -> None:
    app.cli.add_command(people)
    app.cli.add_command(content)


def _finish() -> None:
    publish_session(db.session())
    db.session.commit()


@people.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--unit", required=True, help="the slug of the unit")
@click.option("--title", default="")
@click.option("--from", "from_on", default=None, help="first day, 2026-11-23; today if left out")
@click.option("--role", default=None, type=click.Choice(["guide", "author", "coordinator", "manager", "administrator"]))
@click.option("--language", default="sv")
def add(email: str, name: str, unit: str, title: str, from_on: str | None, role: str | None, language: str) -> None:
    """Add a person with a post, and print a one-time code to sign in with."""
    with writing():
        settings = current_app.config["SETTINGS"]
        try:
            found = enlisting.unit_named(db.session(), unit)
            first = date.fromisoformat(from_on) if from_on else clock.today(settings.zone)
        except Refusal as refusal:
            raise click.ClickException(t(f"error.{refusal.code}", to="en", **refusal.values)) from None
        except ValueError:
            raise click.BadParameter("dates are written 2026-11-23") from None
        person = enlisting.enlist(db.session(), email=email, name=name, at=clock.now(), language=language)
        enlisting.employ(
            db.session(), person_id=person.id, unit=found, title=title, shift_pattern="day", from_on=first, to_on=None
        )
        if role:
            enlisting.grant(db.session(), person_id=person.id, role=role, unit=found)
        code, _ = signing_in.issue_code(
            db.session(), person_id=person.id, purpose="password", issued_by=person.id, at=clock.now()
        )
        _finish()
    click.echo(f"{person.email}: one-time code {code} (24 hours, single use)")


@people.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_people(path: Path) -> None:
    """Import persons from a CSV file (docs/people-csv.md)."""
    with writing():
        try:
            found = enlisting.import_csv(db.session(), path=path, at=clock.now())
        except enlisting.ImportFault as fault:
            raise click.ClickException(f"{fault}. Nobody was imported.") from None
        _finish()
    click.echo(f"{len(found)} people")


@people.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """End a person's sessions and sign-in; what they did stays."""
    with writing():
        try:
            person = enlisting.deactivate(db.session(), email=email, at=clock.now())
        except Refusal as refusal:
            raise click.ClickException(t(f"error.{refusal.code}", to="en", **refusal.values)) from None
        _finish()
    click.echo(f"{person.email} is deactivated")


def _load(folder: Path, *, only_publish: bool) -> None:
    settings = current_app.config["SETTINGS"]
    loading = Loading(
        db.session(), data=settings.data, at=clock.now(), zone=settings.zone,
        demo_password=settings.demo_password if settings.demo else None,
    )  # fmt: skip
    with writing():
        try:
            for line in loading.publish(folder) if only_publish else loading.load(folder):
                click.echo(f"  {line}")
        except PackFault as fault:
            raise click.ClickException(f"{fault}. Nothing was published.") from None
        _finish()


@content.command("publish")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def publish(path: Path) -> None:
    """Publish the courses, activities and programmes in or below PATH."""
    _load(path, only_publish=True)


@content.command("load")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--if-empty", is_flag=True, help="only into a database without people")
def load(path: Path, if_empty: bool) -> None:
    """Load a whole folder: organisation, content and departures."""
    if if_empty and db.session.execute(sa.select(Person.id).limit(1)).first():
        return
    db.session.rollback()
    _load(path, only_publish=False)
