"""The port between delivering and its channels: what push, mail and SMS are handed, and what they say of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from sqlalchemy.engine import Connection


class Words(NamedTuple):
    title: str
    body: str


class Letter(NamedTuple):
    """One claimed delivery, ready to go: everything that a channel may say, and how long it may take."""

    delivery_id: str
    reminder_id: str
    person_id: str
    channel: str
    address: str
    """of push the subscription's id, of mail the address, of sms the number"""
    rule: str
    """of a duty its rule; of gathered nudges "nudge" """
    is_nudge: bool
    """one may say no to these by mail, and never to duties"""
    language: str
    words: Words
    neutral: Words
    """for a lock screen that anybody reads: no names, no courses"""
    target: str
    """the screen of the app that it opens"""
    tag: str
    """the same each time that this reminder is sent: it shows once"""
    topic: str
    """as the tag, in the 32 letters that RFC 8030 allows: what still waits at a push service is replaced"""
    urgency: Literal["normal", "high"]
    ttl_s: int
    """after this it makes no sense any more"""
    expires_at: datetime


class Sent(NamedTuple):
    """What became of a letter: handed over · the address is no more · not now · not like this."""

    how: Literal["ok", "gone", "later", "refused"]
    retry_after_s: int | None = None
    """of "later", where the channel said how long"""
    reason: str | None = None
    """of "later" and "refused": a stable code of at most 40 letters, without addresses; stands in the log"""


OK, GONE = Sent("ok"), Sent("gone")


def later(reason: str, retry_after_s: int | None = None) -> Sent:
    """It is tried again, until it makes no sense any more."""
    return Sent("later", retry_after_s, reason)


def refused(reason: str) -> Sent:
    """It is our fault and does not get better by itself: failed, and an alarm in the log."""
    return Sent("refused", None, reason)


Send = Callable[[Letter], Sent]
"""Outside of any transaction, in any thread, a few at once; what it raises counts as `later("unexpected")`."""


class Channel(Protocol):
    """A way to a person: push, mail or SMS."""

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        """In the short transaction that claims them: reads at once what sending these will need, sends nothing."""

    def note(self, connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
        """In the transaction that records: what the channel remembers of it (an address that is gone, a failure)."""


Channels = dict[str, Channel]
"""by name: push, mail, sms"""
