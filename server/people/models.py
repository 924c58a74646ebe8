"""Who there is: units, persons, employments, roles, devices, sessions, and the audit of what was done."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.foundation.database import Base

ROLES = ("guide", "author", "coordinator", "manager", "administrator")
SHIFT_PATTERNS = ("day", "evening", "night", "varying")


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


class Unit(Base):
    __tablename__ = "unit"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[dict[str, str]]
    within_id: Mapped[str | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    path: Mapped[str] = mapped_column(sa.String(740), index=True)
    """the ids from the top unit down to this one, each followed by a slash"""

    @property
    def path_ids(self) -> list[str]:
        return self.path.rstrip("/").split("/")


class Person(Base):
    __tablename__ = "person"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    """lower case"""
    name: Mapped[str] = mapped_column(sa.String(160))
    language: Mapped[str] = mapped_column(sa.String(35), default="sv")
    password_hash: Mapped[str | None] = mapped_column(sa.String(160))
    is_protected: Mapped[bool] = mapped_column(default=False)
    """skyddade personuppgifter: shown by an alias everywhere"""
    alias: Mapped[str | None] = mapped_column(sa.String(160))
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    __table_args__ = (sa.CheckConstraint("NOT is_protected OR alias IS NOT NULL", name="protected_has_alias"),)

    @property
    def shown_name(self) -> str:
        return self.alias or "–" if self.is_protected else self.name


class Employment(Base):
    """A post in a unit. A person has one or more: split posts and hourly staff are normal."""

    __tablename__ = "employment"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    shift_pattern: Mapped[str] = mapped_column(sa.String(16), default="day")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    __table_args__ = (
        one_of("shift_pattern", SHIFT_PATTERNS),
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name="ends_after_it_begins"),
    )


class RoleHeld(Base):
    """A role in a unit and those below it. Being a learner needs none."""

    __tablename__ = "role_held"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("unit.id"), primary_key=True)
    __table_args__ = (one_of("role", ROLES),)


class Preference(Base):
    __tablename__ = "preference"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200))
    set_at: Mapped[datetime]
    op_id: Mapped[str] = mapped_column(sa.String(36))


class Device(Base):
    """One installation of the app, of one person; its id was made with its database on the phone."""

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    label: Mapped[str] = mapped_column(sa.String(120))
    registered_at: Mapped[datetime]
    last_heard_at: Mapped[datetime]
    app_version: Mapped[str | None] = mapped_column(sa.String(64))
    seen_through: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """every seq up to this one has been seen"""
    highest_seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    gaps: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """the ranges below that were not seen, so that nobody has to look for them; null: not looked for yet"""
    missing_since: Mapped[datetime | None]
    """something of it is missing that no coordinator has looked at yet"""
    storage_lost_at: Mapped[datetime | None]
    """it said that its store was cleared with things unsent, and no coordinator has looked at that yet"""
    doubled_at: Mapped[datetime | None]
    """a number came twice with different acts (a copied or restored phone), and no coordinator has looked at that yet"""
    removed_at: Mapped[datetime | None]
    """its person took it off their list; heard again, it is back"""


class Session(Base):
    """A sign-in: what the cookie refers to, stored as a hash."""

    __tablename__ = "session"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    extended_on: Mapped[date]


class UploadTicket(Base):
    """What one installation may hand in its person's operations with when nobody is signed in, stored as a hash."""

    __tablename__ = "upload_ticket"
    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    device_id: Mapped[str] = mapped_column(sa.ForeignKey("device.id"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInCode(Base):
    """A one-time code: from a coordinator to who forgot the password, or from a tab to the home-screen app."""

    __tablename__ = "sign_in_code"
    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(sa.String(16))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    issued_by: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (one_of("purpose", ("password", "handover")),)


class AuditEntry(Base):
    """Who did what to whom; append-only."""

    __tablename__ = "audit_entry"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str | None] = mapped_column(sa.String(36))
    action: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[str | None] = mapped_column(sa.String(36), index=True)
    detail: Mapped[dict[str, Any]]
