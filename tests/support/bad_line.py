"""The worst network that a phone meets: it loses questions and answers, cuts, delays and doubles them, and comes and goes."""

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}
LATE_S = 1.0
RST = struct.pack("ii", 1, 0)
"""closed with SO_LINGER 0, a connection ends with a reset"""


class Fate(StrEnum):
    """What becomes of a question under way."""

    CARRIED = "carried"
    LOST = "lost before the server heard it"
    UNANSWERED = "taken by the server, and the answer lost"
    CUT = "the answer breaks off in the middle"
    LATE = "the answer comes a second late"
    TWICE = "heard twice at once"
    RESET = "the connection is reset"


TROUBLE = tuple(fate for fate in Fate if fate is not Fate.CARRIED)


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class BadLine:
    """Carries everything to that port of this machine; what is asked of the API meets `trouble`, dealt by a seed."""

    def __init__(self, port: int, seed: int = 1) -> None:
        self.port = port
        self.fates: Counter[Fate] = Counter()
        self.bytes = 0
        """of bodies under the API, both ways, also of what never arrived"""
        self.told: Callable[[str, bytes], None] = lambda path, body: None
        """hears what a page posts under /told/: it is told before the page may go on"""
        self._dice, self._bag, self._trouble = random.Random(seed), list[Fate](), tuple[Fate, ...]()
        self._up_s, self._down_s, self._since = 0.0, 0.0, 0.0
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Carrying", (_Carrying,), {"line": self}))
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._http.server_address[1]}"

    def is_bad(self, *trouble: Fate) -> None:
        """Each of these befalls as many questions as each other, in an order by the seed."""
        with self._lock:
            self._trouble, self._bag = trouble, []

    def flaps(self, up_s: float, down_s: float) -> None:
        """From now on there is a network for so long, and none for so long, over and over."""
        self._up_s, self._down_s, self._since = up_s, down_s, time.monotonic()

    def is_good(self) -> None:
        self.is_bad()
        self._down_s = 0.0

    @property
    def is_down(self) -> bool:
        if not self._down_s:
            return False
        return (time.monotonic() - self._since) % (self._up_s + self._down_s) > self._up_s

    def deal(self) -> Fate:
        with self._lock:
            if not self._trouble:
                return Fate.CARRIED
            if not self._bag:
                self._bag = self._dice.sample(self._trouble, len(self._trouble))
            fate = self._bag.pop()
            self.fates[fate] += 1
            return fate

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Carrying(BaseHTTPRequestHandler):
    line: BadLine

    def _carry(self) -> None:
        self.close_connection = True
        with suppress(OSError, http.client.HTTPException):
            self._answer_or_not()

    def _answer_or_not(self) -> None:
        if self.line.is_down:
            self._reset()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/told/"):
            self.line.told(self.path, body)
            self._answer(Answer(204, [], b""))
        elif self.path.startswith("/api/"):
            self._carry_question(body)
        else:
            self._answer(self._ask(body))

    def _carry_question(self, body: bytes) -> None:
        self.line.bytes += len(body)
        fate = self.line.deal()
        answer = self._meet(fate, body)
        if fate is Fate.RESET or self.line.is_down:
            self._reset()
        elif answer:
            self.line.bytes += len(answer.body)
            self._answer(answer, is_cut=fate is Fate.CUT)

    def _meet(self, fate: Fate, body: bytes) -> Answer | None:
        """What comes back to the phone."""
        if fate in (Fate.LOST, Fate.RESET):
            return None
        if fate is Fate.TWICE:
            with ThreadPoolExecutor(2) as both:
                return [*both.map(self._ask, (body, body))][-1]
        answer = self._ask(body)
        if fate is Fate.LATE:
            time.sleep(LATE_S)
        return None if fate is Fate.UNANSWERED else answer

    def _ask(self, body: bytes) -> Answer:
        server = http.client.HTTPConnection("127.0.0.1", self.line.port, timeout=30)
        try:
            server.request(self.command, self.path, body or None, dict(self.headers.items()))
            answer = server.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP]
            return Answer(answer.status, headers, answer.read())
        finally:
            server.close()

    def _answer(self, answer: Answer, is_cut: bool = False) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if is_cut else answer.body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self.connection.close()

    do_GET = do_POST = do_DELETE = do_PUT = _carry

    def log_message(self, *_: Any) -> None:
        """Nothing: what is carried is counted, not told."""
