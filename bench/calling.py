"""One line of a phone to the server, that costs its machine little."""

import asyncio
import gzip
import json
import re
import time
from typing import Any, NamedTuple

import brotli

ZIPPED_ABOVE = 1024
_TIMING = re.compile(r"queue;dur=(\d+), work;dur=(\d+)")


class Stages(NamedTuple):
    """Where the time of one answer went."""

    line: float
    """until the line stood: nothing where it stood already"""
    queue: float
    """by the server's own account: until it had a place"""
    work: float
    """by its own account, too: as long as it had the place"""
    rest: float
    """on the way, at the door of the process, and here"""


class Said(NamedTuple):
    """One answer, and how long it took."""

    status: int
    body: bytes
    retry_after_s: int
    took_s: float
    stages_s: Stages

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Line:
    """A connection that is opened when it is first needed, and again where the server has closed it."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> Said:
        begun = time.monotonic()
        zipped = "Content-Encoding: gzip\r\n" if len(body) > ZIPPED_ABOVE else ""
        body = gzip.compress(body, 1) if zipped else body
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Rundtur-Client: bench\r\nCookie: {self._cookie}\r\n"
            f"Content-Type: application/json\r\nAccept-Encoding: br\r\n{zipped}Content-Length: {len(body)}\r\n\r\n"
        )
        for is_new in (self._streams is None, True):
            try:
                return await self._once(head.encode() + body, begun)
            except (OSError, asyncio.IncompleteReadError):
                self.hang_up()
                if is_new:
                    raise
        raise AssertionError

    async def _once(self, request: bytes, begun: float) -> Said:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        line_s = time.monotonic() - begun
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            self.hang_up()
        took_s = time.monotonic() - begun
        body = brotli.decompress(body) if fields.get("content-encoding") == "br" else body
        stages = _stages(line_s, fields.get("server-timing", ""), took_s)
        return Said(int(head[9:12]), body, int(fields.get("retry-after", 0)), took_s, stages)

    def hang_up(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None


def _stages(line_s: float, timing: str, took_s: float) -> Stages:
    told = _TIMING.search(timing)
    queue_s, work_s = (int(one) / 1000 for one in told.groups()) if told else (0.0, 0.0)
    return Stages(line_s, queue_s, work_s, took_s - line_s - queue_s - work_s)
