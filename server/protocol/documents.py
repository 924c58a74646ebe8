"""Published documents: one a version and language, immutable, fetched by hash from `/content/<hash>`."""

from typing import Literal

from pydantic import Field

from .wire import Hash, Id, Key, Language, Message


class Medium(Message):
    url: str = Field(description="/media/<hash>.<ending>")
    hash: Hash
    type: str = Field(description="media type")
    bytes: int
    chunks: list[Hash] | None = Field(description="the hash of each 2 MiB of it, in order; null: it is one chunk")


class Picture(Message):
    medium: Medium
    alt: str


class CaptionTrack(Message):
    language: Language
    medium: Medium


class Film(Message):
    medium: Medium
    poster: Medium | None
    captions: list[CaptionTrack]


class Choice(Message):
    key: Key
    text: str
    right: bool | None = Field(description="null in an exam: the key stays on the server")
    feedback: str | None


class Question(Message):
    key: Key
    kind: Literal["one", "several", "truth"]
    text: str
    choices: list[Choice] = Field(description="of a truth question: the keys true and false")


class Quiz(Message):
    mode: Literal["practice", "exam"]
    pass_share: float
    counts: Literal["best", "latest"]
    questions: list[Question]


class Step(Message):
    key: Key
    kind: Literal["reading", "video", "audio", "quiz", "task", "reflection"]
    title: str
    minutes: int
    required: bool
    hash: Hash = Field(description="of what the step means in all languages; the same hash carries a completion over")
    html: str = Field(description="sanitised when published")
    picture: Picture | None
    audio: Medium | None
    film: Film | None
    quiz: Quiz | None


class Module(Message):
    key: Key
    title: str
    steps: list[Step]


class Term(Message):
    term: str
    meaning: str


class CourseDocument(Message):
    kind: Literal["course"]
    course_id: Id
    slug: Key
    version: int
    language: Language
    title: str
    summary: str
    minutes: int
    picture: Picture | None
    modules: list[Module]
    glossary: list[Term]
    media: list[Medium] = Field(description="every file that the document needs")


class Fence(Message):
    lat: float
    lon: float
    radius_m: int


class Stop(Message):
    key: Key
    kind: Literal["history", "future_plan", "department_visit", "meeting"]
    name: str
    minutes: int
    place: Fence | None
    html: str
    picture: Picture | None
    audio: Medium | None


class ControlPoint(Message):
    x: float
    y: float
    lat: float
    lon: float


class Route(Message):
    picture: Picture
    attribution: str
    control_points: list[ControlPoint]


class AttendanceRule(Message):
    stops: int = Field(description="at least so many, one of them with medium confidence or better")


class ActivityDocument(Message):
    kind: Literal["activity"]
    activity_kind: Literal["tour", "meeting"]
    activity_id: Id
    slug: Key
    version: int = Field(description="also the version of its fences")
    language: Language
    title: str
    summary: str
    minutes: int
    picture: Picture | None
    attendance: AttendanceRule
    route: Route | None
    stops: list[Stop]
    media: list[Medium]
