"""Loading a folder of content: organisation, courses, activities, programmes, departures, in the order they need."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.activities.departing import add_guide, book, set_departure
from server.activities.models import Activity
from server.activities.pack import DeparturesPack, LocalMoment
from server.activities.publishing import publish_activity
from server.content.packs import PackFault, line_of, read
from server.learning.enrolling import enrol
from server.learning.models import Programme
from server.learning.publishing import publish_course, publish_programme
from server.people import enlisting
from server.people.pack import OrganisationPack, PersonPart


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
            for unit in pack.units:
                enlisting.set_unit(self.session, slug=unit.unit, name=unit.name, within=unit.within)
        yield from self.publish(folder)
        if pack:
            people = [self._person(one) for one in pack.people]
            yield f"{len(pack.units)} units, {len(people)} people"
        if (folder / "departures.yaml").exists():
            yield from self.departures(folder / "departures.yaml")

    def publish(self, folder: Path) -> Iterator[str]:
        """The courses, activities and programmes in or below the folder are published."""
        for source in sorted(folder.rglob("course.yaml")):
            done = publish_course(self.session, source=source, data=self.data, at=self.at)
            news = f"version {done.version}, media {done.bytes / 1000:,.0f} kB" if done.is_new else "unchanged"
            yield f"course {done.slug}: {news}"
        for source in sorted(folder.rglob("activity.yaml")):
            activity, is_new = publish_activity(self.session, source=source, data=self.data, at=self.at)
            yield f"activity {activity.slug}: {f'version {activity.version}' if is_new else 'unchanged'}"
        ids = {slug: id_ for slug, id_ in self.session.execute(sa.select(Activity.slug, Activity.id))}
        for source in sorted((folder / "programmes").glob("*.yaml")):
            programme = publish_programme(self.session, source=source, activities=ids)
            yield f"programme {programme.slug}"

    def departures(self, source: Path) -> Iterator[str]:
        """The departures of the file are set, with guides and roster."""
        for index, part in enumerate(read(source, DeparturesPack).departures):
            activity = self.session.scalars(sa.select(Activity).where(Activity.slug == part.activity)).one_or_none()
            if activity is None:
                line = line_of(source, "departures", index, "activity")
                raise PackFault(source, line, f"“{part.activity}” is not published; publish it first")
            departure = set_departure(
                self.session, slug=part.departure, activity_id=activity.id, starts_at=self._moment(part.starts_at),
                ends_at=self._moment(part.ends_at), meeting_place=part.meeting_place, seats=part.seats,
            )  # fmt: skip
            for email in part.guides:
                guide = enlisting.person_with(self.session, email)
                add_guide(self.session, departure_id=departure.id, person_id=guide.id)
            for email in part.roster:
                person = enlisting.person_with(self.session, email)
                book(self.session, departure_id=departure.id, person_id=person.id, at=self.at)
            yield f"departure {part.departure}: {len(part.roster)} on the roster"

    def _person(self, part: PersonPart) -> str:
        person = enlisting.enlist(
            self.session, email=part.email, name=part.name, at=self.at, language=part.language,
            password=self._demo_password if part.demo else None, alias=part.protected_alias, is_demo=part.demo,
        )  # fmt: skip
        for post in part.employments:
            enlisting.employ(
                self.session, person_id=person.id, unit=enlisting.unit_named(self.session, post.unit),
                title=post.title, shift_pattern=post.shift_pattern, from_on=self._day(post.from_on),
                to_on=None if post.to_on is None else self._day(post.to_on),
            )  # fmt: skip
        for role in part.roles:
            unit = enlisting.unit_named(self.session, role.unit)
            enlisting.grant(self.session, person_id=person.id, role=role.role, unit=unit)
        for one in part.enrolled:
            programme = self.session.scalars(sa.select(Programme).where(Programme.slug == one.programme)).one()
            enrol(self.session, person_id=person.id, programme_id=programme.id, started_on=self._day(one.started_on))
        return person.id

    def _day(self, day: date | int) -> date:
        return self.today + timedelta(days=day) if isinstance(day, int) else day

    def _moment(self, moment: LocalMoment | str) -> datetime:
        if isinstance(moment, str):
            return datetime.fromisoformat(moment).astimezone(UTC)
        wall = datetime.combine(self.today + timedelta(days=moment.days), time.fromisoformat(moment.at), self.zone)
        return wall.astimezone(UTC)
