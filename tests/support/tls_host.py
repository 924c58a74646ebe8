"""A host behind TLS that answers as it likes: what it says and when is the test's; and a net that leads there."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answer = Callable[[ssl.SSLSocket, threading.Event], None]


class Authority:
    """A certificate for `names`, and the context that trusts who signed it (itself)."""

    def __init__(self, folder: Path, *names: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.certificate, self.key = folder / "host.crt", folder / "host.key"
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    def served(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class TlsHost:
    """Takes one request a connection and answers as told; `over` ends answers that never end."""

    def __init__(self, authority: Authority, answer: Answer) -> None:
        self._answer, self._context = answer, authority.served()
        self.over = threading.Event()
        self.named: list[str | None] = []
        """which hosts were asked for (SNI)"""
        self.requests: list[bytes] = []
        self._context.sni_callback = lambda _socket, name, _context: self.named.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self._open.append(plain.dup())
                one = threading.Thread(target=self._serve, args=(plain,), daemon=True)
                self._threads.append(one)
                one.start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError), plain, self._context.wrap_socket(plain, server_side=True) as tls:
            while True:
                self.requests.append(_request(tls))
                self._answer(tls, self.over)

    def stop(self) -> None:
        self.over.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)


def _request(tls: ssl.SSLSocket) -> bytes:
    """One request with its body. Raises OSError at the connection's end."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(tls)
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length:
        body += _some(tls)
    return head + b"\r\n\r\n" + body


def _some(tls: ssl.SSLSocket) -> bytes:
    got = tls.recv(65_536)
    if not got:
        raise OSError("over")
    return got


def says(status: str, *headers: str, body: bytes = b"") -> Answer:
    """Answers at once."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]

    def answer(tls: ssl.SSLSocket, _: threading.Event) -> None:
        tls.sendall("\r\n".join(lines).encode() + body)

    return answer


def drips(start: bytes, more: bytes) -> Answer:
    """Begins, and goes on a little at a time for as long as it is let."""

    def answer(tls: ssl.SSLSocket, over: threading.Event) -> None:
        tls.sendall(start)
        while not over.wait(0.02):
            tls.sendall(more)

    return answer


class Net:
    """The names and addresses of a test: what is looked up, and which sockets were opened where."""

    def __init__(self, port: int | None) -> None:
        self.names: dict[str, list[str]] = {}
        self.opened: list[tuple[str, int]] = []
        self.looked_up: list[str] = []
        self._port = port

    def resolve(self, host: str) -> list[str]:
        self.looked_up.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return self.names[host]

    def connect(self, address: str, port: int) -> socket.socket:
        self.opened.append((address, port))
        if self._port is None:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self._port), 5)


@contextmanager
def tls_host(authority: Authority, answer: Answer) -> Iterator[TlsHost]:
    host = TlsHost(authority, answer)
    try:
        yield host
    finally:
        host.stop()
