"""What a phone numbered and never sent is noticed (SYNC.md §2, FAULTS 36)."""

import itertools

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from server.foundation import clock
from server.foundation.database import db, writing
from server.learning import keeping
from server.people.devices import seen
from server.people.models import Device
from server.protocol.operations import LooseOperation
from server.sync.exchange import push_all
from server.sync.receive import Push
from server.sync.understanding import understand


def seqs(phone, world, *numbers):
    """The phone sends operations with these numbers; what the server misses."""
    ops = []
    for number in numbers:
        phone.seq = number - 1
        ops.append(phone.op(world.placed("film", float(number))))
    return phone.sync(*ops).body["missing"]


@pytest.mark.parametrize(
    ("pushes", "missing"),
    [
        ([[1, 2, 3]], []),
        ([[2]], [[1, 1]]),
        ([[1, 2], [5]], [[3, 4]]),
        ([[1], [4], [9]], [[2, 3], [5, 8]]),
        ([[3], [1, 2]], []),
        ([[5], [2], [3, 4]], [[1, 1]]),
        ([[2, 1]], []),
        ([[1], [1], [2]], []),
        ([[5], [1, 2, 3, 4], [6]], []),
        ([list(range(1, 60, 2))], [[even, even] for even in range(2, 42, 2)]),
    ],
)
def test_numbers_never_seen_are_told_to_the_phone(ada, world, pushes, missing):
    phone = ada.phone()
    told = None
    for numbers in pushes:
        told = seqs(phone, world, *numbers)
    assert told == missing


def test_each_phone_numbers_for_itself(ada, world):
    first, second = ada.phone(), ada.phone()
    assert seqs(first, world, 3) == [[1, 2]]
    assert seqs(second, world, 1) == []


def test_a_rejected_or_deferred_operation_is_not_missing(ada, world):
    phone = ada.phone()
    phone.sync(world.done("nowhere"), {"kind": "tip_shared"}, world.done("tvatta") | {"mood": 1})
    assert seqs(phone, world, 4) == []


def test_the_greatest_number_of_the_wire_is_a_number(ada, world):
    assert seqs(ada.phone(), world, 2**53 - 1) == [[1, 2**53 - 2]]


def test_a_phone_whose_id_was_given_up_misses_nothing_of_what_it_told_under_the_old_one(ada, world):
    phone = ada.phone(registers=False)
    ada.post("/api/devices", {"device_id": phone.device_id, "label": "", "numbered_after": 4})
    assert seqs(phone, world, 5) == []
    assert seqs(phone, world, 7) == [[6, 6]]


def test_what_is_to_come_again_is_missing_until_it_is_kept(ada, world, monkeypatch):
    def break_down(connection, notes, refused):
        raise ZeroDivisionError

    phone = ada.phone()
    ops = [phone.op(world.noted("Kvar")), phone.op(world.done("tvatta"))]
    monkeypatch.setattr(keeping, "keep_notes", break_down)
    said = phone.sync(*ops)
    assert (said.said, said.body["missing"]) == (["retry:unexpected", "applied"], [[1, 1]])
    monkeypatch.undo()
    assert phone.sync(*ops).body["missing"] == []


def test_a_phone_from_before_gaps_were_remembered_misses_the_same_numbers(ada, world):
    phone = ada.phone()
    for numbers in ([1], [4], [9]):
        seqs(phone, world, *numbers)
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.update(Device).values(gaps=None))
    assert seqs(phone, world, 3, 10) == [[2, 2], [5, 8]]


@given(batches=st.lists(st.lists(st.integers(1, 30), max_size=8), max_size=8))
def test_however_numbers_come_the_gaps_are_what_has_not_come(batches):
    highest, gaps = 0, []
    for batch in batches:
        highest, gaps = seen(highest, gaps, batch)
    told = {number for batch in batches for number in batch}
    assert highest == max(told, default=0)
    missing = [number for first, last in gaps for number in range(first, last + 1)]
    assert missing == [number for number in range(1, highest) if number not in told]
    assert all(last + 1 < first for (_, last), (first, _) in itertools.pairwise(gaps)), "no two that are one"


def test_two_pushes_of_one_phone_at_once_lose_no_gap(ada, world):
    """A page's and its worker's: the second must not take back what the first had noted."""
    phone = ada.phone()
    ops = [understand(LooseOperation.model_validate(phone.op(world.placed("film", float(at))))) for at in range(5)]
    pushes = [
        Push(ada.person_id, phone.device_id, "test", clock.now(), clock.now(), sent)
        for sent in ([ops[0], ops[4]], ops[:1])
    ]
    assert [answer.missing for answer in push_all(db.engine, pushes)] == [[(2, 4)], [(2, 4)]]
    assert seqs(phone, world, 6) == [[2, 4]]
