"""The network between a phone and the server: it carries everything, counts what it carries of films, and can stop within one."""

import http.client
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from bench.ground import Server

CHUNK = 2 * 1024 * 1024
FAR = 1 << 40
PIECE = 64 * 1024
HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}


class Carried(NamedTuple):
    path: str
    start: int
    asked: int
    sent: int


class Line:
    """`until` is where films stop: what lies behind it waits until it is moved."""

    def __init__(self, server: Server) -> None:
        self.server, self.carried = server, list[Carried]()
        self._until, self._moved = FAR, threading.Condition()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Carrying", (_Carrying,), {"line": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._http.server_address[1]}"

    def stop_films_at(self, byte: int) -> None:
        with self._moved:
            self._until = byte
            self._moved.notify_all()

    def wait_for(self, byte: int) -> None:
        with self._moved:
            self._moved.wait_for(lambda: byte < self._until)

    def whole(self, path: str) -> Counter[int]:
        """How often each chunk of a film was carried to its end."""
        return Counter(one.start // CHUNK for one in self.carried if one.path == path and one.sent == one.asked)

    def asked(self, path: str) -> list[int]:
        """The chunks that were asked for, in this order."""
        return [one.start // CHUNK for one in self.carried if one.path == path]

    def close(self) -> None:
        self.stop_films_at(FAR)
        self._http.shutdown()
        self._http.server_close()


class _Carrying(BaseHTTPRequestHandler):
    line: Line

    def _carry(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = http.client.HTTPConnection("127.0.0.1", self.line.server.port, timeout=30)
        try:
            server.request(self.command, self.path, body or None, dict(self.headers.items()))
            answer = server.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.end_headers()
            if (answer.getheader("Content-Type") or "").startswith("video/"):
                self._carry_film(answer)
            else:
                self.wfile.write(answer.read())
        except (OSError, http.client.HTTPException):
            pass  # one of the two is gone: the other hears nothing more
        finally:
            server.close()

    def _carry_film(self, answer: http.client.HTTPResponse) -> None:
        start = int((re.match(r"bytes (\d+)-", answer.getheader("Content-Range") or "") or [0, 0])[1])
        asked, sent = int(answer.getheader("Content-Length") or 0), 0
        at = len(self.line.carried)
        self.line.carried.append(Carried(self.path, start, asked, 0))
        while piece := answer.read(PIECE):
            self.line.wait_for(start + sent)
            self.wfile.write(piece)
            self.wfile.flush()
            sent += len(piece)
            self.line.carried[at] = Carried(self.path, start, asked, sent)

    do_GET = do_POST = do_DELETE = do_PUT = _carry

    def log_message(self, *_: Any) -> None:
        """Nothing: what is carried is counted, not told."""
