"""A push service on loopback, as strict as the real ones: it checks who signs, for whom and how long, decrypts what it
is given with the phone's keys, and counts.

For tests it lives in a thread of theirs; `python -m tests.support.push_service PORT FILE` runs one for phones that
`FILE` holds, which tells at GET /counts what it took.
"""

import base64
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

MOST = 4096


def to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def to_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Subscribed(NamedTuple):
    """What a phone got from its push service, and keeps to itself."""

    token: str
    endpoint: str
    private: ec.EllipticCurvePrivateKey
    auth: bytes
    key: str
    """the server's public key that it was made with"""

    @property
    def p256dh(self) -> str:
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return to_text(point)

    def asked(self, device_id: str, key_id: str) -> dict[str, str]:
        """protocol.PushSubscribed"""
        return {
            "device_id": device_id, "endpoint": self.endpoint, "p256dh": self.p256dh, "auth": to_text(self.auth),
            "key_id": key_id,
        }  # fmt: skip

    def opened(self, body: bytes) -> Any:
        text = http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
        return json.loads(text)


class Taken(NamedTuple):
    """A message that the service took."""

    token: str
    message: dict[str, Any]
    headers: dict[str, str]
    claims: dict[str, Any]


class PushService:
    """Takes messages for its phones; `answers` makes it behave otherwise for one of them."""

    def __init__(self, port: int = 0, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.phones: dict[str, Subscribed] = {}
        self.taken: list[Taken] = []
        self.refused: list[tuple[int, str]] = []
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.connections = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._calls())
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def subscribe(self, key: str) -> Subscribed:
        token = to_text(os.urandom(12))
        made = Subscribed(
            token, f"{self.origin}/p/{token}", ec.generate_private_key(ec.SECP256R1()), os.urandom(16), key
        )
        self.phones[token] = made
        return made

    def serve(self) -> None:
        self._server.serve_forever(0.05)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, token: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        """The answer to one message: status, headers, words."""
        phone = self.phones.get(token)
        if phone is None:
            return 410, {}, "gone"
        wrong, claims = judged(headers, phone.key, self.origin, self._now())
        if wrong or token in self.answers:
            status, more = wrong or self.answers[token]
            self.refused.append((status, json.dumps(more)))
            return status, more if not wrong else {}, json.dumps(more)
        if len(body) > MOST:
            return 413, {}, "too large"
        message = phone.opened(body)
        with self._lock:
            self.taken.append(Taken(token, message, headers, claims))
            self.counts[token, message["notification"]["tag"]] += 1
        return 201, {"Location": f"{self.origin}/m/1"}, ""

    def _calls(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Call(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def setup(self) -> None:
                super().setup()
                service.connections += 1

            def log_message(self, *_: Any) -> None:
                pass

            def answer(self, status: int, headers: dict[str, str], text: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.answer(*service.take(self.path.rpartition("/")[2], headers, body))

            def do_HEAD(self) -> None:
                self.answer(200, {}, "")

            def do_GET(self) -> None:
                told = {"tags": [[*key, count] for key, count in service.counts.items()], "refused": service.refused}
                self.answer(200, {}, json.dumps(told | {"connections": service.connections}))

        return Call


def judged(
    headers: dict[str, str], key: str, origin: str, now: float
) -> tuple[tuple[int, dict[str, str]] | None, dict[str, Any]]:
    """What a real service would object to (status and reason), and what the message claims."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "vapid" or set(parts) != {"t", "k"}:
        return (401, {"reason": "no vapid"}), {}
    if to_bytes(parts["k"]) != to_bytes(key):
        return (403, {"reason": "another key than the subscription's"}), {}
    head, body, signature = parts["t"].split(".")
    raw = to_bytes(signature)
    claims = json.loads(to_bytes(body))
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(parts["k"])).verify(
            utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
            f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()),
        )  # fmt: skip
    except InvalidSignature:
        return (403, {"reason": "signature"}), claims
    rules = {
        "aud": claims["aud"] == origin,
        "exp": now < claims["exp"] <= now + 86_400,
        "sub": claims["sub"].startswith("mailto:"),
        "ttl": headers.get("ttl", "").isdigit(),
        "urgency": headers.get("urgency") in ("very-low", "low", "normal", "high"),
        "topic": 0 < len(headers.get("topic", "")) <= 32,
        "encoding": headers.get("content-encoding") == "aes128gcm",
    }
    broken = next((name for name, holds in rules.items() if not holds), None)
    return ((400, {"reason": broken}) if broken else None), claims


@contextmanager
def push_service(now: Callable[[], float] = time.time) -> Any:
    """A service in a thread of this process, gone afterwards."""
    service = PushService(now=now)
    thread = threading.Thread(target=service.serve, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join()


def main(port: str, file: str) -> None:
    service = PushService(int(port))
    for line in Path(file).read_text().splitlines():
        token, scalar, auth, key = line.split()
        private = ec.derive_private_key(int(scalar), ec.SECP256R1())
        service.phones[token] = Subscribed(token, f"{service.origin}/p/{token}", private, to_bytes(auth), key)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    service.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
