"""The shape of organisation.yaml (docs/course-pack.md)."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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


class DonePart(PackPart):
    """What a person did in a course before the folder was loaded: all of it, or its first steps."""

    course: Slug
    begun_on: Day
    done_on: Day | None = None
    steps: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def is_one_of_both(self) -> Self:
        if (self.done_on is None) is (self.steps is None):
            raise ValueError(
                "say done_on where all of the course is done, or steps where so many of its first ones are"
            )
        return self


class PersonPart(PackPart):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str
    language: str = "sv"
    demo: bool = False
    protected_alias: str | None = None
    employments: list[EmploymentPart] = []
    roles: list[RolePart] = []
    enrolled: list[EnrolledPart] = []
    done: list[DonePart] = []


class OrganisationPack(PackPart):
    organisation: dict[str, str]
    units: list[UnitPart]
    people: list[PersonPart] = []
