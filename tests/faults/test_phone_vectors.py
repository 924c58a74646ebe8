"""The simulator's model of a phone's store against the app's own (pwa/src/storage): one file of stories, read by both."""

import json
from pathlib import Path

import pytest

from .simsync import store as stores
from .simsync.store import Asked, Store

CASES = json.loads((Path(__file__).parent.parent / "vectors" / "phone.json").read_text("utf-8"))
WALL = 1_700_000_000_000


def told(one):
    """An answer as the wire has it; acts are called by their names."""
    changes = [
        {"stream": stream, "entity": entity, "id": id_, "deleted": data is None, "data": data}
        for stream, entity, id_, data in one["changes"]
    ]
    outcomes = [dict(zip(("op_id", "status", "code", "at"), outcome, strict=True)) for outcome in one["outcomes"]]
    return one | {"changes": changes, "outcomes": outcomes}


def play(given):
    store, asked, how, sent = Store("p", "d"), {}, [], []
    for step in given:
        match step:
            case {"act": name}:
                stores.enter(store, name, {"kind": "step_completed"}, "2026-11-23T08:00:00.000Z", jumped=False)
            case {"ask": name}:
                rows, _ = stores.next_rows(store, 100, lambda _: True)
                asked[name] = Asked(store.cursor, store.epoch)
                sent.append([row.op["op_id"] for row in rows])
            case {"answer": one}:
                how.append(stores.take_answer(store, asked[one["to"]], told(one), WALL).how)
            case _:
                stores.renew_device(store, "other")
    return store, how, sent


def state(store, how, sent):
    return {
        "how": how, "sent": sent,
        "outbox": [[seq, row.op["op_id"], row.outcome and row.outcome["status"]] for seq, row in sorted(store.outbox.items())],
        "ring": sorted(store.ring),
        "attention": sorted([op_id, code] for op_id, (_, code) in store.attention.items()),
        "replica": sorted(" ".join(key) for key in store.replica),
        "cursor": store.cursor, "epoch": store.epoch, "reached": store.reached, "missing": store.missing,
        "partial": store.partial, "last_seq": store.last_seq, "numbered_after": store.numbered_after,
    }  # fmt: skip


@pytest.mark.parametrize(("given", "then"), [pytest.param(one["given"], one["then"], id=one["name"]) for one in CASES])
def test_the_model_of_the_phone_does_what_the_phone_does(given, then):
    assert state(*play(given)) == then
