"""Loading a folder of content: organisation, courses, activities, programmes, departures, in the order they need."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import beforehand
from server.activities.departing import add_guide, book, keep_only, set_departure, telling_of_names
from server.activities.models import Activity, Departure
from server.activities.pack import DeparturePart, DeparturesPack, LocalMoment
from server.activities.publishing import publish_activity
from server.content.packs import PackFault, line_of, read
from server.learning.enrolling import enrol
from server.learning.models import Course, Programme
from server.learning.publishing import publish_course, publish_programme
from server.people import enlisting
from server.people.models import Unit
from server.people.pack import OrganisationPack, PersonPart
from server.reminders.rules import settings_of, start_rule


class Loading:
    """One folder into one database. Everything may be loaded again: unchanged things stay as they are."""

    def __init__(self, session: Session, *, data: Path, at: datetime, zone: str, demo_password: str | None) -> None:
        self.session, self.data, self.at = session, data, at
        self.zone = ZoneInfo(zone)
        self.today = at.astimezone(self.zone).date()
        self._demo_password = demo_password

    def load(self, folder: Path) -> Iterator[str]:
        """All of the folder is published. Yields a line a thing; raises PackFault."""
        organisation = folder / "organisation.yaml"
        pack = read(organisation, OrganisationPack) if organisation.exists() else None
        if pack:
            for at, unit in enumerate(pack.units):
                within = self._unit(unit.within, organisation, "units", at, "within").slug if unit.within else None
                enlisting.set_unit(self.session, slug=unit.unit, name=unit.name, within=within)
        yield from self.publish(folder)
        if pack:
            with telling_of_names(self.session):
                people = [self._person(one, organisation, at) for at, one in enumerate(pack.people)]
            for at, one in enumerate(pack.people):
                self._done(people[at], one, organisation, at)
            yield f"{len(pack.units)} units, {len(people)} people"
        if (folder / "departures.yaml").exists():
            yield from self.departures(folder / "departures.yaml")
        if self._demo_password is not None:
            yield from self._start_rules()

    def _start_rules(self) -> Iterator[str]:
        """The demo reminds from its first day on; an organisation of its own decides when, after a dry run."""
        waiting = [key for key, rule in settings_of(self.session.connection()).items() if rule.starts_on is None]
        for key in waiting:
            start_rule(self.session, key=key, starts_on=self.today, at=self.at)
        if waiting:
            yield f"{len(waiting)} rules remind from {self.today} on"

    def publish(self, folder: Path) -> Iterator[str]:
        """The courses, activities and programmes in or below the folder are published."""
        for source in sorted(folder.rglob("course.yaml")):
            done = publish_course(self.session, source=source, data=self.data, at=self.at)
            news = f"version {done.version}, media {done.bytes / 1000:,.0f} kB" if done.is_new else "unchanged"
            yield f"course {done.slug}: {news}"
        for source in sorted(folder.rglob("activity.yaml")):
            activity, is_new = publish_activity(self.session, source=source, data=self.data, at=self.at)
            yield f"activity {activity.slug}: {f'version {activity.version}' if is_new else 'unchanged'}"
        programmes = sorted((folder / "programmes").glob("*.yaml"))
        if not programmes and not any(any(folder.rglob(name)) for name in ("course.yaml", "activity.yaml")):
            raise PackFault(
                folder, None, "there is no course.yaml, activity.yaml or programmes/ in it; name another folder"
            )
        ids = dict(self.session.execute(sa.select(Activity.slug, Activity.id)).tuples().all())
        for source in programmes:
            programme = publish_programme(self.session, source=source, activities=ids)
            yield f"programme {programme.slug}"

    def departures(self, source: Path) -> Iterator[str]:
        """The departures of the file are set, with guides and roster."""
        for index, part in enumerate(read(source, DeparturesPack).departures):
            activity = self.session.scalars(sa.select(Activity).where(Activity.slug == part.activity)).one_or_none()
            if activity is None:
                line = line_of(source, "departures", index, "activity")
                raise PackFault(source, line, f"“{part.activity}” is not published; publish it first")
            starts_at, ends_at = self._moment(part.starts_at), self._moment(part.ends_at)
            if ends_at <= starts_at:
                line = line_of(source, "departures", index, "ends_at")
                raise PackFault(source, line, "the departure ends before it starts; correct one of the two")
            departure = set_departure(
                self.session, slug=part.departure, activity_id=activity.id, starts_at=starts_at,
                ends_at=ends_at, meeting_place=part.meeting_place, seats=part.seats,
                at=self.at,
            )  # fmt: skip
            guides = self._all_named(part.guides, source, "departures", index, "guides")
            roster = self._all_named(part.roster, source, "departures", index, "roster")
            for guide in guides:
                add_guide(self.session, departure_id=departure.id, person_id=guide)
            for person in roster:
                book(self.session, departure_id=departure.id, person_id=person, at=self.at)
            self.session.flush()
            keep_only(self.session, departure_id=departure.id, guides=set(guides), roster=set(roster), at=self.at)
            if part.checked_in:
                self._checked_in(departure, dict(zip(part.roster, roster, strict=True)), part, source, index)
            yield f"departure {part.departure}: {len(part.roster)} on the roster"

    def _all_named(self, emails: list[str], source: Path, *where: str | int) -> list[str]:
        return [self._named(email, source, *where, at) for at, email in enumerate(emails)]

    def _named(self, email: str, source: Path, *where: str | int) -> str:
        try:
            return enlisting.person_with(self.session, email).id
        except enlisting.UnknownPerson:
            raise PackFault(
                source, line_of(source, *where), f"nobody has the address {email}; add the person first"
            ) from None

    def _unit(self, slug: str, source: Path, *where: str | int) -> Unit:
        try:
            return enlisting.unit_named(self.session, slug)
        except enlisting.UnknownUnit:
            remedy = f"there is no unit “{slug}”; name one that stands among the units, above those within it"
            raise PackFault(source, line_of(source, *where), remedy) from None

    def _person(self, part: PersonPart, source: Path, index: int) -> str:
        person = enlisting.enlist(
            self.session, email=part.email, name=part.name, at=self.at, language=part.language,
            password=self._demo_password if part.demo else None, alias=part.protected_alias, is_demo=part.demo,
        )  # fmt: skip
        where = ("people", index)
        for at, post in enumerate(part.employments):
            enlisting.employ(
                self.session, person_id=person.id, unit=self._unit(post.unit, source, *where, "employments", at, "unit"),
                title=post.title, shift_pattern=post.shift_pattern, from_on=self._day(post.from_on),
                to_on=None if post.to_on is None else self._day(post.to_on),
            )  # fmt: skip
        for at, role in enumerate(part.roles):
            unit = self._unit(role.unit, source, *where, "roles", at, "unit")
            enlisting.grant(self.session, person_id=person.id, role=role.role, unit=unit)
        for at, one in enumerate(part.enrolled):
            programme = self.session.scalars(sa.select(Programme).where(Programme.slug == one.programme)).one_or_none()
            if programme is None:
                line = line_of(source, *where, "enrolled", at, "programme")
                raise PackFault(source, line, f"there is no programme “{one.programme}”; publish it first")
            enrol(self.session, person_id=person.id, programme_id=programme.id, started_on=self._day(one.started_on))
        return person.id

    def _done(self, person_id: str, part: PersonPart, source: Path, index: int) -> None:
        for at, one in enumerate(part.done):
            where = ("people", index, "done", at, "course")
            course = self.session.scalars(sa.select(Course).where(Course.slug == one.course)).one_or_none()
            if course is None:
                raise PackFault(source, line_of(source, *where), f"there is no course “{one.course}”; publish it first")
            done_on = None if one.done_on is None else self._day(one.done_on)
            studied = beforehand.Studied(person_id, course, self._day(one.begun_on), done_on, one.steps)
            try:
                beforehand.study(self.session, studied, at=self.at, zone=self.zone)
            except beforehand.Impossible as error:
                raise PackFault(source, line_of(source, *where), str(error)) from None

    def _checked_in(
        self, departure: Departure, roster: dict[str, str], part: DeparturePart, source: Path, index: int
    ) -> None:
        where = ("departures", index, "checked_in")
        for email in part.checked_in:
            if email not in roster:
                line = line_of(source, *where, email)
                raise PackFault(source, line, f"{email} is not on the roster; add the address there, or correct it")
        stops_of = {roster[email]: stops for email, stops in part.checked_in.items()}
        try:
            beforehand.attend(self.session, departure, stops_of, at=self.at)
        except beforehand.Impossible as error:
            raise PackFault(source, line_of(source, *where), str(error)) from None

    def _day(self, day: date | int) -> date:
        return self.today + timedelta(days=day) if isinstance(day, int) else day

    def _moment(self, moment: LocalMoment | str) -> datetime:
        if isinstance(moment, str):
            return datetime.fromisoformat(moment).astimezone(UTC)
        wall = datetime.combine(self.today + timedelta(days=moment.days), time.fromisoformat(moment.at), self.zone)
        return wall.astimezone(UTC)
