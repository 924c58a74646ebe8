"""The keys by which push services know this server (VAPID, RFC 8292): made at the first start, kept with 0600.

They are numbered and none is ever thrown away: a subscription holds only for the key that it was made with. The highest
is the one for new subscriptions; the older ones write to phones that have not come by since.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.foundation import keys

HOLDS_FOR = timedelta(hours=12)
"""How long a signed claim holds; RFC 8292 allows a day at most, and clocks differ."""
_NAME = re.compile(r"push-(\d+)\.key")


class VapidKey(NamedTuple):
    id: str
    """a short hash of the public key"""
    public: str
    """the uncompressed point, base64url"""
    pem: str


def ring(data: Path) -> list[VapidKey]:
    """The server's keys, the newest first; the first one is made where there is none."""
    numbers = _numbers(data)
    if not numbers:
        keys.kept(data, "push-1", _made)
        numbers = _numbers(data)
    paths = [data / f"push-{number}.key" for number in numbers]
    return [_read(path, path.stat().st_mtime_ns) for path in paths]


def rotate(data: Path) -> VapidKey:
    """There is a new key for new subscriptions. The older ones stay, for the phones that were subscribed with them."""
    newest = (_numbers(data) or [0])[0]
    keys.kept(data, f"push-{newest + 1}", _made)
    return ring(data)[0]


def claims(subject: str, audience: str, at: datetime) -> dict[str, str | int]:
    """What a message claims, made anew for each: a shared one would carry one service's name to the next."""
    return {"sub": subject, "aud": audience, "exp": int((at + HOLDS_FOR).timestamp())}


def _numbers(data: Path) -> list[int]:
    found = (_NAME.fullmatch(path.name) for path in data.glob("push-*.key"))
    return sorted((int(name[1]) for name in found if name), reverse=True)


@cache
def _read(path: Path, _written_at: int) -> VapidKey:
    pem = path.read_text("ascii")
    private = serialization.load_pem_private_key(pem.encode(), None)
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    public = urlsafe_b64encode(point).decode().rstrip("=")
    return VapidKey(hashlib.sha256(point).hexdigest()[:12], public, pem)


def _made() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )
