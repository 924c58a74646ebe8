"""Pushes that arrive together share one transaction; none of them notices the others (server/sync/gather.py)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from server.foundation.changefeed import SyncChange, SyncStream
from server.foundation.database import db
from server.foundation.errors import Busy
from server.learning.models import StepCompletion
from server.sync import exchange
from server.sync.gather import MOST_TOGETHER, Gathering, _Waiting
from server.sync.models import SyncOperation
from tests.cast import HEADERS


class Bench:
    """Work that waits until it is told to go on, and remembers its groups."""

    def __init__(self):
        self.groups, self.go = [], threading.Event()

    def __call__(self, pushes):
        self.groups.append(list(pushes))
        assert self.go.wait(10)
        if "bad" in pushes:
            raise ValueError("bad")
        if "worse" in pushes:
            raise SystemExit
        return [f"answer to {push}" for push in pushes]


def gathered(pushes, first="first"):
    """The answers to `pushes`, which all arrive while another is at work, and the groups in which they were done."""
    bench = Bench()
    gathering = Gathering(bench)
    with ThreadPoolExecutor(len(pushes) + 1) as pool:
        leader = pool.submit(gathering.submit, first)
        while not bench.groups:
            pass
        rest = [pool.submit(gathering.submit, push) for push in pushes]
        while len(gathering._waiting) < len(pushes):
            pass
        bench.go.set()
        return [one.exception() or one.result() for one in (leader, *rest)], bench.groups


def test_a_lone_push_is_its_own_group():
    bench = Bench()
    bench.go.set()
    assert Gathering(bench).submit("one") == "answer to one"
    assert bench.groups == [["one"]]


def test_pushes_that_wait_together_are_done_together():
    answers, groups = gathered(["a", "b", "c"])
    assert answers == ["answer to first", "answer to a", "answer to b", "answer to c"]
    assert sorted(groups[1]) == ["a", "b", "c"]
    assert len(groups) == 2


def test_no_group_is_larger_than_its_limit():
    answers, groups = gathered([str(number) for number in range(MOST_TOGETHER + 3)])
    assert len(answers) == MOST_TOGETHER + 4
    assert [len(group) for group in groups] == [1, MOST_TOGETHER, 3]


def test_a_neighbour_s_failure_is_its_own():
    answers, _ = gathered(["a", "bad", "c"])
    assert isinstance(answers[2], ValueError)
    assert [answers[0], answers[1], answers[3]] == ["answer to first", "answer to a", "answer to c"]


def test_after_a_failure_the_next_is_done():
    bench = Bench()
    bench.go.set()
    gathering = Gathering(bench)
    with pytest.raises(ValueError, match="bad"):
        gathering.submit("bad")
    assert gathering.submit("next") == "answer to next"


def test_who_ends_the_process_leaves_nobody_waiting():
    answers, _ = gathered(["a", "worse"])
    assert all(isinstance(answer, SystemExit) for answer in answers[1:])


def test_who_gets_no_writers_place_tells_all_of_its_group_at_once():
    tries = []

    def work(pushes):
        tries.append(list(pushes))
        raise Busy

    gathering = Gathering(work)
    group = [_Waiting(push) for push in "abc"]
    gathering._settle(group)
    assert [type(one.error) for one in group] == [Busy] * 3
    assert tries == [["a", "b", "c"]]


def test_who_waits_for_a_leader_that_hangs_gives_up_and_leaves_the_queue():
    bench = Bench()
    gathering = Gathering(bench, patience_s=0.05)
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(gathering.submit, "first")
        while not bench.groups:
            pass
        with pytest.raises(Busy):
            gathering.submit("second")
        bench.go.set()
        assert leader.result() == "answer to first"
    assert gathering.submit("third") == "answer to third"
    assert bench.groups == [["first"], ["third"]]


def test_who_is_told_to_lead_at_the_last_moment_leads():
    bench = Bench()
    bench.go.set()
    gathering = Gathering(bench, patience_s=0)
    gathering._has_leader = True
    late = _Waiting("late")
    late.signal.set()
    gathering._waiting.append(late)
    gathering._give_up(late)
    assert gathering._waiting == [late]


def together(work):
    """All of `work` at the same moment, each in a thread."""
    barrier = threading.Barrier(len(work))

    def run(one):
        barrier.wait(10)
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result(30) for future in [pool.submit(run, one) for one in work]]


def body_of(phone, *statements):
    return phone.envelope([phone.op(one) for one in statements])


def post(phone, body):
    return phone.actor.client.post("/api/sync", json=body, headers=HEADERS)


def test_the_same_push_twice_at_once_counts_once(ada, world, count):
    phone = ada.phone()
    body = body_of(phone, world.failed(), world.done("tvatta"))
    answers = together([lambda: post(phone, body)] * 4)
    assert {one.status_code for one in answers} == {200}
    assert all(one.get_json()["outcomes"] == answers[0].get_json()["outcomes"] for one in answers)
    assert count(sa.select(SyncOperation)) == 2
    assert len(ada.phone().pull().rows("attempt")) == 1


def test_many_people_at_once_lose_nothing(ada, bruno, greta, world, count):
    phones = [actor.phone() for actor in (ada, bruno, greta) for _ in range(2)]
    steps = ("tvatta", "film", "tanka")
    bodies = [
        (phone, body_of(phone, world.placed(step), world.noted(step, step))) for phone in phones for step in steps
    ]
    answers = together([lambda phone=phone, body=body: post(phone, body) for phone, body in bodies])
    assert {one.status_code for one in answers} == {200}
    assert count(sa.select(SyncOperation)) == len(bodies) * 2
    assert all(len(phone.pull().rows("note")) == 3 for phone in phones)


def test_two_processes_that_push_at_once_lose_nothing_and_number_everything(app, ada, bruno, world, count):
    """Two gatherings over one database, as two web processes are."""
    with app.app_context():
        engine = db.engine
    mine, theirs = (Gathering(lambda pushes: exchange.push_all(engine, pushes)) for _ in range(2))
    statements = [world.done(step) for step in ("tvatta", "film")]
    pushes = [(gathering, phone) for gathering in (mine, theirs) for phone in (ada.phone(), bruno.phone())]
    work = [
        lambda gathering=gathering, push=push_of(phone, [statement]): gathering.submit(push)  # noqa: B008 - one a turn
        for gathering, phone in pushes
        for statement in statements
    ]
    answers = together(work)
    assert {outcome["status"] for answer in answers for outcome in answer.outcomes} <= {"applied", "merged"}
    assert count(sa.select(StepCompletion)) == 4
    check_numbers()


def check_numbers():
    """No two changes of a stream have one number, and none has one above the stream's head."""
    with db.engine.connect() as connection:
        heads = dict(tuple(row) for row in connection.execute(sa.select(SyncStream.stream, SyncStream.head)))
        seqs = {}
        for stream, seq in connection.execute(sa.select(SyncChange.stream, SyncChange.seq)):
            seqs.setdefault(stream, []).append(seq)
    for stream, numbers in seqs.items():
        assert len(set(numbers)) == len(numbers)
        assert max(numbers) <= heads[stream]


def push_of(phone, statements):
    from server.foundation import clock
    from server.protocol.operations import LooseOperation
    from server.sync.receive import Push
    from server.sync.understanding import understand

    operations = [understand(LooseOperation.model_validate(phone.op(one))) for one in statements]
    return Push(phone.actor.person_id, phone.device_id, "test", clock.now(), clock.now(), operations)
