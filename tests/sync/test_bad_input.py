"""Whatever comes: a named outcome or one clear refusal, no 500, nothing lost (issue §6, FAULTS 52–55)."""

import gzip
import itertools
import json
import random
import time

import pytest
import sqlalchemy as sa

from server.foundation import ids
from server.learning.models import Note, Place, StepCompletion
from server.sync import body, routes
from server.sync.models import SyncOperation
from tests.cast import Phone, an_id


@pytest.fixture
def phone(ada):
    return ada.phone()


@pytest.fixture
def sound(phone, world):
    """A good envelope with one good operation, to be spoilt."""
    return phone.envelope([phone.op(world.done("tvatta"))])


def text(body):
    return json.dumps(body).encode()


def with_operation(body, **fields):
    return body | {"operations": [body["operations"][0] | fields]}


def without(body, name):
    return {key: value for key, value in body.items() if key != name}


REFUSED = {
    "nothing at all": lambda body: b"",
    "half of it": lambda body: text(body)[:-20],
    "not JSON": lambda body: b"hello",
    "HTML": lambda body: b"<html>",
    "null": lambda body: b"null",
    "a list": lambda body: text([body]),
    "not UTF-8": lambda body: text(body) + b"\xff",
    "UTF-16": lambda body: json.dumps(body).encode("utf-16"),
    "an unknown field": lambda body: text(body | {"mood": "good"}),
    "a missing field": lambda body: text(without(body, "sent_at")),
    "a number as text": lambda body: text(body | {"protocol": "1"}),
    "another protocol": lambda body: text(body | {"protocol": 2}),
    "an id that is none": lambda body: text(body | {"device_id": "x"}),
    "an id in capitals": lambda body: text(body | {"device_id": body["device_id"].upper()}),
    "a time without a zone": lambda body: text(body | {"sent_at": "2026-11-24T08:00:00.000"}),
    "a thirteenth month": lambda body: text(body | {"sent_at": "2026-13-24T08:00:00.000Z"}),
    "the year 0": lambda body: text(body | {"sent_at": "0000-01-01T00:00:00.000Z"}),
    "operations that are no list": lambda body: text(body | {"operations": {}}),
    "an operation that is none": lambda body: text(body | {"operations": [1]}),
    "101 operations": lambda body: text(body | {"operations": body["operations"] * 101}),
    "an operation number 0": lambda body: text(with_operation(body, seq=0)),
    "an operation number of 2^53": lambda body: text(with_operation(body, seq=2**53)),
    "an operation number of 10^100": lambda body: text(with_operation(body, seq=10**100)),
    "NaN as a number": lambda body: text(with_operation(body, seq=float("nan"))),
    "NUL in a kind": lambda body: text(with_operation(body, kind="a\0b")),
    "NUL in the app's version": lambda body: text(body | {"app_version": "1\0"}),
    "a lone surrogate": lambda body: text(body).replace(b"tvatta", b"\\ud800"),
    "a cursor without end": lambda body: text(body | {"cursor": "x" * 8_193}),
    "depth 9": lambda body: text(body | {"operations": nested(7)}),
    "depth 100,000": lambda body: b"[" * 100_000,
    "an open string of backslashes": lambda body: b'{"' + b"\\" * 100_001,
}


def nested(depth):
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in REFUSED.items()])
def test_an_envelope_that_is_wrong_is_refused_as_a_whole_and_nothing_is_taken(phone, sound, count, spoil):
    said = phone.send_raw(spoil(sound))
    assert (said.status, said.code) == (400, "bad_request")
    assert count(sa.select(SyncOperation)) == 0
    assert phone.send_raw(text(sound)).said == ["applied"]


