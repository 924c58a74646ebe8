"""Rings of P-256 keys: made at the first use, kept with 0600, numbered, and none is ever thrown away.

Phones hold on to the public half that they were told; the highest number is the one for whoever asks now.
"""

import hashlib
import re
from base64 import urlsafe_b64encode
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from . import keys

SEALING = "sealing"
"""What phones seal the acts to that they keep for somebody who has signed out."""


class PointKey(NamedTuple):
    id: str
    """a short hash of the public key"""
    public: str
    """the uncompressed point, base64url"""
    pem: str


def ring(data: Path, name: str) -> list[PointKey]:
    """The keys of that name, the newest first; the first one is made where there is none."""
    numbers = _numbers(data, name)
    if not numbers:
        keys.kept(data, f"{name}-1", _made)
        numbers = _numbers(data, name)
    paths = [data / f"{name}-{number}.key" for number in numbers]
    return [_read(path, path.stat().st_mtime_ns) for path in paths]


def rotate(data: Path, name: str) -> PointKey:
    """There is a newer key of that name. The older ones stay."""
    newest = (_numbers(data, name) or [0])[0]
    keys.kept(data, f"{name}-{newest + 1}", _made)
    return ring(data, name)[0]


def _numbers(data: Path, name: str) -> list[int]:
    found = (re.fullmatch(rf"{name}-(\d+)\.key", path.name) for path in data.glob(f"{name}-*.key"))
    return sorted((int(one[1]) for one in found if one), reverse=True)


@cache
def _read(path: Path, _written_at: int) -> PointKey:
    pem = path.read_text("ascii")
    private = serialization.load_pem_private_key(pem.encode(), None)
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    public = urlsafe_b64encode(point).decode().rstrip("=")
    return PointKey(hashlib.sha256(point).hexdigest()[:12], public, pem)


def _made() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )
