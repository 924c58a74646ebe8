"""A proxy of the kind that municipalities have: it lets CONNECT through to where its own net leads, or says no."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    def __init__(self, port: int, refuses: bool = False) -> None:
        self._to, self._refuses = port, refuses
        self.asked: list[str] = []
        self.headers: list[str] = []
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            first, *headers = head.decode().strip().split("\r\n")
            self.asked.append(first)
            self.headers += headers
            if self._refuses:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                client.close()
                return
            there = socket.create_connection(("127.0.0.1", self._to))
            self._open.append(there)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=_pour, args=(there, client), daemon=True).start()
            _pour(client, there)

    def stop(self) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def _pour(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while got := one.recv(65_536):
            other.sendall(got)
        other.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(port: int, refuses: bool = False) -> Iterator[Proxy]:
    """A proxy whose every name leads to that port of this machine."""
    made = Proxy(port, refuses)
    try:
        yield made
    finally:
        made.stop()
