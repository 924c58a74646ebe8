"""The shape of activity.yaml and departures.yaml (docs/course-pack.md)."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from server.content.packs import PackPart

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Texts = Annotated[dict[str, Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class FencePart(PackPart):
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    radius_m: int = Field(ge=20, le=5000)


class ControlPointPart(PackPart):
    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class RoutePart(PackPart):
    picture: str
    picture_alt: Texts
    attribution: Texts
    control_points: list[ControlPointPart] = Field(min_length=3)


class StopPart(PackPart):
    key: Key
    kind: Literal["history", "future_plan", "department_visit", "meeting"]
    name: Texts
    minutes: int = Field(ge=1, le=480)
    place: FencePart | None = None
    picture: str | None = None
    picture_alt: Texts | None = None
    audio: dict[str, str] = {}


class AttendancePart(PackPart):
    stops: int = Field(ge=1)


class ActivityPack(PackPart):
    activity: Key
    kind: Literal["tour", "meeting"]
    title: Texts
    summary: Texts
    languages: list[str] = Field(min_length=1)
    audience: Key
    picture: str | None = None
    picture_alt: Texts | None = None
    attendance: AttendancePart
    route: RoutePart | None = None
    stops: list[StopPart] = Field(min_length=1)

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        keys = [stop.key for stop in self.stops]
        if len(set(keys)) < len(keys):
            raise ValueError("a stop key stands twice; each stop has a key of its own")
        if self.attendance.stops > len(keys):
            raise ValueError(f"attendance asks for {self.attendance.stops} stops, but there are {len(keys)}")
        if self.kind == "meeting" and len(keys) != 1:
            raise ValueError("a meeting has one stop")
        return self


class LocalMoment(PackPart):
    """Days from today and the time on the wall."""

    days: int
    at: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


def _instant(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("an instant names its zone: 2026-11-25T08:00:00Z")
    return text


Moment = Annotated[str, AfterValidator(_instant)]


class DeparturePart(PackPart):
    departure: Key
    activity: Key
    starts_at: LocalMoment | Moment
    ends_at: LocalMoment | Moment
    meeting_place: Texts
    seats: int = Field(ge=1, le=2000)
    guides: list[str] = Field(min_length=1)
    roster: list[str] = []
    checked_in: dict[str, Annotated[int, Field(ge=1)]] = {}
    """who on the roster checked in, at so many of the first stops; of a departure that has been"""


class DeparturesPack(PackPart):
    departures: list[DeparturePart]
