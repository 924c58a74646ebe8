"""A web process that cuts nobody off when it is told to stop, and that no silent line keeps from letting others in: neither a
release nor somebody else's line is a failure to a phone."""

import errno
import selectors
import socket
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from gunicorn.sock import TCPSocket
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

LINGER_S = 2.0
"""So long who was answered for the last time may leave the line open."""
FIRST_WORD_S = 5.0
"""So long who has knocked before a stop may take to say the first word."""


class Lines:
    """Lines in the order in which they came to be silent, of which any one goes at once when it speaks.

    Gunicorn's own are searched from the eldest on for each that speaks: where thousands were asked to come again, that takes
    as long as to refuse them.
    """

    def __init__(self) -> None:
        self._lines: OrderedDict[TConn, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[TConn]:
        return iter(self._lines)

    def __getitem__(self, index: int) -> TConn:
        """The eldest: gunicorn asks for no other."""
        return next(islice(self._lines, index, None))

    def append(self, conn: TConn) -> None:
        self._lines[conn] = None

    def remove(self, conn: TConn) -> None:
        del self._lines[conn]

    def popleft(self) -> TConn:
        return self._lines.popitem(last=False)[0]


class WebProcess(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """gunicorn's, but for two ends, who has not spoken yet, and who makes room.

    Its own: who has knocked already is let in and answered, and the door is shut at once.

    Gunicorn's own lets in nobody else and keeps the port open until its last answer is given: who comes meanwhile waits
    for nothing, and is cut off.

    And that of a line on which nothing more is answered: it is looked after among all others until the other side hangs up.
    Gunicorn's own waits for each of them up to two seconds, in the one thread that lets everybody in.

    Who is let in has a thread when it has said something. Gunicorn's own gives each one that keeps it for up to five seconds:
    as many as there are threads say nothing, and nobody is heard.

    Where there are as many lines as may be, those on which nobody says anything make room. Gunicorn's own lets in nobody
    until one of them is over: the kernel turns away who comes, and each tries again after one second, two and four.
    """

    sockets: list[TCPSocket]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keepalived_conns, self.pending_conns = Lines(), Lines()
        self._leaving: dict[TConn, float] = {}
        """until when each line is kept, the eldest first"""

    def accept(self, listener: TCPSocket) -> None:
        try:
            line, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, line, address, listener.getsockname())
        if _has_spoken(line):
            conn.data_ready = True
            self.enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(line, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
            return
        self._leaving[conn] = time.monotonic() + LINGER_S
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._hear_out, conn))
        except (OSError, ValueError, KeyError):
            self._hang_up(conn)

    def _hear_out(self, conn: TConn, _line: socket.socket) -> None:
        """What still comes is nothing to us, but were it not read, the other side might lose our answer."""
        try:
            still = conn.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            still = b""
        if not still:
            self._hang_up(conn)

    def _hang_up(self, conn: TConn) -> None:
        del self._leaving[conn]
        with suppress(OSError, ValueError, KeyError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        super().murder_pending()
        now = time.monotonic()
        for conn in [one for one, until in self._leaving.items() if until <= now]:
            self._hang_up(conn)

    def set_accept_enabled(self, enabled: bool) -> None:
        is_full = self.alive and self.nr_conns >= self.worker_connections
        if not enabled and is_full and self._make_room():
            return
        if enabled or is_full:
            super().set_accept_enabled(enabled)
            return
        for listener in self.sockets:
            with suppress(OSError):
                self._let_in(listener)
        super().set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()
        self.sockets = []

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        last = deadline + FIRST_WORD_S - STOP_KEEPALIVE_LINGER
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, last)

    def _make_room(self) -> bool:
        """Whether a line on which nothing is asked was hung up: one that is over, one that has never spoken, the longest silent."""
        if self._leaving:
            self._hang_up(next(iter(self._leaving)))
            return True
        for silent in (self.pending_conns, self.keepalived_conns):
            for conn in silent:
                if not _has_spoken(conn.sock):
                    silent.remove(conn)
                    self.poller.unregister(conn.sock)
                    self.nr_conns -= 1
                    conn.close()
                    return True
        return False

    def _let_in(self, listener: TCPSocket) -> None:
        """Everybody who has knocked."""
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)


def _has_spoken(line: socket.socket) -> bool:
    """Something stands there that was not read yet."""
    try:
        return bool(line.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
