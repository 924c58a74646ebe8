"""Sealed boxes: readable to the server alone, whole or not at all, and what did not count reaches its person elsewhere."""

import json
import random
import stat

import pytest
import sqlalchemy as sa

from server.foundation import point_keys
from server.foundation.limits import limiter
from server.learning.models import Note, StepCompletion
from server.sync import routes
from server.sync.models import SyncOperation
from tests.support.sealed import contents, hand_in, sealed, ticket_of, to_bytes, to_text


@pytest.fixture
def phone(ada):
    return ada.phone()


@pytest.fixture
def ticket(phone):
    return ticket_of(phone)


def test_what_was_sealed_comes_true_under_its_person_once(app, phone, ticket, world, count):
    acts = [phone.op(one) for one in (*world.all_of_hygien(), world.noted("Hej"))]
    box = sealed(contents(phone, ticket, acts), ticket)
    for _ in range(2):
        answer = hand_in(app, box)
        assert (answer.status_code, answer.get_json()) == (200, {"protocol": 1, "taken": 5})
    assert count(sa.select(SyncOperation)) == 5
    assert len(phone.pull().rows("step_completion")) == 4
    assert next(iter(phone.rows("note").values()))["text"] == "Hej"


def test_an_answer_to_a_box_tells_nothing_of_its_person(app, phone, ticket, world):
    act = phone.op(world.noted("Hej"))
    said = hand_in(app, sealed(contents(phone, ticket, [act]), ticket)).get_data(as_text=True)
    assert act["op_id"] not in said
    assert phone.actor.person_id not in said


def test_what_did_not_count_stands_in_its_persons_receipts_elsewhere(app, ada, phone, ticket, world):
    act = phone.op(world.done("nowhere"))
    wrong = phone.op(world.by_code("torget", code="00000000"))
    taken = phone.op(world.done("tvatta"))
    hand_in(app, sealed(contents(phone, ticket, [act, wrong, taken]), ticket))
    receipts = ada.phone().pull().rows("receipt")
    told = {key: (row["status"], row["code"], row["operation"]) for key, row in receipts.items()}
    assert told == {
        act["op_id"]: ("rejected", "unknown_step", act),
        wrong["op_id"]: ("review", "code_wrong", wrong),
    }


def test_times_are_judged_by_the_clock_that_sends(app, ada, phone, ticket, world, clock):
    """The phone is two days fast, when sealing and when sending alike."""
    done_at = clock.now
    act = phone.op(world.done("tvatta"), at=clock.move(days=2))
    clock.move(days=-2, hours=3)
    box = sealed(contents(phone, ticket, [act]), ticket, sent_at=f"{clock.move(days=2):%Y-%m-%dT%H:%M:%S.000Z}")
    clock.move(days=-2)
    assert hand_in(app, box).status_code == 200
    (row,) = ada.phone().pull().rows("step_completion").values()
    assert row["completed_at"] == f"{done_at:%Y-%m-%dT%H:%M:%S.000Z}"


def test_where_the_ticket_is_over_its_person_hands_the_box_in_by_signing_in(
    app, ada, bruno, phone, world, count, clock
):
    given = ticket_of(phone)
    box = sealed(contents(phone, given, [phone.op(world.done("tvatta"))]), given)
    clock.move(days=46)
    assert hand_in(app, box).status_code == 401
    assert bruno.post("/api/sync/sealed", box).status_code == 401
    assert ada.post("/api/sync/sealed", box).status_code == 200
    assert count(sa.select(StepCompletion)) == 1


def test_a_box_sealed_to_an_older_key_is_opened_as_before(app, phone, ticket, world, settings):
    box = sealed(contents(phone, ticket, [phone.op(world.done("tvatta"))]), ticket)
    newer = point_keys.rotate(settings.data, point_keys.SEALING)
    assert ticket_of(phone)["key_id"] == newer.id != ticket["key_id"]
    assert hand_in(app, box).status_code == 200


def test_the_key_is_read_by_the_server_alone(ticket, settings):
    assert stat.S_IMODE((settings.data / "sealing-1.key").stat().st_mode) == 0o600


SPOILT = {
    "no operations": lambda inside: inside | {"operations": []},
    "101 operations": lambda inside: inside | {"operations": inside["operations"] * 101},
    "an unknown field": lambda inside: inside | {"mood": "good"},
    "a missing field": lambda inside: {key: value for key, value in inside.items() if key != "device_id"},
    "an operation number 0": lambda inside: inside | {"operations": [inside["operations"][0] | {"seq": 0}]},
    "depth 100,000": lambda inside: json.loads("[" * 400 + "]" * 400),
    "a text": lambda inside: "hello",
}


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILT.items()])
def test_what_lies_in_a_box_is_read_as_strictly_as_an_envelope(app, phone, ticket, world, count, spoil):
    inside = contents(phone, ticket, [phone.op(world.done("tvatta"))])
    answer = hand_in(app, sealed(spoil(inside), ticket))
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert count(sa.select(SyncOperation)) == 0


def test_an_operation_over_its_limit_is_refused_in_a_box_too(app, phone, ticket, world, count):
    song = phone.op({"kind": "sang", "song": "x" * routes.MOST_OPERATION})
    assert hand_in(app, sealed(contents(phone, ticket, [song]), ticket)).status_code == 413
    assert count(sa.select(SyncOperation)) == 0


def test_a_thousand_tampered_boxes_write_nothing(app, phone, ticket, world, count):
    limiter.enabled = False
    chance = random.Random(20261125)
    box = sealed(contents(phone, ticket, [phone.op(world.noted("Hej"))]), ticket)
    statuses = set()
    for _ in range(1_000):
        field = chance.choice(["key_id", "point", "nonce", "text", "text", "text"])
        statuses.add(hand_in(app, box | {field: tampered(box[field], chance)}).status_code)
    limiter.enabled = True
    assert statuses == {400}
    assert count(sa.select(SyncOperation)) == count(sa.select(Note)) == 0
    assert hand_in(app, box).status_code == 200


def tampered(text, chance):
    """A bit flipped, cut, lengthened, swapped or replaced."""
    raw = bytearray(to_bytes(text) if len(text) % 4 != 1 else text.encode())
    way, at = chance.randrange(5), chance.randrange(len(raw))
    if way == 0:
        raw[at] ^= 1 << chance.randrange(8)
    elif way == 1:
        del raw[at:]
    elif way == 2:
        raw += chance.randbytes(chance.randint(1, 40))
    elif way == 3:
        raw = bytearray(chance.randbytes(len(raw)))
    else:
        return text[:at] + chance.choice(["ö", " ", "=", "\0", "/", "*" * 300]) + text[at:]
    return to_text(bytes(raw))
