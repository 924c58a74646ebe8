"""How a quiz is scored: pure, the same on the phone (pwa/src/model/course.ts); tests/vectors/quiz.json ties them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Score(NamedTuple):
    right: int
    questions: int
    passed: bool


def score(quiz: Mapping[str, Any], answers: Mapping[str, Sequence[str]]) -> Score:
    """A question is right when exactly its right choices are chosen; passed at `pass_share` of the questions."""
    keys: Mapping[str, Sequence[str]] = quiz["right"]
    right = sum(1 for question, choices in keys.items() if set(answers.get(question, ())) == set(choices))
    return Score(right, len(keys), bool(keys) and right >= quiz["pass_share"] * len(keys) - 1e-9)
