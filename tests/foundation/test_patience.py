"""Who waits, who is sent away and when it comes again, by numbers alone."""

import pytest

from server.foundation import shares
from server.foundation.patience import (
    ELSEWHERE,
    FOR_PUSHES,
    FROM_S,
    LATEST,
    TO_S,
    Seen,
    comes_again_after_s,
    has_waited_too_long,
    would_wait_too_long,
)

QUIET, CROWDED = 1.0, 0.5
"""what part of those who come is let in"""


def most_waiting(held_s, let_in, patience=FOR_PUSHES):
    """How many wait before somebody is sent away, where sixteen work."""
    return next(before for before in range(10_000) if would_wait_too_long(patience, Seen(held_s, let_in), before, 16))


def test_who_is_let_in_is_answered_within_a_second_by_what_is_known_while_many_are_sent_away():
    for held_s in (0.1, 0.2, 0.4):
        assert most_waiting(held_s, CROWDED) * held_s / 16 + held_s <= FOR_PUSHES.longest_s


def test_a_crowd_that_comes_once_waits_longer_than_one_of_which_many_are_sent_away():
    assert most_waiting(0.4, QUIET) > 2 * most_waiting(0.4, CROWDED)


@pytest.mark.parametrize("let_in", [QUIET, CROWDED])
def test_however_slow_it_is_somebody_stands_ready_for_the_next_place(let_in):
    assert most_waiting(5.0, let_in) >= 1


def test_the_longer_a_place_is_held_the_sooner_who_waits_makes_room():
    assert has_waited_too_long(FOR_PUSHES, Seen(0.5, CROWDED), 0.9)
    assert not has_waited_too_long(FOR_PUSHES, Seen(0.2, CROWDED), 0.9)


def test_nobody_who_waits_is_sent_away_where_hardly_anybody_is():
    assert not has_waited_too_long(FOR_PUSHES, Seen(0.5, QUIET), 9.0)


def test_who_tells_something_is_sent_away_sooner_than_who_looks_on():
    pushes, *others = (one.patience for one in shares.sizes(16, 96).values())
    assert set(others) == {ELSEWHERE}
    assert max(pushes) < min(ELSEWHERE)


def test_who_is_sent_away_comes_the_later_the_more_are_and_never_too_late():
    assert [comes_again_after_s(Seen(0.2, let_in), FROM_S) for let_in in (1.0, 0.5, 0.01)] == [4, 16, FROM_S * LATEST]
    assert comes_again_after_s(Seen(0.2, 0.01), TO_S) == TO_S * LATEST
