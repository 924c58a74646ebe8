"""The simulator's short run: thousands of operations under every fault, and each seeded bug is found (docs/reliability.md)."""

import pytest

from .simsync import running
from .simsync.breaking import Edit, Mutant, broken
from .simsync.killing import killed_by
from .simsync.mutants import MUTANTS
from .simsync.oracle import Oracle
from .simsync.running import Failed, Size, tell
from .simsync.store import Store, waiting
from .simsync.weather import FAULTS

EVERYTHING = Size(operations=700, burst=8, happenings=5, clear=40)
"""many small exchanges in bad weather"""


def test_nothing_is_lost_or_doubled_whatever_happens_and_everything_happens():
    told = tell(2, EVERYTHING)
    assert told.operations > 700
    assert (told.lost, told.doubled) == (0, 0)
    assert [fault for fault in FAULTS if not told.fired[fault]] == []


def test_a_story_is_the_same_at_each_telling():
    first, again = (tell(3, Size(operations=60, happenings=1)) for _ in range(2))
    assert first.fired == again.fired


@pytest.mark.parametrize("name", MUTANTS)
def test_a_seeded_bug_is_found(name):
    assert killed_by(name), f"it lives; python -m tests.faults.simsync.killing {name} looks for another story"


@pytest.mark.parametrize(
    ("name", "finding"),
    {
        "deleted_when_sent": "lost", "replayed_twice": "doubled", "touch_forgotten": "stale",
    }.items(),
)  # fmt: skip
def test_the_judge_of_histories_finds_it_too_by_what_phones_saw_and_plain_sql(name, finding, monkeypatch):
    monkeypatch.setattr(Oracle, "taken", lambda *_: None)
    monkeypatch.setattr(running, "judge", lambda _: (0, 0, 0))
    monkeypatch.setattr(running, "tell_again", lambda *_: None)
    assert killed_by(name) == f"history: {finding}"


def test_a_failure_says_how_to_play_it_again():
    with broken(MUTANTS["skew_not_reckoned"]), pytest.raises(Failed) as failed:
        tell(8, Size(operations=40), "skew_not_reckoned")
    assert "python -m tests.faults.simsync --seed 8 --operations 40 --mutant skew_not_reckoned" in str(failed.value)


def test_a_seeded_bug_whose_words_are_gone_is_an_error():
    with pytest.raises(LookupError), broken(Mutant("", (Edit(waiting, "words that nobody wrote", ""),))):
        pass


def test_a_seeded_bug_leaves_nothing_behind():
    empty = Store("p", "d")
    with broken(Mutant("", (Edit(waiting, "return sorted(", "return [1] + sorted("),))):
        assert waiting(empty) == [1]
    assert waiting(empty) == []
