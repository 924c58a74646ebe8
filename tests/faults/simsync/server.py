"""The server's side: the real deeds over a database in memory, as /api/sync calls them, with a canary and a place to die.

The canary is an effect that is not idempotent on purpose: a row each time an operation takes effect, in the same transaction
as the effect. Merges that bear repetition would hide that something was done twice; it does not.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from server.foundation import clock
from server.foundation.changefeed import publish_session
from server.foundation.database import Base, engine_options, prepare_engine, writing
from server.learning import published
from server.people import devices
from server.people.devices import Erased
from server.people.models import Person
from server.protocol.sync import SyncEnvelope
from server.sync import cursor as cursors
from server.sync import erasing, exchange, feed, ledger, receive, replaying, understanding
from server.sync.gather import Gathering, _Waiting
from server.sync.models import SyncOperation
from server.sync.receive import Answer, Push
from server.sync.understanding import understand

from . import world

SECRET = b"of the simulation"
ZONE, CHECK_IN_MONTHS = "Europe/Stockholm", 24
MOMENTS = ("before", "between", "last", "after")
"""at which the server dies: nothing done; effects done, not in the ledger; all done, not committed; committed, not told"""
RULES_FAIL = "the rule has a defect"


class Crash(BaseException):
    """The process is gone."""


class Defect(Exception):
    """A rule that fails for one operation."""


@dataclass(slots=True)
class Reply:
    """As it comes over the wire; status 0: nothing came."""

    status: int
    body: bytes = b""
    code: str | None = None
    retry_after_s: int | None = None


@dataclass(slots=True, eq=False)
class Request:
    """As it leaves a phone."""

    body: bytes
    session: str
    """who is signed in there"""
    device_id: str
    registers: bool
    numbered_after: int
    sent_ms: int
    """in true time"""
    wall_ms: int
    """by the phone's clock"""
    op_ids: list[str]
    tampered: str | None = None
    """the operation of it that somebody has changed on the way, or that is somebody else's"""
    dies: str | None = None
    was_admitted: bool = False
    """its session was read some time ago"""
    first: dict[str, int] = field(default_factory=dict)


class Door(Gathering):
    """Pushes that come together share a transaction, as in gather.py; here nobody waits in threads."""

    def together(self, pushes: Sequence[Push]) -> list[Answer | BaseException]:
        group = [_Waiting(push) for push in pushes]
        self._settle(group)
        return [one.error or one.answer for one in group]  # type: ignore[misc]


CANARY = sa.Table("canary", sa.MetaData(), sa.Column("op_id", sa.String(36)))
_SING = sa.insert(CANARY)


