"""The drill: a backup of yesterday, fifty phones, and three people who have been erased since."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.activities import departing
from server.activities.models import CheckIn, Evidence
from server.foundation.changefeed import publish_session
from server.foundation.database import Base, db, writing
from server.learning import enrolling
from server.learning.models import Attempt, CourseEnrolment, ItemCompletion, Note, StepCompletion
from server.people import enlisting
from server.sync.models import SyncOperation
from tests.cast import Actor, Phone
from tests.habits.test_erasing import KEPT, person_columns

PHONES, ERASED = 50, (7, 21, 42)
NEW = 49
"""the number of who signs in only after the backup"""
FACTS = (
    sa.select(StepCompletion.__table__), sa.select(CheckIn.__table__), sa.select(Note.__table__),
    sa.select(ItemCompletion.__table__), sa.select(CourseEnrolment.__table__), sa.select(Evidence.__table__),
    sa.select(Attempt.op_id, Attempt.person_id, Attempt.attempted_at, Attempt.passed, Attempt.answers),
    sa.select(
        SyncOperation.op_id, SyncOperation.person_id, SyncOperation.device_id, SyncOperation.seq, SyncOperation.hash,
        SyncOperation.status, SyncOperation.code, SyncOperation.effective_at,
    ),
)  # fmt: skip


class RingingPhone(Phone):
    """Keeps what was acknowledged for fourteen days, and sends it again to a database of another epoch."""

    def __init__(self, actor):
        super().__init__(actor)
        self.ring = []

    def tell(self, at, *statements):
        operations = [self.op(one, at=at, heard=at - timedelta(minutes=5)) for one in statements]
        assert set(self.sync(*operations).said) == {"applied"}
        self.ring += operations

    def told(self):
        """How many check-ins, attempts and notes it was told were taken."""
        kinds = [one["kind"] for one in self.ring]
        return [kinds.count(kind) for kind in ("checked_in", "quiz_attempted", "note_kept")]

    def shown(self):
        """How many the server says there are."""
        return [len(self.rows(entity, "person:")) for entity in ("check_in", "attempt", "note")]

    def ring_again(self, chance):
        """In another order, cut elsewhere, and some of it twice."""
        operations = [*self.ring, *chance.sample(self.ring, 2)]
        chance.shuffle(operations)
        cut = chance.randint(1, len(operations))
        for part in (operations[:cut], operations[cut:]):
            if part:
                assert set(self.sync(*part).said) == {"applied"}


@pytest.fixture
def phones(app, world, clock):
    """Fifty people with a seat on today's tour, each with a phone."""
    names = [f"person{number}" for number in range(PHONES)]
    session = db.session()
    with writing():
        unit = enlisting.unit_named(session, "omsorg")
        for name in names:
            person = enlisting.enlist(session, email=f"{name}@prov.example", name=f"Kanarie {name}", at=clock.now)
            enlisting.employ(
                session, person_id=person.id, unit=unit, title="", shift_pattern="day",
                from_on=clock.now.date() - timedelta(days=30), to_on=None,
            )  # fmt: skip
            enrolling.enrol(
                session, person_id=person.id, programme_id=world.programmes["ny-har"], started_on=clock.now.date()
            )
            departing.book(session, departure_id=world.departures["rundan-i-dag"], person_id=person.id, at=clock.now)
            world.people[name] = person.id
        publish_session(session)
        session.commit()
    return [Actor(app, world, name) for name in names]


def facts():
    with db.engine.connect() as connection:
        return [sorted(map(repr, connection.execute(select))) for select in FACTS]


def without(found, people):
    return [[row for row in rows if not any(person in row for person in people)] for rows in found]


def traces(person_id):
    """Where the database still names the person, but for what is kept with a reason."""
    with db.engine.connect() as connection:
        return {
            (table, column): count
            for table, column in person_columns() - set(KEPT)
            if (
                count := connection.execute(
                    sa.select(sa.func.count()).where(Base.metadata.tables[table].c[column] == person_id)
                ).scalar_one()
            )
        }


def live_through(phones, world, clock, keep):
    """Thirteen days: a tour, a course on the twelfth, the backup, and the day that it knows nothing of. Returns the phones."""
    tour = clock.now
    told = [RingingPhone(actor) for number, actor in enumerate(phones) if number != NEW]
    for phone in told:
        phone.tell(clock.now, world.done("tvatta"), world.by_code("torget"))
    clock.move(days=12)
    for phone in told:
        phone.tell(clock.now, world.practised(), world.done("film"))
    keep()
    clock.move(hours=12)
    told.append(RingingPhone(phones[NEW]))
    for number, phone in enumerate(told):
        phone.tell(clock.now, world.passed(), world.noted(f"Kanarie {number}"))
        phone.tell(tour + timedelta(minutes=40), world.by_place("kyrkan"))
    return told


def test_after_a_restore_phones_bring_back_all_that_was_taken_and_nobody_who_was_erased(
    run, phones, world, clock, tmp_path
):
    backup, chance = tmp_path / "backup.tar", random.Random(18)
    told = live_through(phones, world, clock, lambda: run("backup", "create", "--to", backup))
    gone, rest = [told[number] for number in ERASED], [phone for at, phone in enumerate(told) if at not in ERASED]
    for phone in gone:
        assert run("people", "erase", phone.actor.email, "--yes")[0] == 0
    before, epoch = facts(), told[0].epoch
    clock.move(hours=12)

    code, said = run("backup", "restore", backup, "--replace")
    assert (code, f"people erased again: {len(ERASED)}\n" in said) == (0, True), said
    assert len(facts()[-1]) == (PHONES - 1 - len(ERASED)) * 4, "the backup knows nothing of the last day"
    for phone in gone:
        answer = phone.send(*phone.ring)
        assert (answer.status, answer.code) == (410, "erased")
    assert told[NEW].send(*told[NEW].ring).status == 401
    told[NEW].actor.forget_session()  # the session was younger than the backup: its person signs in again
    chance.shuffle(rest)
    for phone in rest:
        phone.ring_again(chance)
        phone.pull()
    assert facts() == before, "all of it, each once"
    assert facts() == without(before, [phone.actor.person_id for phone in gone]), "nothing of who was erased"
    assert [traces(phone.actor.person_id) for phone in gone] == [{}] * len(gone)
    assert {phone.epoch for phone in rest}.isdisjoint({epoch})
    assert [phone.shown() for phone in rest] == [phone.told() for phone in rest]
