"""The way out to push services: https, to a host of the list, at a public address that was just checked, and no further.

What answers is somebody else's machine. Nothing is followed, a few KiB are read, and every wait has an end. Where the
server leaves only through a proxy, the proxy finds the address, and refusing private ones is its duty.
"""

import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from config import Settings

LONGEST_S = 5.0
"""For a connection, and again for the answer as a whole: one that drips a byte at a time gains nothing."""
LOOKUP_S = 2.0
"""A person waits while a subscription is saved; the system's own look-up knows no limit."""
MOST_BODY = 4 * 1024
LONGEST_ENDPOINT = 2_048
MOST_ADDRESSES = 3
"""so many of a host's addresses are tried"""

Resolve = Callable[[str], Sequence[str]]
Connect = Callable[[str, int], socket.socket]

_ENDPOINT = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?(/(?:(?![\\#])[!-~])*)", re.IGNORECASE)
"""So narrow that no two readers of it can find different hosts: no user before an @, no port, no backslash."""


class Barred(Exception):
    """We do not go there. `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def resolved(host: str) -> list[str]:
    """The addresses of a host. Raises OSError where there are none."""
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def connected(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), LONGEST_S)


def is_public(address: str) -> bool:
    """The address is everyone's: of no house, of no machine, and not one that only wraps such a one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return found.is_global and not found.is_multicast
    wrapped = _wrapped(found)
    if wrapped:
        return all(is_public(str(one)) for one in wrapped)
    return found in _EVERYONES and found.is_global and found.scope_id is None


_EVERYONES = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _wrapped(found: ipaddress.IPv6Address) -> Sequence[ipaddress.IPv4Address]:
    """The IPv4 addresses that this one leads to in truth."""
    if found in _NAT64:
        return [ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)]
    inner = found.ipv4_mapped or found.sixtofour
    return [inner] if inner else found.teredo or []


class Egress:
    """Where this server may push to, and the one session that carries it there."""

    def __init__(
        self, settings: Settings, *, resolve: Resolve = resolved, connect: Connect = connected,
        context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._hosts = settings.push_hosts.lower().split()
        self._local, self._proxy = settings.push_local, settings.egress_proxy
        self._resolve, self._connect = resolve, connect
        self._lookups = ThreadPoolExecutor(2, "lookup")
        self.session = self._made_session(context or trusting())

    def origin(self, endpoint: str) -> str:
        """The origin of an endpoint, in small letters. Raises Barred where it is not one of the list, by https on 443."""
        if len(endpoint) > LONGEST_ENDPOINT:
            raise Barred("too_long")
        if self._local and endpoint.startswith(f"{self._local}/"):
            return self._local
        found = _ENDPOINT.fullmatch(endpoint)
        if not found:
            raise Barred("not_an_endpoint")
        host = found[1].lower()
        if not self.lists(host):
            raise Barred("not_on_the_list")
        return f"https://{host}"

    def lists(self, host: str) -> bool:
        return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in self._hosts)

    def addresses(self, host: str) -> list[str]:
        """The host's addresses. Raises Barred where one of them is not public, or there is none."""
        try:
            found = list(self._resolve(host))
        except (OSError, UnicodeError):
            raise Barred("unresolved") from None
        if not found:
            raise Barred("unresolved")
        if not all(is_public(one) for one in found):
            raise Barred("private_address")
        return found

    def leads_inside(self, origin: str) -> bool:
        """True where the origin is known to lead to a private address; what cannot be resolved is not known to."""
        if self._proxy or origin == self._local:
            return False
        try:
            self._lookups.submit(self.addresses, origin.removeprefix("https://")).result(LOOKUP_S)
        except Barred as barred:
            return barred.reason == "private_address"
        except TimeoutError:
            pass
        return False

    def open(self, connection: HTTPSConnection) -> socket.socket:
        """A socket to the connection's host, at an address that was found and checked now."""
        failed: OSError | None = None
        for address in self.addresses(connection.host)[:MOST_ADDRESSES]:
            try:
                return self._connect(address, connection.port)
            except OSError as error:
                failed = error
        raise NewConnectionError(connection, f"no connection to {connection.host}") from failed

    def _made_session(self, context: ssl.SSLContext) -> requests.Session:
        session = _Session()
        session.adapters.clear()
        session.mount("https://", _Adapter(_pool_through(self.open), context))
        if self._local:
            session.mount(f"{self._local}/", _Adapter(HTTPSConnectionPool, context))
        if self._proxy:
            session.proxies = {"https": self._proxy}
        return session


def trusting() -> ssl.SSLContext:
    """Whom this machine trusts, and whom browsers do."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Bounded(ssl.SSLSocket):
    """Every wait for the other side ends at one moment, which each request sets."""

    until = float("inf")

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        left = self.until - time.monotonic()
        self.settimeout(min(max(left, 0.001), LONGEST_S))
        return super().recv_into(*arguments, **named)


def _pool_through(open_socket: Callable[[HTTPSConnection], socket.socket]) -> type[HTTPConnectionPool]:
    """Connections that open their socket in this way, or as usual to a proxy, and answer in time."""

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return super()._new_conn() if self.proxy else open_socket(self)

        def request(self, *arguments: Any, **named: Any) -> None:
            if isinstance(self.sock, _Bounded):
                self.sock.until = time.monotonic() + LONGEST_S
            super().request(*arguments, **named)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool


class _Adapter(HTTPAdapter):
    """Takes in an answer's first few KiB and leaves the rest."""

    def __init__(self, pool: type[HTTPConnectionPool], context: ssl.SSLContext) -> None:
        self._pool, self._context = pool, context
        context.sslsocket_class = _Bounded
        super().__init__(pool_connections=64, pool_maxsize=16)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"https": self._pool, "http": HTTPConnectionPool}

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named, ssl_context=self._context)
        manager.pool_classes_by_scheme = {"https": self._pool}
        return manager

    def cert_verify(self, *_: Any) -> None:
        """The context knows whom to trust; the library would read its own list again for each connection."""

    def send(self, *arguments: Any, **named: Any) -> requests.Response:
        response = super().send(*arguments, **named)
        response.raw = io.BytesIO(_beginning_of(response.raw))
        return response


def _beginning_of(raw: Any) -> bytes:
    """A short body is read, so that the connection can be used again; else the connection is closed. The status is known."""
    try:
        body: bytes = raw.read(MOST_BODY + 1, decode_content=False)
    except (HTTPError, OSError):
        raw.close()
        return b""
    if len(body) > MOST_BODY:
        raw.close()
    else:
        raw.release_conn()
    return body[:MOST_BODY]


class _Session(requests.Session):
    """Follows nothing, keeps no cookies, and takes nothing from the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        return super().request(*arguments, **named | {"allow_redirects": False, "stream": True})
