"""Erasing a person from everything (GDPR, article 17): one deed a feature, and what the exchange itself holds.

What stays is the row that says that somebody was, their sessions (so that their phones hear 410 and wipe themselves),
and the audit, which knows ids only.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from server.activities import erasing as activities
from server.foundation.changefeed import SyncChange, SyncStream, person_stream
from server.learning import erasing as learning
from server.people import auditing
from server.people import erasing as people
from server.people.models import Person
from server.reminders import erasing as reminders

from .models import SyncDecision, SyncFailure, SyncOperation, SyncReceipt
from .receive import lock_people

OF_PERSON = (SyncReceipt, SyncOperation)


def erase(session: Session, *, person_id: str, at: datetime, decision: str = "") -> None:
    """Nothing of the person is left, and who read their name on a departure hears it. Again: nothing changes.

    Nothing that a phone of theirs still sends comes in: it is a device that nobody knows, of a person who is erased.
    """
    _overwrite(session.connection())
    lock_people(session.connection(), {person_id})
    if session.get_one(Person, person_id).erased_at is None:
        said = {"decision": decision} if decision else {}
        auditing.note(session, at=at, actor_id=None, action="person_erased", subject_id=person_id, **said)
    reminders.erase(session, person_id=person_id)
    activities.erase(session, person_id=person_id)
    learning.erase(session, person_id=person_id)
    people.erase(session, person_id=person_id, at=at)
    auditing.forget_words(session, person_id)
    _erase_ledger(session, person_id)


def _overwrite(connection: Connection) -> None:
    """What is deleted is overwritten in SQLite's file, too; PostgreSQL does so by itself when it tidies up."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def leave_no_log(engine: Engine) -> None:
    """What was erased and committed is gone from SQLite's write-ahead log, too; where others read just now, soon after."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]


def _erase_ledger(session: Session, person_id: str) -> None:
    told = sa.select(SyncOperation.op_id).where(SyncOperation.person_id == person_id)
    for about in (SyncFailure, SyncDecision):
        session.execute(sa.delete(about).where(about.op_id.in_(told)).execution_options(synchronize_session=False))
    for model in OF_PERSON:
        session.execute(sa.delete(model).where(model.person_id == person_id))
    stream = person_stream(person_id)
    session.execute(sa.delete(SyncChange).where(SyncChange.stream == stream))
    session.execute(sa.delete(SyncStream).where(SyncStream.stream == stream))


def erase_again(session: Session, *, person_ids: list[str], at: datetime) -> int:
    """Who was erased before is erased here, too: this database comes from before it. Returns how many were back."""
    back = sa.select(Person.id).where(Person.id.in_(person_ids), Person.erased_at.is_(None)).order_by(Person.id)
    found = session.scalars(back).all()
    for person_id in found:
        erase(session, person_id=person_id, at=at)
    return len(found)
