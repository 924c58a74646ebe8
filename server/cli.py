"""The commands of the administrator: flask people …, flask content …, flask demo …"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from server.activities import departing
from server.backup.commands import backup
from server.content.packs import PackFault
from server.foundation import clock, point_keys
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.foundation.errors import Refusal
from server.foundation.texts import LANGUAGES, t
from server.learning import enrolling
from server.loading import Loading
from server.people import addresses, enlisting, erasures, signing_in
from server.people.models import Person
from server.reminders import commands as reminders
from server.reminders import contacts
from server.reminders.tasks import Tasks
from server.sync import erasing, exchange
from server.sync.forgetting import forget_old
from server.sync.replaying import replay

people = AppGroup("people", help="Persons: add, import, deactivate, erase, protect, enrol.")
departures = AppGroup("departures", help="When activities happen, with guides and rosters.")
sync = AppGroup("sync", help="The exchange with the phones.")
content = AppGroup("content", help="Courses, activities and programmes.")


COMMANDS = (people, content, departures, sync, backup, reminders.push, reminders.mail, reminders.work)


def _finish() -> None:
    publish_session(db.session())
    db.session.commit()
    tasks: Tasks = current_app.extensions["tasks"]
    tasks.nudge()  # a departure that was moved is told at once


@people.command("add")
@click.argument("email")
@click.argument("name")
@click.option("--unit", required=True, help="the slug of the unit")
@click.option("--title", default="")
@click.option("--from", "from_on", default=None, help="first day, 2026-11-23; today if left out")
@click.option("--role", default=None, type=click.Choice(["guide", "author", "coordinator", "manager", "administrator"]))
@click.option("--language", default=LANGUAGES[0], type=click.Choice(LANGUAGES))
def add(email: str, name: str, unit: str, title: str, from_on: str | None, role: str | None, language: str) -> None:
    """Add a person with a post, and print a one-time code to sign in with."""
    value = dict.fromkeys(enlisting.COLUMNS, "") | {"email": email, "name": name.strip(), "title": title}
    fault = enlisting.fault_in(value)
    if fault:
        raise click.BadParameter(fault)
    with writing(), _said_in_english():
        settings = current_app.config["SETTINGS"]
        found = enlisting.unit_named(db.session(), unit)
        first = date.fromisoformat(from_on) if from_on else clock.today(settings.zone)
        with departing.telling_of_names(db.session()):
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
    with writing(), _said_in_english():
        try:
            with departing.telling_of_names(db.session()):
                found, numbers = enlisting.import_csv(db.session(), path=path, at=clock.now())
        except enlisting.ImportFault as fault:
            raise click.ClickException(f"{fault}. Nobody was imported.") from None
        contacts.set_numbers(db.session.connection(), numbers)
        _finish()
    click.echo(f"{len(found)} people")


@people.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Close a person's account, signed in or not; what they did stays."""
    with writing(), _said_in_english():
        person = enlisting.deactivate(db.session(), email=email, at=clock.now())
        _finish()
    click.echo(f"{person.email} is deactivated")


@people.command("erase")
@click.argument("email")
@click.option("--decision", default="", help="the number of the decision, for the audit; no names")
@click.confirmation_option(prompt="Everything of this person is deleted, here and on their phones, for good. Go on?")
def erase_person(email: str, decision: str) -> None:
    """Erase a person: all that they did, wrote and were told. A restored backup erases them again."""
    with writing(), _said_in_english():
        person, at = enlisting.person_with(db.session(), email), clock.now()
        erasing.erase(db.session(), person_id=person.id, at=at, decision=decision[:80])
        db.session.flush()
        _note_erased(person.id, at)
        _finish()
    erasing.leave_no_log(db.engine)
    click.echo(f"{person.id} is erased")


def _note_erased(person_id: str, at: datetime) -> None:
    path = current_app.config["SETTINGS"].path_of_erasures
    try:
        erasures.note(path, person_id, at)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written ({error.strerror}). Nobody was erased.") from None


@people.command("change-address")
@click.argument("email")
@click.argument("new")
def change_address(email: str, new: str) -> None:
    """Change a person's e-mail address: what they sign in with, and where mail goes."""
    with writing(), _said_in_english():
        known = enlisting.person_with(db.session(), email)
        person = addresses.change_address(db.session(), person_id=known.id, to=new, at=clock.now(), actor_id=None)
        contacts.moved(db.session.connection(), person.id, clock.now())
        _finish()
    click.echo(f"{person.email} is the address now")


@people.command("protect")
@click.argument("email")
@click.option("--alias", required=True, help="what everyone else sees instead of the name")
def protect_person(email: str, alias: str) -> None:
    """Show a person by an alias everywhere (skyddade personuppgifter)."""
    fault = enlisting.fault_in(dict.fromkeys(enlisting.COLUMNS, "") | {"email": email, "name": alias.strip()})
    if fault:
        raise click.BadParameter(fault)
    with writing(), _said_in_english():
        person = enlisting.protect(db.session(), email=email, alias=alias.strip(), at=clock.now())
        departing.tell_of_name(db.session(), person_id=person.id)
        _finish()
    click.echo(f"{person.email} is seen as {person.alias}")


