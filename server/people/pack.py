"""The shape of organisation.yaml (docs/course-pack.md)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from server.content.packs import PackPart

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Day = date | int
"""a date, or days from today"""


class UnitPart(PackPart):
    unit: Slug
    name: dict[str, str]
    within: Slug | None = None


class EmploymentPart(PackPart):
    unit: Slug
    title: str
    shift_pattern: Literal["day", "evening", "night", "varying"] = "day"
    from_on: Day
    to_on: Day | None = None


class RolePart(PackPart):
    role: Literal["guide", "author", "coordinator", "manager", "administrator"]
    unit: Slug


class EnrolledPart(PackPart):
    programme: Slug
    started_on: Day


class PersonPart(PackPart):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str
    language: str = "sv"
    demo: bool = False
    protected_alias: str | None = None
    employments: list[EmploymentPart] = []
    roles: list[RolePart] = []
    enrolled: list[EnrolledPart] = []


class OrganisationPack(PackPart):
    organisation: dict[str, str]
    units: list[UnitPart]
    people: list[PersonPart] = []
