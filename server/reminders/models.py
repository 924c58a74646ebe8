"""Rules, occurrences, reminders, deliveries, and the addresses that they go to."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.foundation.database import Base
from server.people.models import one_of

RULES = (
    "assigned", "due", "overdue", "tour_tomorrow", "leaving", "departure_changed", "exam_result", "attention", "message",
)  # fmt: skip
NUDGES = ("assigned", "due", "overdue")
"""May wait for working time, and are gathered into one a day."""
CHANNELS = ("push", "mail", "sms")


class ReminderRule(Base):
    """How a rule is set in this organisation. Without a first day it makes nothing."""

    __tablename__ = "reminder_rule"
    key: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    starts_on: Mapped[date | None]
    is_paused: Mapped[bool] = mapped_column(default=False)
    days: Mapped[int]
    """so many days before the due date"""
    every_days: Mapped[int]
    most_times: Mapped[int]
    __table_args__ = (
        one_of("key", RULES),
        sa.CheckConstraint("days >= 0 AND every_days >= 1 AND most_times >= 1", name="sensible"),
    )


class ReminderText(Base):
    """The organisation's own words for what a rule says, in one language, in place of the product's."""

    __tablename__ = "reminder_text"
    key: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(80))
    body: Mapped[str] = mapped_column(sa.String(300))
    """of several, where it names a number"""
    one: Mapped[str | None] = mapped_column(sa.String(300))
    """the same of one alone"""
    set_at: Mapped[datetime]


class Reminder(Base):
    """What a person reads: an entry of the inbox."""

    __tablename__ = "reminder"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    rule: Mapped[str] = mapped_column(sa.String(24))
    """of a duty its rule; of gathered nudges "nudge" """
    nudge_on: Mapped[date | None]
    made_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    about: Mapped[list[str]]
    """what it is about: "course/<id>", "activity/<id>", "departure/<id>", "operation/<id>", "message/<id>" """
    words: Mapped[dict[str, Any]]
    """{language: {title, body}}: what it says, fixed when it was made"""
    target: Mapped[str] = mapped_column(sa.String(200))
    """the screen of the app that it opens"""
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str | None] = mapped_column(sa.String(16))
    """done, ended, cancelled, expired, muted, recalled"""
    seen_at: Mapped[datetime | None]
    seen_op: Mapped[str | None] = mapped_column(sa.String(36))
    snoozed_until: Mapped[date | None] = mapped_column(index=True)
    snoozed_at: Mapped[datetime | None]
    snoozed_op: Mapped[str | None] = mapped_column(sa.String(36))
    is_muted: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """what its person said last of its subjects: no more, or remind me again"""
    muted_at: Mapped[datetime | None]
    muted_op: Mapped[str | None] = mapped_column(sa.String(36))
    __table_args__ = (sa.UniqueConstraint("person_id", "nudge_on"),)


class ReminderOccurrence(Base):
    """One reason to remind one person; its natural key is unique, so that planning twice makes nothing twice."""

    __tablename__ = "reminder_occurrence"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    rule: Mapped[str] = mapped_column(sa.String(24))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    subject: Mapped[str] = mapped_column(sa.String(120))
    ordinal: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    reminder_id: Mapped[str | None] = mapped_column(sa.ForeignKey("reminder.id"), index=True)
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str | None] = mapped_column(sa.String(16))
    __table_args__ = (
        one_of("rule", RULES),
        sa.UniqueConstraint("person_id", "rule", "subject", "ordinal"),
        sa.Index("ix_reminder_occurrence_subject", "rule", "subject"),
        sa.Index("ix_reminder_occurrence_open", "closed_at", "reminder_id", "due_at"),
    )


class ReminderDelivery(Base):
    """One reminder on one channel. Claimed with a lease, sent, marked."""

    __tablename__ = "reminder_delivery"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    reminder_id: Mapped[str] = mapped_column(sa.ForeignKey("reminder.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    channel: Mapped[str] = mapped_column(sa.String(8))
    address: Mapped[str] = mapped_column(sa.String(254))
    """of push the subscription's id, of mail the address, of sms the number"""
    state: Mapped[str] = mapped_column(sa.String(12), default="waiting")
    not_before: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    """handed over to the channel: never the same as "delivered" """
    failure: Mapped[str | None] = mapped_column(sa.String(40))
    __table_args__ = (
        one_of("channel", CHANNELS),
        one_of("state", ("waiting", "claimed", "sent", "failed", "withdrawn")),
        sa.UniqueConstraint("reminder_id", "channel", "address"),
        sa.Index("ix_reminder_delivery_state", "state", "not_before"),
    )