@people.command("unprotect")
@click.argument("email")
def unprotect_person(email: str) -> None:
    """Show a person by name again."""
    with writing(), _said_in_english():
        person = enlisting.unprotect(db.session(), email=email, at=clock.now())
        departing.tell_of_name(db.session(), person_id=person.id)
        _finish()
    click.echo(f"{person.email} is seen by name again")


@people.command("enrol")
@click.argument("email")
@click.argument("programme")
@click.option("--from", "from_on", default=None, help="first day, 2026-11-23; today if left out")
def enrol_person(email: str, programme: str, from_on: str | None) -> None:
    """Enrol a person in a programme."""
    today = clock.today(current_app.config["SETTINGS"].zone)
    with writing(), _said_in_english():
        person, found = enlisting.person_with(db.session(), email), enrolling.programme_named(db.session(), programme)
        first = date.fromisoformat(from_on) if from_on else today
        enrolling.enrol(db.session(), person_id=person.id, programme_id=found.id, started_on=first)
        _finish()
    click.echo(f"{person.email} is enrolled in {found.slug}")


@people.command("unenrol")
@click.argument("email")
@click.argument("programme")
def unenrol_person(email: str, programme: str) -> None:
    """End a person's enrolment; what was done stays done."""
    today = clock.today(current_app.config["SETTINGS"].zone)
    with writing(), _said_in_english():
        person, found = enlisting.person_with(db.session(), email), enrolling.programme_named(db.session(), programme)
        enrolling.end_enrolment(db.session(), person_id=person.id, programme_id=found.id, ended_on=today)
        _finish()
    click.echo(f"{person.email} is no longer enrolled in {found.slug}")


@contextmanager
def _said_in_english() -> Iterator[None]:
    """What is refused is one sentence to who typed the command."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(t(f"error.{refusal.code}", to="en", **refusal.values)) from None
    except ValueError:
        raise click.BadParameter("dates are written 2026-11-23") from None


def _run(work: Callable[[Loading], Iterable[str]]) -> None:
    settings = current_app.config["SETTINGS"]
    loading = Loading(
        db.session(), data=settings.data, at=clock.now(), zone=settings.zone,
        demo_password=settings.demo_password if settings.demo else None,
    )  # fmt: skip
    with writing():
        try:
            for line in work(loading):
                click.echo(f"  {line}")
        except PackFault as fault:
            raise click.ClickException(f"{fault}. Nothing was published.") from None
        except Refusal as refusal:
            said = t(f"error.{refusal.code}", to="en", **refusal.values)
            raise click.ClickException(f"{said} Nothing was published.") from None
        _finish()


@content.command("publish")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
def publish(path: Path) -> None:
    """Publish the courses, activities and programmes in or below PATH."""
    _run(lambda loading: loading.publish(path))


@content.command("load")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--if-empty", is_flag=True, help="only into a database without people")
def load(path: Path, if_empty: bool) -> None:
    """Load a whole folder: organisation, content and departures."""
    if if_empty and db.session.execute(sa.select(Person.id).limit(1)).first():
        return
    db.session.rollback()
    _run(lambda loading: loading.load(path))


@departures.command("set")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def set_departures(path: Path) -> None:
    """Set the departures of a YAML file (docs/course-pack.md): again, with the same names, they are changed."""
    _run(lambda loading: loading.departures(path))


@departures.command("cancel")
@click.argument("slug")
def cancel_departure(slug: str) -> None:
    """A departure does not happen; its travellers hear of it."""
    with writing(), _said_in_english():
        departing.cancel(db.session(), slug=slug, at=clock.now())
        _finish()
    click.echo(f"{slug} is cancelled")


@departures.command("forget")
def forget_check_ins() -> None:
    """Delete check-ins that are older than RUNDTUR_CHECK_IN_MONTHS; the worker does it each day."""
    with _said_in_english():
        stops = forget_old(db.engine, clock.now())
    click.echo(f"{stops} check-ins are deleted")


@sync.command("replay")
def replay_deferred() -> None:
    """Apply what was deferred: newer than this server was, or in quarantine after errors."""
    with writing(), _said_in_english(), db.engine.begin() as connection:
        replayed = replay(connection)
    click.echo(f"{replayed.decided} decided, {replayed.waiting} still waiting")


@sync.command("rotate-key")
def rotate_key() -> None:
    """Make a new key that phones seal to. The older ones stay: boxes sealed to them may lie on phones for weeks."""
    click.echo(
        f"{point_keys.rotate(current_app.config['SETTINGS'].data, point_keys.SEALING).id} is the key from now on"
    )


@sync.command("new-epoch")
@click.confirmation_option(prompt="Every phone will send its last fortnight again and fetch everything anew. Go on?")
def begin_epoch() -> None:
    """Begin a new epoch, after the database was restored: phones send again what it may have forgotten."""
    with writing(), _said_in_english(), db.engine.begin() as connection:
        epoch = exchange.new_epoch(connection)
    click.echo(f"the epoch is {epoch} now")
