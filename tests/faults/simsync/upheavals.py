"""What happens at the server and in the municipality while phones are out of sight."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation.changefeed import Touch, audience_stream, person_stream, publish, publish_session
from server.foundation.database import writing
from server.learning import published, publishing, standing
from server.learning.models import Course
from server.people.models import Employment
from server.sync.models import SyncOperation

from . import world
from .network import Network
from .phone import Phone, new_id
from .saying import Tongue
from .server import Server
from .times import DAY, HOUR, at, ms_of

TOP = audience_stream(world.UNITS["kommun"])


class Upheavals(Network):
    """Versions, a move, an old release, a backup that comes back."""

    def __init__(self, seed: int, server: Server, blank: Callable[[], Any], clear: int) -> None:
        super().__init__(seed, ms_of(world.BEGINS), server, clear)
        self.tongue = Tongue(self.rng)
        self.phones: list[Phone] = []
        self._blank = blank
        self._backups: list[tuple[int, Any, dict[str, int]]] = []
        self.oracle.units = {world.person(n): {world.UNITS["kommun"], world.unit_of(n)} for n in range(world.PEOPLE)}

    def in_ledger(self) -> set[str]:
        with self.server.engine.connect() as connection:
            return set(connection.execute(sa.select(SyncOperation.op_id)).scalars())

    def _grow_old(self) -> None:
        """For two days an older server runs."""
        self.fired["old_server"] += 1
        self.server.knows_notes(knows=False)
        self.after(2 * DAY, self._upgrade)

    def _upgrade(self) -> None:
        self.server.knows_notes(knows=True)
        self.server.replay()

    def _publish(self) -> None:
        self.fired["published"] += 1
        self._publish_next(self.rng.choice((world.GRUND, world.OPPEN)))

    def _publish_next(self, course: str) -> None:
        number = self.tongue.newest[course] + 1
        with writing(), self.server.engine.begin() as connection:
            for model, rows in world.version_rows(course, number, at(self.now)):
                connection.execute(sa.insert(model), rows)
            connection.execute(sa.update(Course).where(Course.id == course).values(current_version=number))
            with Session(bind=connection) as session:
                standing.settle_version(session, course)
                publishing._tell_beginners(session, course)
                publish_session(session)
            publish(connection, [Touch(TOP, "catalogue_entry", course)])
        published.forget()
        self.tongue.newest[course] = number

    def _retire(self) -> None:
        """What is done in it goes on to count."""
        self.fired["retired"] += 1
        with writing(), self.server.engine.begin() as connection:
            connection.execute(sa.update(Course).where(Course.id == world.OPPEN).values(retired_at=at(self.now)))
            publish(connection, [Touch(TOP, "catalogue_entry", world.OPPEN, deleted=True)])

    def _move(self) -> None:
        """Somebody's post ends today, and another begins in another unit tomorrow."""
        number = self.rng.randrange(1, world.PEOPLE)
        person_id, today = world.person(number), at(self.now).date()
        unit = self.rng.choice([world.UNITS["vard"], world.UNITS["skola"]])
        self.fired["moved"] += 1
        with writing(), self.server.engine.begin() as connection:
            of = sa.update(Employment).where(Employment.person_id == person_id, Employment.to_on.is_(None))
            connection.execute(of.values(to_on=today))
            post = {
                "id": new_id(self.rng, self.now),
                "person_id": person_id,
                "unit_id": unit,
                "title": "",
                "from_on": today,
            }
            connection.execute(sa.insert(Employment), post)
            publish(connection, [Touch(person_stream(person_id), "self", person_id)])
        self.oracle.units[person_id].add(unit)

    def _back_up(self) -> None:
        copy = self._blank()
        self.server.copy_to(copy)
        self._backups = [*self._backups[-1:], (self.now, copy, dict(self.tongue.newest))]

    def _restore(self) -> None:
        """The database is lost, and comes back as it was half a day ago or longer."""
        old = [one for one in self._backups if self.now - one[0] >= 12 * HOUR]
        _, copy, newest = (old or self._backups)[-1]
        self.fired["restored"] += 1
        before = self.in_ledger()
        self.server.restored(copy)
        here = [store for phone in self.phones for store in phone.stores.values()]
        after = self.in_ledger()
        self.oracle.restored(before, after, here)
        if self.chronicle:
            self.chronicle.forgot(before - after, self.now)
        self._backups = []
        # Authors publish again what was lost: phones have acted on it already.
        for course, number in list(self.tongue.newest.items()):
            self.tongue.newest[course] = newest[course]
            while self.tongue.newest[course] < number:
                self._publish_next(course)
