"""A share has so many places; who would wait too long for one is told at once, and nobody is forgotten."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from server.foundation import patience
from server.foundation.errors import Busy
from server.foundation.shares import Share, _Waiting


class Seconds:
    """A clock of durations, told by the test."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def until(true):
    while not true():
        pass


def test_as_many_as_there_are_places_work_at_once():
    share = Share(2, 0)
    first, second = share.take(), share.take()
    assert share.is_full
    with pytest.raises(Busy):
        share.take()
    share.give_back(first)
    assert not share.is_full
    share.take()
    share.give_back(second)
    assert share.figures() == (1, 0, 1)


def test_who_waits_has_a_place_as_soon_as_one_is_given_back_the_eldest_first():
    share, came = Share(1, 9), []

    def work(name):
        since = share.take()
        came.append(name)
        share.give_back(since)

    with ThreadPoolExecutor(3) as pool:
        since = share.take()
        for number, name in enumerate("abc", 1):
            pool.submit(work, name)
            until(lambda number=number: share.figures().waiting == number)
        share.give_back(since)
    assert came == ["a", "b", "c"]
    assert share.figures() == (0, 0, 0)


def test_no_more_wait_than_may():
    share = Share(1, 2)
    with ThreadPoolExecutor(2) as pool:
        since = share.take()
        waiting = [pool.submit(share.take) for _ in range(2)]
        until(lambda: share.figures().waiting == 2)
        with pytest.raises(Busy):
            share.take()
        share.give_back(since)
        share.give_back(waiting[0].result(10))
        share.give_back(waiting[1].result(10))
    assert share.figures() == (0, 0, 1)


def test_who_would_wait_too_long_is_told_at_once_though_there_is_room():
    clock = Seconds()
    share = Share(1, 99, now=clock)
    for _ in range(200):  # a place is held for 0.7 s, and that is known
        since = share.take()
        clock.now += 0.7
        share.give_back(since)
    with ThreadPoolExecutor(1) as pool:
        since = share.take()
        waiting = pool.submit(share.take)  # to be answered after 1.4 s is not too late
        until(lambda: share.figures().waiting == 1)
        with pytest.raises(Busy):
            share.take()
        share.give_back(since)
        share.give_back(waiting.result(10))


def test_one_that_hung_does_not_keep_the_others_out_for_long():
    clock = Seconds()
    share = Share(1, 99, now=clock)
    since = share.take()
    clock.now += 3600
    share.give_back(since)
    for _ in range(200):
        share.give_back(share.take())
    with ThreadPoolExecutor(1) as pool:
        since = share.take()
        waiting = pool.submit(share.take)
        until(lambda: share.figures().waiting == 1)
        share.give_back(since)
        share.give_back(waiting.result(10))
    assert share.figures() == (0, 0, 0)


def test_who_waited_in_vain_leaves_the_queue():
    share = Share(1, 9, gives_up_after_s=0.01)
    since = share.take()
    with pytest.raises(Busy):
        share.take()
    share.give_back(since)
    assert share.figures() == (0, 0, 1)
    share.take()


def test_who_is_called_at_the_last_moment_has_the_place():
    share = Share(1, 9)
    called = _Waiting(0)
    called.signal.set()
    share._give_up(called)
    assert share.figures().refused == 0


def test_a_crowd_that_is_refused_does_not_come_back_as_one():
    told = refused(Share(1, 0), 2_000)
    assert len(set(told)) > 20
    assert min(told) >= patience.FROM_S
    assert max(told) == patience.TO_S * patience.LATEST


def test_the_more_come_in_vain_the_later_they_are_asked_to_come_again_until_it_is_better():
    share = Share(1, 0)
    first = refused(share, 1)[0]
    assert patience.FROM_S <= first <= patience.TO_S * 2
    assert min(refused(share, 2_000)[-50:]) >= patience.FROM_S * patience.LATEST
    for _ in range(2_000):
        share.give_back(share.take())
    assert refused(share, 1)[0] <= patience.TO_S * 2


def refused(share, times):
    """So often all places are taken; what each that comes is told."""
    since, told = share.take(), []
    for _ in range(times):
        with pytest.raises(Busy) as busy:
            share.take()
        told.append(busy.value.retry_after_s)
    share.give_back(since)
    return told


def test_while_many_are_sent_away_who_has_waited_too_long_is_so_too_and_the_next_is_in_time():
    assert answered_after(2.0, crowd=200) == [True, False]


def test_who_has_waited_too_long_is_answered_where_nobody_else_is_sent_away():
    assert answered_after(2.0, crowd=0) == [False, False]


def test_while_many_are_sent_away_who_is_in_time_is_answered():
    assert answered_after(1.0, crowd=200) == [False, False]


def answered_after(seconds, crowd):
    """Two wait for so long, after so many were sent away: whether each of them is so too, the eldest first."""
    clock = Seconds()
    share = Share(1, 2, now=clock)
    share._most_waiting = 0
    refused(share, crowd)
    share._most_waiting = 2
    since = share.take()
    with ThreadPoolExecutor(2) as pool:
        waiting = []
        for number in (1, 2):
            waiting.append(pool.submit(share.take))
            until(lambda number=number: share.figures().waiting == number)
        clock.now += seconds
        share.give_back(since)
        told = []
        for one in waiting:
            told.append(isinstance(one.exception(10), Busy))
            if not told[-1]:
                share.give_back(one.result())
    assert share.figures()[:2] == (0, 0)
    return told


def test_many_that_come_and_go_each_have_a_place_and_none_is_lost():
    share, at_once, most = Share(3, 50), [], []

    def work():
        for _ in range(50):
            since = share.take()
            at_once.append(1)
            most.append(len(at_once))
            at_once.pop()
            share.give_back(since)

    with ThreadPoolExecutor(12) as pool:
        for done in [pool.submit(work) for _ in range(12)]:
            done.result(30)
    assert len(most) == 600
    assert max(most) <= 3
    assert share.figures() == (0, 0, 0)