class Server:
    """One process over one database."""

    def __init__(self, writers_place: Path) -> None:
        options = {
            name: value
            for name, value in engine_options("sqlite://", ZONE, CHECK_IN_MONTHS).items()
            if "pool" not in name
        }
        options = {name: value for name, value in options.items() if name != "max_overflow"}
        self.engine = sa.create_engine("sqlite://", poolclass=StaticPool, **options)
        prepare_engine(self.engine, writers_place)
        self.door = Door(lambda pushes: exchange.push_all(self.engine, pushes))
        self.forget()

    def forget(self) -> None:
        """It has failed in no way yet."""
        self.epochs = 0
        self.dies: str | None = None
        self.defective: set[str] = set()
        self.erased: list[str] = []
        """the list outside of the database"""
        self.failures = 0
        self._versions = dict(understanding.VERSIONS)

    def fill(self) -> None:
        with writing(), self.engine.begin() as connection:
            Base.metadata.create_all(connection)
            CANARY.create(connection)
            exchange.new_epoch(connection)
            world.fill(connection)

    @property
    def raw(self) -> Any:
        """SQLite's own connection."""
        with self.engine.connect() as connection:
            return connection.connection.dbapi_connection

    def copy_to(self, other: Any) -> None:
        self.raw.backup(other)

    def copy_from(self, other: Any) -> None:
        other.backup(self.raw)
        published.forget()

    @contextmanager
    def seams(self, page: int) -> Iterator[None]:
        """The product's code with the canary in its rules, and this server's ways to fail."""
        apply, write = receive.apply, ledger.write
        with (
            patch.object(receive, "apply", lambda c, received: self._sing(c, received, apply)),
            patch.object(replaying, "apply", lambda c, received: self._sing(c, received, apply)),
            patch.object(ledger, "write", lambda c, rows: self._die_around(c, rows, write)),
            patch.object(understanding, "VERSIONS", self._versions),
            patch.object(feed, "MOST_CHANGES", page),
            patch.object(receive.log, "disabled", new=True),
            patch.object(replaying.log, "disabled", new=True),
        ):
            yield

    def _sing(self, connection: Connection, received: Sequence[Any], apply: Callable[..., Any]) -> Any:
        if self.defective and any(one.act.op_id in self.defective for one in received):
            self.failures += 1
            raise Defect(RULES_FAIL)
        verdicts = apply(connection, received)
        effects = [
            {"op_id": one.act.op_id} for one, verdict in zip(received, verdicts, strict=True)
            if verdict.status != "rejected"
        ]  # fmt: skip
        if effects:
            connection.execute(_SING, effects)
        return verdicts

    def _die_around(self, connection: Connection, rows: Any, write: Callable[..., Any]) -> None:
        self._may_die("between")
        write(connection, rows)
        self._may_die("last")

    def _may_die(self, moment: str) -> None:
        if self.dies == moment:
            raise Crash

    def take(self, requests: Sequence[Request]) -> list[Reply]:
        """What arrived together, as routes.sync does it."""
        self.dies = next((one.dies for one in requests if one.dies), None)
        try:
            self._may_die("before")
            replies = self._take(requests)
            self._may_die("after")
        except Crash:
            published.forget()
            replies = [Reply(0) for _ in requests]
        self.dies = None
        return replies

    def _take(self, requests: Sequence[Request]) -> list[Reply]:
        read = [SyncEnvelope.model_validate_json(one.body) for one in requests]
        refused = {n: reply for n, one in enumerate(requests) if (reply := self._refuse(one, read[n]))}
        pushing = [n for n, asked in enumerate(read) if n not in refused and asked.operations]
        answers: dict[int, Answer | BaseException] = dict(
            zip(pushing, self.door.together([_push(read[n]) for n in pushing]), strict=True) if pushing else ()
        )
        for error in answers.values():
            if isinstance(error, Crash):
                raise error
        return [
            refused.get(n) or self._answer(asked, answers.get(n, Answer([], []))) for n, asked in enumerate(read)
        ]  # fmt: skip

    def _refuse(self, request: Request, asked: SyncEnvelope) -> Reply | None:
        if asked.person_id != request.session:
            return Reply(409, code="wrong_person")
        if (
            request.session == world.person(world.LEAVER)
            and not request.was_admitted
            and self.is_erased(request.session)
        ):
            return Reply(410, code=Erased.code)
        if request.registers:
            try:
                with writing(), self.engine.begin() as connection:
                    devices.register(
                        connection, request.device_id, request.session, "", clock.now(),
                        numbered_after=request.numbered_after,
                    )  # fmt: skip
            except devices.DeviceTaken:
                return Reply(409, code="device_taken")
        return None

    def is_erased(self, person_id: str) -> bool:
        with self.engine.connect() as connection:
            return connection.execute(_ERASED_AT, {"id": person_id}).scalar_one() is not None

    def erase(self, person_id: str) -> None:
        self.erased.append(person_id)
        with writing(), Session(self.engine) as session, session.begin():
            erasing.erase(session, person_id=person_id, at=clock.now())
            _forget_songs(session)
            publish_session(session)

    def _answer(self, asked: SyncEnvelope, pushed: Answer | BaseException) -> Reply:
        if isinstance(pushed, devices.DeviceTaken):
            return Reply(409, code="device_taken")
        if isinstance(pushed, Erased):
            return Reply(410, code=Erased.code)
        if isinstance(pushed, BaseException):
            raise pushed
        now = clock.now()
        epoch, page, cursor = exchange.pull(self.engine, asked, SECRET, now)
        return Reply(200, orjson.dumps(exchange.answer(asked, epoch, page, cursor, pushed, now)))

    def everything(self, person_id: str) -> dict[tuple[str, str, str], Any]:
        """What a phone with nothing would be told, page by page."""
        rows: dict[tuple[str, str, str], Any] = {}
        with self.engine.connect() as connection:
            epoch, since = exchange.epoch_of(connection), None
            while True:
                page = feed.read(connection, person_id, since, epoch, clock.now())
                for change in page.changes:
                    if not change["deleted"]:
                        rows[change["stream"], change["entity"], change["id"]] = change["data"]
                since = cursors.Cursor(epoch, page.reached)
                if not page.more:
                    return rows

    def restored(self, backup: Any) -> None:
        self.copy_from(backup)
        with writing(), Session(self.engine) as session, session.begin():
            erasing.erase_again(session, person_ids=self.erased, at=clock.now())
            _forget_songs(session)
            publish_session(session)
            exchange.new_epoch(session.connection())
        self.epochs += 1

    def knows_notes(self, *, knows: bool) -> None:
        """An older release runs, or the newest again."""
        self._versions.pop("note_kept", None)
        if knows:
            self._versions["note_kept"] = 1

    def replay(self) -> None:
        with writing(), self.engine.begin() as connection:
            replaying.replay(connection)


_ERASED_AT = sa.select(Person.erased_at).where(Person.id == sa.bindparam("id"))


def _forget_songs(session: Session) -> None:
    """What acts have sung that no ledger knows any more is forgotten; if they sing again, it is heard."""
    known = sa.select(SyncOperation.op_id)
    session.execute(sa.delete(CANARY).where(CANARY.c.op_id.not_in(known)))


def _push(asked: SyncEnvelope) -> Push:
    sent_at = clock.instant(asked.sent_at)
    operations = list(map(understand, asked.operations))
    return Push(asked.person_id, asked.device_id, asked.app_version, sent_at, clock.now(), operations)
