"""How often one may try to sign in: flask-limiter over a file that all processes of a machine share.

`limits` counts in the memory of one process, or in a server that somebody would have to run for it. Ours is its moving
window over a small SQLite file: not the product's own, so that a stranger's tries never queue for the writers' place. No
account is ever locked: who waits may try again.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

from flask import Flask, current_app, request
from flask_limiter import Limiter, RouteLimit
from limits.storage import MovingWindowSupport, Storage
from werkzeug.exceptions import HTTPException

from . import clock
from .access import offered_ticket

LONGEST_ADDRESS = 254
"""No more of an account is counted than an e-mail address can be long."""

_TABLE = """
CREATE TABLE IF NOT EXISTS try (key BLOB NOT NULL, at REAL NOT NULL, until REAL NOT NULL);
CREATE INDEX IF NOT EXISTS try_by_key ON try (key, at);
CREATE INDEX IF NOT EXISTS try_by_until ON try (until);
"""


class SharedFile(Storage, MovingWindowSupport):
    """Tries in a file, each until its window has passed. Who tried is kept as a hash."""

    STORAGE_SCHEME: list[str] | None = ["shared-file"]  # noqa: RUF012 - as the library has it
    base_exceptions = sqlite3.Error

    def __init__(self, uri: str, wrap_exceptions: bool = False, *, path: str) -> None:
        super().__init__(uri, wrap_exceptions)
        self._path = path
        with self._open() as file:
            file.executescript(_TABLE)
        Path(path).chmod(0o600)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Opened for each use: rare beside the weighing of a password, and safe for threads and forks."""
        file = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            yield file
        finally:
            file.close()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        with self._open() as file:
            file.execute("BEGIN IMMEDIATE")
            now = clock.seconds()
            file.execute("DELETE FROM try WHERE until <= ?", [now])
            count = file.execute(_COUNT, [_hashed(key), now - expiry]).fetchone()[0]
            if count + amount <= limit:
                file.executemany("INSERT INTO try VALUES (?, ?, ?)", [(_hashed(key), now, now + expiry)] * amount)
            file.execute("COMMIT")
            return bool(count + amount <= limit)

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        now = clock.seconds()
        with self._open() as file:
            count, first = file.execute(_COUNT, [_hashed(key), now - expiry]).fetchone()
        return first or now, count

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        self.acquire_entry(key, 2**31, expiry, amount)
        return self.get(key)

    def get(self, key: str) -> int:
        return self.get_moving_window(key, 0, 2**31)[1]

    def get_expiry(self, key: str) -> float:
        with self._open() as file:
            until = file.execute("SELECT max(until) FROM try WHERE key = ?", [_hashed(key)]).fetchone()[0]
        return until or clock.seconds()

    def check(self) -> bool:
        """False: the limiter counts in memory meanwhile."""
        with suppress(sqlite3.Error), self._open() as file:
            return bool(file.execute("SELECT count(*) FROM try").fetchone())
        return False

    def reset(self) -> int:
        with self._open() as file:
            return file.execute("DELETE FROM try").rowcount

    def clear(self, key: str) -> None:
        with self._open() as file:
            file.execute("DELETE FROM try WHERE key = ?", [_hashed(key)])


_COUNT = "SELECT count(*), min(at) FROM try WHERE key = ? AND at > ?"


def _hashed(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def where_from() -> str:
    """The address that is asked from; of IPv6 the network, within which one machine may have as many as it likes."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address)


limiter = Limiter(
    key_func=where_from, storage_uri="shared-file://", strategy="moving-window", in_memory_fallback_enabled=True
)


def register(app: Flask) -> None:
    """Requests of `app` are counted in its data folder, and answers say how long to wait."""
    path = app.config["SETTINGS"].data / "tries.sqlite3"
    app.config.update(RATELIMIT_HEADERS_ENABLED=True, RATELIMIT_STORAGE_OPTIONS={"path": str(path)})
    limiter.init_app(app)


def tries_at(account: Callable[[], str]) -> RouteLimit:
    """So many tries to sign in, from one address to the account that a request names: at all doors together."""

    def key() -> str:
        try:
            named = account()
        except HTTPException:  # a body too large: the view will say so, and here it would pass for a file that fails
            named = ""
        return f"{where_from()} {named.strip().casefold()[:LONGEST_ADDRESS]}"

    return limiter.shared_limit(
        lambda: str(current_app.config["SETTINGS"].sign_in_limit), "sign-in", key_func=key
    )  # fmt: skip


failures = limiter.shared_limit(
    lambda: str(current_app.config["SETTINGS"].sign_in_failures), "failed sign-in",
    deduct_when=lambda response: response.status_code == 401,
)  # fmt: skip
"""So many failed tries from one address, whatever accounts they name; who signs in does not count."""

TICKET_FAILURES = "60 per minute"
ticket_failures = limiter.shared_limit(
    TICKET_FAILURES, "failed ticket",
    exempt_when=lambda: offered_ticket() is None and not request.path.endswith("/sealed"),
    deduct_when=lambda response: response.status_code in (400, 401, 409),
)  # fmt: skip
"""So many bad tickets and boxes from one address; a phone that only has to sign in again does not count."""
