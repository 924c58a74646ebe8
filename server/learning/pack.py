"""The shape of course.yaml and programmes/*.yaml (docs/course-pack.md)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from server.content.packs import PackPart

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Texts = Annotated[dict[str, Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class ChoicePart(PackPart):
    key: Key
    text: Texts
    right: bool = False
    feedback: Texts | None = None


class QuestionPart(PackPart):
    key: Key
    kind: Literal["one", "several", "truth"]
    text: Texts
    choices: list[ChoicePart] = []
    right: bool | None = None
    feedback: Texts | None = None

    @model_validator(mode="after")
    def is_answerable(self) -> Self:
        if self.kind == "truth":
            if self.right is None or self.choices:
                raise ValueError("a truth question has “right: true” or “right: false” and no choices")
            return self
        right = sum(choice.right for choice in self.choices)
        if len(self.choices) < 2 or right < 1 or (self.kind == "one" and right != 1):
            raise ValueError(
                "give at least two choices; mark exactly one as right (kind one), or one or more (several)"
            )
        return self


class StepPart(PackPart):
    key: Key
    kind: Literal["reading", "video", "audio", "quiz", "task", "reflection"]
    title: Texts
    minutes: int = Field(ge=1, le=240)
    required: bool = True
    picture: str | None = None
    picture_alt: Texts | None = None
    audio: dict[str, str] = {}
    video: str | None = None
    poster: str | None = None
    captions: dict[str, str] = {}
    mode: Literal["practice", "exam"] = "practice"
    pass_share: float = Field(default=0.75, ge=0, le=1)
    counts: Literal["best", "latest"] = "best"
    questions: list[QuestionPart] = []

    @model_validator(mode="after")
    def has_what_its_kind_needs(self) -> Self:
        if (self.kind == "quiz") != bool(self.questions):
            raise ValueError("a quiz has questions, and only a quiz has them")
        if self.kind == "video" and not self.video:
            raise ValueError("a video step names its film: video: media/….mp4")
        if self.kind == "audio" and not self.audio:
            raise ValueError("an audio step names its sound a language: audio: {sv: media/….m4a}")
        if self.picture and not self.picture_alt:
            raise ValueError("a picture needs picture_alt: what someone who cannot see it should know")
        return self


class ModulePart(PackPart):
    key: Key
    title: Texts
    steps: list[StepPart] = Field(min_length=1)


class CoursePack(PackPart):
    course: Key
    title: Texts
    summary: Texts
    languages: list[str] = Field(min_length=1)
    audience: Key
    open: bool = False
    picture: str | None = None
    picture_alt: Texts | None = None
    glossary: dict[str, dict[str, str]] = {}
    modules: list[ModulePart] = Field(min_length=1)

    @model_validator(mode="after")
    def keys_are_unique(self) -> Self:
        keys = [step.key for module in self.modules for step in module.steps]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise ValueError(f"the step key “{sorted(twice)[0]}” stands twice; each step has a key of its own")
        return self


class ItemPart(PackPart):
    key: Key
    course: Key | None = None
    activity: Key | None = None
    mandatory: bool = True
    due_days: int | None = Field(default=None, ge=0, le=3650)
    after: list[Key] = []

    @model_validator(mode="after")
    def is_one_thing(self) -> Self:
        if bool(self.course) == bool(self.activity):
            raise ValueError("an item is a course or an activity: name one of them")
        return self


class ProgrammePack(PackPart):
    programme: Key
    title: Texts
    summary: Texts
    audience: Key
    items: list[ItemPart] = Field(min_length=1)

    @model_validator(mode="after")
    def waits_for_earlier_ones(self) -> Self:
        seen: set[str] = set()
        for item in self.items:
            if not set(item.after) <= seen:
                raise ValueError(f"“{item.key}” waits for an item that does not come before it")
            seen.add(item.key)
        return self
