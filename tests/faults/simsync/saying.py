"""What people say to their phones: statements of every kind, a few of them wrong, with the codes that they may be answered."""

import random
from collections.abc import Callable

from . import world
from .store import Statement

NO_CODE: frozenset[str | None] = frozenset([None])
MAY_BE_IN_DOUBT: frozenset[str | None] = frozenset([None, "clock_unsure"])
Words = tuple[Statement, frozenset[str | None]]
"""what is said, and the codes that its outcome may have"""


class Tongue:
    """Makes statements by chance; knows what has been published."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.newest = {world.GRUND: 1, world.OPPEN: 1, world.SKOLAN: 1}
        self._ways: list[Callable[[int], Words]] = [
            self._done, self._done, self._done, self._tried, self._placed, self._placed, self._noted, self._noted,
            self._checked_in, self._chose, self._preferred, self._answered,
        ]  # fmt: skip

    def say(self, number: int) -> Words:
        """Something that this person might do now; now and then something that makes no sense."""
        if self.rng.random() < 0.02:
            return self._nonsense()
        return self.rng.choice(self._ways)(number)

    def _course(self) -> tuple[str, int]:
        course = self.rng.choice((world.GRUND, world.OPPEN))
        return course, self.rng.randint(1, self.newest[course])

    def _step(self) -> str:
        return f"s{self.rng.randrange(world.STEPS)}"

    def _done(self, number: int) -> Words:
        course, version = self._course()
        return {
            "kind": "step_completed", "course_id": course, "version": version, "step_key": self._step()
        }, MAY_BE_IN_DOUBT  # fmt: skip

    def _tried(self, number: int) -> Words:
        course, version = self._course()
        quiz = self.rng.choice(list(world.KEYS))
        answers = {question: self.rng.choice((right, ["a"])) for question, right in world.KEYS[quiz].items()}
        said = {"kind": "quiz_attempted", "course_id": course, "version": version, "step_key": quiz}
        return said | {"answers": answers}, MAY_BE_IN_DOUBT

    def _placed(self, number: int) -> Words:
        item = self.rng.choice((world.GRUND, world.OPPEN, world.TUR))
        second = float(self.rng.randrange(900))
        return {"kind": "place_kept", "item_id": item, "step_key": self._step(), "position_s": second}, NO_CODE

    def _noted(self, number: int) -> Words:
        course, _ = self._course()
        text = f"{world.person(number)} {self.rng.randrange(10**9)}"
        return {"kind": "note_kept", "course_id": course, "step_key": self._step(), "text": text}, NO_CODE

    def _checked_in(self, number: int) -> Words:
        departure, stop = self.rng.choice(world.DEPARTURES), self.rng.choice(world.STOPS)
        said = {"kind": "checked_in", "departure_id": departure, "stop_key": stop}
        how = self.rng.randrange(5)
        if how < 2:
            evidence = {"method": "place", "inside": True, "accuracy": "<30", "fence_version": 1}
            return said | {"evidence": evidence}, frozenset([None, "outside_hours"])
        code = world.CODE if how < 4 else "00000000"
        codes = frozenset(["code_wrong"]) if how == 4 else frozenset([None, "outside_hours"])
        return said | {"evidence": {"method": "typed_code", "code": code}}, codes

    def _chose(self, number: int) -> Words:
        kind = self.rng.choice(("course_chosen", "course_left"))
        if self.rng.random() < 0.2:
            return {"kind": kind, "course_id": world.SKOLAN}, frozenset([None, "gone"])
        return {"kind": kind, "course_id": world.OPPEN}, NO_CODE

    def _preferred(self, number: int) -> Words:
        name, values = self.rng.choice((("language", ("sv", "en")), ("mail", ("on", "off"))))
        return {"kind": "preference_set", "name": name, "value": self.rng.choice(values)}, NO_CODE

    def _answered(self, number: int) -> Words:
        said = {"reminder_id": world.reminder(number, self.rng.randrange(2))}
        match self.rng.randrange(3):
            case 0:
                return said | {"kind": "reminder_seen"}, NO_CODE
            case 1:
                day = f"2026-12-{self.rng.randint(1, 28):02d}"
                return said | {"kind": "reminder_snoozed", "until_on": day}, NO_CODE
            case _:
                return said | {"kind": "reminder_muted"}, NO_CODE

    def _nonsense(self) -> Words:
        step = {"kind": "step_completed", "course_id": world.GRUND, "version": 1, "step_key": "s0"}
        odd: list[tuple[Statement, str]] = [
            (step | {"step_key": "nowhere"}, "unknown_step"),
            (step | {"step_key": "ova"}, "invalid"),
            (step | {"course_id": world.UNITS["kommun"]}, "gone"),
            (step | {"mood": "good"}, "invalid"),
            ({"kind": "preference_set", "name": "language", "value": "xx"}, "invalid"),
            ({"kind": "course_chosen", "course_id": world.GRUND}, "not_open"),
            ({"kind": "tip_shared", "text": "Ät lunch"}, "newer"),
        ]
        said, code = self.rng.choice(odd)
        return said, frozenset([code])
