"""What a phone numbered and never sent is noticed (SYNC.md §2, FAULTS 36)."""

import pytest

from server.foundation import clock
from server.foundation.database import db
from server.protocol.operations import LooseOperation
from server.sync.exchange import push_all
from server.sync.receive import Push


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


def test_two_pushes_of_one_phone_at_once_lose_no_gap(ada, world):
    """A page's and its worker's: the second must not take back what the first had noted."""
    phone = ada.phone()
    ops = [LooseOperation.model_validate(phone.op(world.placed("film", float(second)))) for second in range(5)]
    pushes = [
        Push(ada.person_id, phone.device_id, "test", clock.now(), clock.now(), sent)
        for sent in ([ops[0], ops[4]], ops[:1])
    ]
    assert [answer.missing for answer in push_all(db.engine, pushes)] == [[(2, 4)], [(2, 4)]]
    assert seqs(phone, world, 6) == [[2, 4]]
