"""Web Push: a letter to a phone, encrypted for it alone (RFC 8291), signed by us (RFC 8292), in the declarative shape
that every engine reads and iOS shows by itself."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, NamedTuple

import requests
import sqlalchemy as sa
from py_vapid import Vapid02
from sqlalchemy.engine import Connection

from config import Settings
from server.foundation import clock
from server.foundation.bulk import put
from server.foundation.database import any_of, packed

from . import subscribing, vapid
from .egress import LONGEST_S, Barred, Egress
from .letters import GONE, OK, Letter, Send, Sent, later, refused
from .models import PushService, PushSubscription, Reminder

LONGEST = 3_900
"""Bytes before encryption: the shortest limit of a push service is 4,096 after it."""
LONGEST_TTL_S = 28 * 24 * 3600
LONGEST_WAIT_S = 24 * 3600
NOBODY = "mailto:rundtur@localhost.localdomain"
"""who stands behind messages in development"""

UNREACHED = {"push_timeout", "push_no_connection", "push_proxy", "push_unresolved", "push_tls"}
ENOUGH_FAILED = 5
"""of a batch: then its service is down, and the rest of the batch does not wait for it one by one"""
HOW = ("ok", "gone", "later", "refused")

log = logging.getLogger(__name__)


class Phone(NamedTuple):
    """A subscription as sending needs it."""

    id: str
    person_id: str
    endpoint: str
    p256dh: str
    auth: str
    key_id: str


_PHONES = sa.select(
    PushSubscription.id, PushSubscription.person_id, PushSubscription.endpoint, PushSubscription.p256dh,
    PushSubscription.auth, PushSubscription.key_id,
).where(any_of(PushSubscription.id, "ids"))  # fmt: skip
_UNSEEN = (
    sa.select(Reminder.person_id, sa.func.count())
    .where(any_of(Reminder.person_id, "people"), Reminder.closed_at.is_(None), Reminder.seen_at.is_(None))
    .group_by(Reminder.person_id)
)


class Push:
    """The channel of phones (letters.Channel). Made once a process; its session is made at the first letter."""

    def __init__(self, settings: Settings, egress: Egress | None = None) -> None:
        self.settings, self._given = settings, egress

    @cached_property
    def egress(self) -> Egress:
        return self._given or Egress(self.settings)

    @cached_property
    def _signers(self) -> dict[str, Vapid02]:
        return {}

    def check(self, endpoint: str, p256dh: str, auth: str, key_id: str) -> None:
        """We could send there. Raises EndpointRefused, PushKeysWrong, KeyIsOld.

        A name that cannot be resolved now is taken: the list has said whose it is, the phone cannot mend our DNS, and the
        address is looked up and checked again by each connection.
        """
        try:
            inside = self.egress.leads_inside(self.egress.origin(endpoint))
        except Barred:
            raise subscribing.EndpointRefused from None
        if inside:
            raise subscribing.EndpointRefused
        subscribing.check_keys(p256dh, auth)
        if key_id not in {key.id for key in vapid.ring(self.settings.data)}:
            raise subscribing.KeyIsOld

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        """The phones, the counts on their badges and the keys are read; what is returned needs no database."""
        addresses = sorted({letter.address for letter in letters})
        phones = {row.id: Phone(*row) for row in connection.execute(_PHONES, {"ids": addresses})}
        people = sorted({letter.person_id for letter in letters})
        unseen = dict(connection.execute(_UNSEEN, {"people": people}).tuples().all())
        self._signers.update(
            (key.id, Vapid02.from_pem(key.pem.encode()))
            for key in vapid.ring(self.settings.data)
            if key.id not in self._signers
        )

        down: Counter[str] = Counter()

        def send(letter: Letter) -> Sent:
            phone = phones.get(letter.address)
            if phone is None or phone.person_id != letter.person_id or not self.settings.push:
                return GONE
            host = host_of(phone.endpoint)
            if down[host] >= ENOUGH_FAILED:
                return later("push_service_down")
            sent = self._send(phone, letter, self._payload(letter, unseen.get(letter.person_id, 0)))
            down[host] += sent.reason in UNREACHED
            return sent

        return send

    def note(self, connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
        """What is gone is forgotten; failures are counted until one arrives; a service that refuses is remembered."""
        ids = {how: [letter.address for letter, sent in results if sent.how == how] for how in HOW}
        subscribing.forget(connection, ids["gone"])
        connection.execute(_WELL, {"ids": ids["ok"]})
        connection.execute(_FAILED, {"ids": ids["later"] + ids["refused"], "at": now})
        self._alarm(connection, results, now)

    def _payload(self, letter: Letter, unseen: int) -> bytes:
        """The message, cut to what fits. Without the setting it says nothing of what it is about."""
        words = letter.words if self.settings.open_reminders else letter.neutral
        place = f"/reminders/{letter.reminder_id}" if letter.reminder_id else letter.target
        notification: dict[str, Any] = {
            "title": words.title[:200], "body": words.body, "navigate": f"{self.settings.public_url}{place}",
            "lang": letter.language, "tag": letter.tag, "silent": False, "app_badge": str(unseen),
        }  # fmt: skip
        message = {
            "web_push": 8030, "notification": notification, "app_badge": unseen, "reminder_id": letter.reminder_id or None,
        }  # fmt: skip
        while len(packed(message)) > LONGEST:
            body = notification["body"]
            notification["body"] = body[: len(body) * 3 // 4].rstrip("… ") + "…"
        return packed(message)

    def _send(self, phone: Phone, letter: Letter, payload: bytes) -> Sent:
        signer = self._signers.get(phone.key_id)
        if signer is None:
            return refused("push_key_lost")
        try:
            origin = self.egress.origin(phone.endpoint)
            subject = self.settings.push_subject or NOBODY
            headers = signer.sign(vapid.claims(subject, origin, clock.now()))
            headers |= {"Urgency": letter.urgency, "Topic": letter.topic}
            ttl = min(max(letter.ttl_s, 0), LONGEST_TTL_S)
            return outcome(self._post(phone, payload, headers, ttl), clock.now())
        except Barred as barred:
            return (later if barred.reason == "unresolved" else refused)(f"push_{barred.reason}")
        except requests.RequestException as error:
            return failure(error)

    def _post(self, phone: Phone, payload: bytes, headers: dict[str, str], ttl: int) -> requests.Response:
        from pywebpush import WebPusher  # 8 MB of its own, for the process that sends

        keys = {"p256dh": phone.p256dh, "auth": phone.auth}
        pusher = WebPusher({"endpoint": phone.endpoint, "keys": keys}, self.egress.session)
        answer = pusher.send(payload, headers, ttl=ttl, timeout=LONGEST_S)
        assert isinstance(answer, requests.Response)
        return answer

    def _alarm(self, connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
        """Whoever looks after the server hears once of a service that refuses us, until it takes something again."""
        refusing = set(connection.scalars(sa.select(PushService.host)))
        if not refusing and all(sent.how != "refused" for _, sent in results):
            return
        ids = [letter.address for letter, _ in results]
        hosts = {row.id: host_of(row.endpoint) for row in connection.execute(_PHONES, {"ids": ids})}
        said = {
            hosts[letter.address]: sent for letter, sent in results
            if letter.address in hosts and sent.how in ("ok", "refused")
        }  # fmt: skip
        well = {host for host, sent in said.items() if sent.how == "ok"}
        if refusing & well:
            connection.execute(sa.delete(PushService).where(PushService.host.in_(refusing & well)))
        ill = {host: sent.reason for host, sent in said.items() if sent.how == "refused"}
        for host in set(ill) - refusing:
            log.error("%s refuses our messages (%s); ask with: flask push check", host, ill[host])
        put(connection, PushService, [{"host": host, "refused_at": now, "reason": why} for host, why in ill.items()])


_MINE = any_of(PushSubscription.id, "ids")
_WELL = sa.update(PushSubscription).where(_MINE, PushSubscription.failures > 0).values(failures=0, failed_at=None)
_FAILED = (
    sa.update(PushSubscription)
    .where(_MINE)
    .values(failures=PushSubscription.failures + 1, failed_at=sa.bindparam("at", type_=PushSubscription.failed_at.type))
)


def host_of(endpoint: str) -> str:
    return endpoint.split("/")[2][:253]


def outcome(answer: requests.Response, now: datetime) -> Sent:
    """What a push service's answer means (RFC 8030, and what the services do)."""
    status = answer.status_code
    if 200 <= status < 300:
        return OK
    if status in (404, 410):
        return GONE
    if status == 429 or status >= 500:
        return later(f"push_{status}", wait_of(answer.headers.get("Retry-After"), now))
    named = {413: "push_too_large"} | dict.fromkeys(range(300, 400), "push_redirect")
    return refused(named.get(status, f"push_{status}"))


def wait_of(told: str | None, now: datetime) -> int | None:
    """The seconds that a Retry-After asks for, which is a number or a date; a day at most."""
    if not told:
        return None
    try:
        seconds = int(told) if told.strip().isdigit() else round((parsedate_to_datetime(told) - now).total_seconds())
    except (ValueError, TypeError):
        return None
    return min(seconds, LONGEST_WAIT_S) if seconds >= 0 else None


_FAILURES: tuple[tuple[type[requests.RequestException], Sent], ...] = (
    (requests.TooManyRedirects, refused("push_redirect")),
    (requests.Timeout, later("push_timeout")),
    (requests.exceptions.SSLError, later("push_tls")),
    (requests.exceptions.ProxyError, later("push_proxy")),
    (requests.ConnectionError, later("push_no_connection")),
)


def failure(error: requests.RequestException) -> Sent:
    return next((sent for kind, sent in _FAILURES if isinstance(error, kind)), later("push_failed"))
