"""The cursor: how far a phone has read each of its streams, signed so that nobody can make one up (SYNC.md §3).

Layout, base64url: epoch (8 bytes), then for each stream its kind (1 byte), its id (16 bytes) and its seq (8 bytes), then
16 bytes of HMAC-SHA256 over it all and the person. Bound to the person: a foreign one does not verify.
"""

import base64
import binascii
import hmac
import struct
from typing import NamedTuple
from uuid import UUID

KINDS = {"person": 1, "audience": 2, "departure": 3}
_NAMES = {number: name for name, number in KINDS.items()}
_ROW = struct.Struct(">B16sQ")
_MAC = 16


class Cursor(NamedTuple):
    epoch: str
    reached: dict[str, int]


def encode(cursor: Cursor, person_id: str, secret: bytes) -> str:
    body = bytes.fromhex(cursor.epoch)
    for stream, seq in sorted(cursor.reached.items()):
        kind, _, subject = stream.partition(":")
        body += _ROW.pack(KINDS[kind], UUID(subject).bytes, seq)
    return base64.urlsafe_b64encode(body + _sign(body, person_id, secret)).rstrip(b"=").decode()


def decode(text: str | None, person_id: str, secret: bytes) -> Cursor | None:
    """The cursor that we gave this person, or None: there is none, or it is not ours."""
    if not text:
        return None
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    body, mac = packed[:-_MAC], packed[-_MAC:]
    if len(body) < 8 or (len(body) - 8) % _ROW.size or not hmac.compare_digest(mac, _sign(body, person_id, secret)):
        return None
    rows = (_ROW.unpack_from(body, at) for at in range(8, len(body), _ROW.size))
    return Cursor(body[:8].hex(), {f"{_NAMES[kind]}:{UUID(bytes=subject)}": seq for kind, subject, seq in rows})


def _sign(body: bytes, person_id: str, secret: bytes) -> bytes:
    return hmac.digest(secret, person_id.encode() + b"\0" + body, "sha256")[:_MAC]
