"""Bodies that somebody sends who means us no good, from a seed (FAULTS 52)."""

import gzip
import json
import random
from collections.abc import Iterator
from typing import Any

from server.sync.body import MOST_BODY

BITS = [b"null", b"NaN", b"-1e999", b"1" * 400, b"\\ud800", b"\\u0000", b"[[[[", b"{}", b'"', b"\xff", b"true", b"[]"]

BOMB = gzip.compress(b"[" + b" " * 100_000_000 + b"]", 9)
"""Small enough to be let in: what it unpacks to is not."""
assert len(BOMB) < MOST_BODY
MILLION = json.dumps(dict.fromkeys(map(str, range(1_000_000)), 0)).encode()


def monsters(valid: bytes) -> dict[str, tuple[bytes, dict[str, str]]]:
    """Each is refused by every route that takes JSON: (body, headers) by name."""
    first = json.dumps(next(iter(json.loads(valid)))).encode()
    return {
        "nothing": (b"", {}),
        "half": (valid[: len(valid) // 2], {}),
        "lists in lists": (b"[" * 100_000, {}),
        "objects in objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, {}),
        "a deep field": (b"{" + first + b":" + b"[" * 100_000 + b"]" * 100_000 + b"}", {}),
        "a million keys": (MILLION, {}),
        "twenty thousand keys": (json.dumps(dict.fromkeys(map(str, range(20_000)), 0)).encode(), {}),
        "a key twice": (valid[:-1] + b"," + first + b":[]}", {}),
        "a lone surrogate": (valid[:-1] + b',"\\ud800":1}', {}),
        "not a number": (valid[:-1] + b"," + first + b":NaN}", {}),
        "10^100": (valid[:-1] + b"," + first + b":1" + b"0" * 100 + b"}", {}),
        "10^100000": (valid[:-1] + b"," + first + b":1" + b"0" * 100_000 + b"}", {}),
        "a zip bomb": (BOMB, {"Content-Encoding": "gzip"}),
        "half a zip": (gzip.compress(valid)[:-9], {"Content-Encoding": "gzip"}),
        "a text without its end": (b'{"' + b"\\" * 100_001, {}),
        "another alphabet": (valid.decode().encode("utf-16"), {}),
        "a form": (b"email=a&password=b", {}),
    }  # fmt: skip


def spoilt(valid: bytes, chance: random.Random) -> Iterator[bytes]:
    """Without end: noise, and the valid body cut, flipped, doubled and overwritten. Some of them are still valid."""
    while True:
        if chance.random() < 0.2:
            yield chance.randbytes(chance.randint(1, 400))
            continue
        body = bytearray(valid)
        for _ in range(chance.randint(1, 4)):
            at, length = chance.randrange(len(body) + 1), chance.randint(0, 30)
            body[at : at + length] = chance.choice(
                [b"", bytes([chance.randrange(256)]), chance.choice(BITS), body[at : at + 9]]
            )
        yield bytes(body)


def has_trace(text: str) -> list[str]:
    """Words by which an answer would show what is inside of the server."""
    return [
        word for word in ("Traceback", 'File "', ".py", "sqlalchemy", "psycopg", "sqlite", "SELECT ") if word in text
    ]


def as_body(value: Any) -> bytes:
    return json.dumps(value).encode()
