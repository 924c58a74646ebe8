"""Names for things: time-ordered ids and secrets."""

import hashlib
import secrets
import time
from uuid import NAMESPACE_OID, UUID, uuid5


def new_id() -> str:
    """A UUIDv7 (RFC 9562, section 5.7): milliseconds first, so that indexes grow at one end."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=value))


def id_of(*words: str | int) -> str:
    """The id that these words always give, so that what is loaded again is known again."""
    return str(uuid5(NAMESPACE_OID, "/".join(map(str, words))))


def new_secret() -> str:
    """256 random bits as URL-safe text; only its hash is ever stored."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is stored of a secret that has 256 random bits of its own (no salt, no stretching needed)."""
    return hashlib.sha256(secret.encode()).hexdigest()