NAMED = {
    "an unknown field": ({"mood": "good"}, "rejected:invalid"),
    "NaN in an unknown field": ({"mood": float("nan")}, "rejected:invalid"),
    "infinity in an unknown field": ({"mood": float("inf")}, "rejected:invalid"),
    "10^100 in an unknown field": ({"mood": 10**100}, "rejected:invalid"),
    "NUL in an unknown field": ({"mood": "a\0b"}, "rejected:invalid"),
    "NUL in the name of an unknown field": ({"mo\0od": 1}, "rejected:invalid"),
    "a missing field": ({"course_id": None}, "rejected:invalid"),
    "a wrong type": ({"version": 1.5}, "rejected:invalid"),
    "a version of 10^100": ({"version": 10**100}, "rejected:invalid"),
    "a step key with NUL": ({"step_key": "a\0"}, "rejected:invalid"),
    "a time in the thirteenth month": ({"occurred_at": "2026-13-01T00:00:00.000Z"}, "rejected:invalid"),
    "a time in the year 0": ({"occurred_at": "0000-01-01T00:00:00.000Z"}, "rejected:invalid"),
    "a time heard in the thirteenth month": ({"heard_server_at": "2026-13-01T00:00:00.000Z"}, "rejected:invalid"),
    "the year 1": ({"occurred_at": "0001-01-01T00:00:00.000Z"}, "applied"),
    "the year 1970": ({"occurred_at": "1970-01-01T00:00:00.000Z"}, "applied"),
    "the year 2099": ({"occurred_at": "2099-12-31T23:59:59.999Z"}, "applied"),
    "the year 9999": ({"occurred_at": "9999-12-31T23:59:59.999Z"}, "applied"),
    "a server heard in 9999": ({"heard_server_at": "9999-12-31T23:59:59.999Z"}, "applied"),
    "a course that is not there": ({"course_id": an_id(9)}, "rejected:gone"),
    "a step that is not there": ({"step_key": "nowhere"}, "rejected:unknown_step"),
    "a version that is not there": ({"version": 9}, "rejected:unknown_step"),
    "an unknown kind": ({"kind": "sang"}, "deferred:newer"),
    "an unknown kind with 10^100": ({"kind": "sang", "mood": 10**100}, "deferred:newer"),
    "an unknown kind with NaN": ({"kind": "sang", "mood": float("nan")}, "deferred:newer"),
    "an unknown kind with 10^100 and NaN": ({"kind": "sang", "mood": [10**100, float("nan")]}, "deferred:newer"),
    "an unknown kind with a time before time": (
        {"kind": "sang", "occurred_at": "0001-01-01T00:00:00+23:59", "heard_server_at": "0001-01-01T00:00:00+23:59"},
        "deferred:newer",
    ),
    "an unknown kind with a time that is none": (
        {"kind": "sang", "occurred_at": [], "heard_server_at": 7},
        "deferred:newer",
    ),
    "a newer version": ({"v": 2}, "deferred:newer"),
}


@pytest.mark.parametrize(("fields", "outcome"), [pytest.param(*case, id=name) for name, case in NAMED.items()])
def test_an_operation_that_is_wrong_has_a_named_outcome_and_its_neighbour_is_applied(phone, world, fields, outcome):
    op = phone.op(world.done("tvatta")) | fields
    said = phone.send(op, phone.op(world.done("film")))
    assert said.said == [outcome, "applied"]
    assert phone.send(op).outcome == said.outcomes[0]


def test_nul_in_a_note_has_a_named_outcome(phone, world, count):
    assert phone.sync(world.noted("a\0b"), world.done("film")).said == ["rejected:invalid", "applied"]
    assert count(sa.select(Note)) == 0


def test_nan_as_a_place_has_a_named_outcome(phone, world, count):
    assert phone.sync(world.placed("film", float("nan"))).said == ["rejected:invalid"]
    assert count(sa.select(Place)) == 0


def test_brackets_in_a_note_are_words(phone, world):
    written = '[[[[[[[[[[ {{{{{{{{{{ \\" \\'
    assert phone.sync(world.noted(written)).said == ["applied"]
    assert next(iter(phone.rows("note").values()))["text"] == written


def test_brackets_in_a_note_hide_no_depth(phone, sound):
    sound["operations"] = [{"text": "]" * 50, "deep": nested(6)}]
    assert phone.send_raw(text(sound)).code == "bad_request"


def test_any_letter_in_a_note_comes_back_as_it_was_written(phone, world):
    written = "Åäö 日本語 👩🏽‍🚒 \u200f\u0001\x7f \ufffe e\u0301"
    phone.sync(world.noted(written))
    assert next(iter(phone.rows("note").values()))["text"] == written


def test_a_hundred_operations_are_taken(phone, world):
    assert phone.sync(*[world.placed("film", float(second)) for second in range(100)]).said.count("applied") == 1


def test_a_body_over_its_limit_is_refused_by_name(phone, sound):
    said = phone.send_raw(text(sound) + b" " * body.MOST_BODY)
    assert (said.status, said.code) == (413, "too_large")


@pytest.mark.parametrize("song", ["x" * routes.MOST_OPERATION, "å" * 15_000], ids=["letters", "bytes"])
def test_an_operation_over_its_limit_is_refused_by_name(phone, sound, count, song):
    said = phone.send_raw(text(with_operation(sound, kind="sang", song=song)))
    assert (said.status, said.code) == (413, "too_large")
    assert count(sa.select(SyncOperation)) == 0