class PushSubscription(Base):
    """Where a phone's push service takes messages for it. One endpoint belongs to one person, the last who said so."""

    __tablename__ = "push_subscription"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    device_id: Mapped[str] = mapped_column(sa.ForeignKey("device.id"), unique=True)
    endpoint: Mapped[str] = mapped_column(sa.String(2048))
    endpoint_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(sa.String(88))
    auth: Mapped[str] = mapped_column(sa.String(24))
    key_id: Mapped[str] = mapped_column(sa.String(16))
    """of the VAPID key that it was made with"""
    session_hash: Mapped[str] = mapped_column(sa.ForeignKey("session.token_hash", ondelete="CASCADE"), index=True)
    """the sign-in of its phone: when that ends, in whatever way, so does this"""
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    """when its phone last said that it holds"""
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None]


class PushService(Base):
    """A push service that refuses what we send: our fault, until it takes something again."""

    __tablename__ = "push_service"
    host: Mapped[str] = mapped_column(sa.String(253), primary_key=True)
    refused_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(40))


class WorkerBeat(Base):
    """When the worker last did its round, so that one that is silent is noticed."""

    __tablename__ = "worker_beat"
    name: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    at: Mapped[datetime]


class ReminderMute(Base):
    """A person wants to hear no more of a subject by a rule's nudges: some muted reminder of theirs is about it."""

    __tablename__ = "reminder_mute"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    muted_at: Mapped[datetime]
    op_id: Mapped[str] = mapped_column(sa.String(36))


class ContactAddress(Base):
    """How well a person's mail address and number carry, and what they have said no to."""

    __tablename__ = "contact_address"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    phone_number: Mapped[str | None] = mapped_column(sa.String(20))
    mail_bounced_at: Mapped[datetime | None]
    bounced_address: Mapped[str | None] = mapped_column(sa.String(254))
    """where it was: a new address has not bounced"""
    nudges_refused_at: Mapped[datetime | None]
    """unsubscribed from nudges by mail; duties still come"""
    own_address: Mapped[str | None] = mapped_column(sa.String(254))
    """where mail goes in place of the address that they sign in with: they have shown that they read it"""
    wanted_address: Mapped[str | None] = mapped_column(sa.String(254))
    """one that they have not shown yet; a code is on its way there"""
    wanted_code: Mapped[str | None] = mapped_column(sa.String(64))
    """its hash"""
    wanted_until: Mapped[datetime | None]
    wanted_tries: Mapped[int] = mapped_column(default=0, server_default="0")


class GroupMessage(Base):
    """A coordinator's words to a unit, a programme's people or a departure's travellers."""

    __tablename__ = "group_message"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    audience: Mapped[str] = mapped_column(sa.String(12))
    audience_id: Mapped[str] = mapped_column(sa.String(36))
    words: Mapped[dict[str, Any]]
    """{language: {title, body}}"""
    written_by: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    written_at: Mapped[datetime]
    sends_at: Mapped[datetime]
    """until then it can be recalled"""
    recalled_at: Mapped[datetime | None]
    people: Mapped[int]
    __table_args__ = (one_of("audience", ("unit", "programme", "departure")),)
