"""What a request of the sync carries: read once, bounded, inflated; and whether it tells something."""

import re
import zlib
from typing import Protocol

from server.foundation.errors import BadRequest, TooLarge

MOST_BODY = 256 * 1024
MOST_INFLATED = 1024 * 1024

_OPERATIONS = re.compile(rb'"operations"\s*+:\s*+\[\s*+[^\s\]]')
"""What begins a list that is not empty: looked for, not understood, so that who is sent away costs next to nothing."""


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def tells_something(body: bytes) -> bool:
    return bool(_OPERATIONS.search(body))


def raw_of(stream: Stream, length: int) -> bytes:
    """What was sent, as it came. Raises TooLarge."""
    if length > MOST_BODY:
        raise TooLarge
    raw = stream.read(MOST_BODY + 1)
    if len(raw) > MOST_BODY:
        raise TooLarge
    return raw


def inflated(raw: bytes, encoding: str) -> bytes:
    """What it says. Raises BadRequest, TooLarge."""
    if encoding == "identity":
        return raw
    if encoding != "gzip":
        raise BadRequest
    inflate = zlib.decompressobj(wbits=31)
    try:
        body = inflate.decompress(raw, MOST_INFLATED)
    except zlib.error:
        raise BadRequest from None
    if inflate.unconsumed_tail or not inflate.eof:
        raise TooLarge if inflate.unconsumed_tail else BadRequest
    return body