def test_a_zip_bomb_is_refused_before_it_is_unpacked(phone):
    bomb = gzip.compress(b"[" + b" " * 100_000_000 + b"]")
    assert len(bomb) < body.MOST_BODY
    began = time.process_time()
    said = phone.send_raw(bomb, Content_Encoding="gzip")
    assert (said.status, said.code) == (413, "too_large")
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("spoil", [lambda z: z[:-9], lambda z: b"hello", lambda z: z[:10] + b"\0" * 30, lambda z: b""])
def test_a_broken_zip_is_refused(phone, sound, spoil):
    assert phone.send_raw(spoil(gzip.compress(text(sound))), Content_Encoding="gzip").code == "bad_request"


def test_an_unknown_way_of_packing_is_refused(phone, sound):
    assert phone.send_raw(text(sound), Content_Encoding="br").code == "bad_request"


def test_a_thousand_fuzzed_bodies_meet_no_defect(ada, world, count):
    """Cut, flipped, doubled and overwritten bodies, from a seed."""
    chance = random.Random(20261124)
    phone = ada.phone()
    whole = text(
        phone.envelope([phone.op(one) for one in (*world.all_of_hygien(), world.noted("Hej"), world.by_code("torget"))])
    )
    bits = [
        b"null",
        b"NaN",
        b"-1e999",
        b"1" * 400,
        b"\\ud800",
        b"\\u0000",
        b"[[[[",
        b"{}",
        b'"',
        b"\xff",
        b"true",
        b"[]",
    ]
    statuses = set()
    for _ in range(1_000):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at, length = chance.randrange(len(body) + 1), chance.randint(0, 30)
            body[at : at + length] = chance.choice(
                [b"", bytes([chance.randrange(256)]), chance.choice(bits), body[at : at + 9]]
            )
        statuses.add(phone.send_raw(bytes(body)).status)
    assert statuses <= {200, 400, 409, 413}
    assert phone.send_raw(whole).status == 200
    phone.pull()
    assert len(phone.rows("step_completion")) >= 4


VALUES = [None, True, -1, 0, 1.5, 10**30, "", "x", "\0", [], {}, [None], {"a": 1}, "2026-13-01T00:00:00.000Z"]


def test_every_field_with_every_wrong_value_has_a_named_outcome(ada, world):
    phone = ada.phone()
    statements = [*world.all_of_hygien(), world.placed("film", 1.0), world.noted("Hej"), world.chose("brand"),
                  world.by_code("torget"), world.by_place("torget"), world.prefers("en")]  # fmt: skip
    for statement, value in itertools.product(statements, VALUES):
        for field in statement:
            said = phone.send(phone.op(statement | {field: value}))
            assert said.status in (200, 400), (statement["kind"], field, value)
            if said.status == 200:
                assert said.outcome["status"] in ("applied", "merged", "deferred", "rejected"), (
                    statement,
                    field,
                    value,
                )


def test_no_id_of_another_opens_anything(ada, bruno, carla, world, count):
    """Every id that ada knows or guesses, in every place that takes one."""
    theirs = carla.phone()
    theirs.sync(world.done("ga", "skolvagen"), world.noted("Hemligt", "ga", "skolvagen"))
    known = [
        *world.people.values(), *world.courses.values(), *world.units.values(), *world.departures.values(),
        *world.activities.values(), *world.programmes.values(), theirs.device_id, an_id(1), ids.new_id(),
    ]  # fmt: skip
    phone = ada.phone()
    mine = {world.courses["hygien"], world.courses["brand"]}
    for one in known:
        step = "larma" if one == world.courses["brand"] else "tvatta"
        said = phone.sync(
            world.done("ga", one), world.done("tvatta", one), world.tried("ova", {}, one), world.chose(one),
            world.by_place("rummet", one), world.by_code("torget", one), world.noted("Mitt", step, one),
            world.placed(step, None, one),
        ).outcomes  # fmt: skip
        for outcome in said[:-1]:
            allowed = one in mine or one in world.departures.values()
            assert allowed or outcome["code"] == "gone", (one, outcome)
        assert one in mine or one in world.activities.values() or said[-1]["code"] == "gone", (one, said[-1])
    for model in (StepCompletion, Note):
        assert count(sa.select(model).where(model.person_id != ada.person_id)) == 1
    assert {row["course_id"] for row in phone.pull().rows("note").values()} == mine
    assert set(phone.rows("place")) == {*mine, *world.activities.values()}
    assert carla.person_id not in repr(phone.pull().replica)
    assert "Hemligt" not in repr(phone.replica)


def test_no_envelope_speaks_for_another(ada, bruno, world, count):
    theirs = bruno.phone()
    phone = ada.phone()
    for person, device in itertools.product((ada, bruno), (phone, theirs)):
        if (person, device) != (ada, phone):
            said = Phone(ada, registers=False).send(
                world.done("tvatta"), person_id=person.person_id, device_id=device.device_id
            )
            assert said.status == 409
    assert count(sa.select(StepCompletion)) == 0
