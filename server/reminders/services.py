"""The self-test: is each push service reached from here, and does it take what we send?"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import requests
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from config import Settings

from .egress import LONGEST_S, Barred, Egress
from .models import PushService
from .push import failure

SERVICES = (
    ("Google", "fcm.googleapis.com"),
    ("Mozilla", "updates.push.services.mozilla.com"),
    ("Apple", "web.push.apple.com"),
    ("Microsoft", "wns2-par02p.notify.windows.com"),
)


class Reached(NamedTuple):
    """`said` is a stable code: `push.said.<code>` in the texts."""

    service: str
    host: str
    is_reached: bool
    said: str


class Refusing(NamedTuple):
    host: str
    refused_at: datetime
    reason: str


def reach(settings: Settings, egress: Egress | None = None) -> list[Reached]:
    """A connection to each service, by the way that messages take: address checked, TLS, a proxy where there is one."""
    way = egress or Egress(settings)
    return [_asked(way, service, host) for service, host in SERVICES]


def _asked(way: Egress, service: str, host: str) -> Reached:
    """Any answer at all is one: it says that the way is open."""
    try:
        way.session.head(f"{way.origin(f'https://{host}/')}/", timeout=LONGEST_S)
    except Barred as barred:
        return Reached(service, host, False, barred.reason)
    except requests.TooManyRedirects:
        pass
    except requests.RequestException as error:
        return Reached(service, host, False, (failure(error).reason or "failed").removeprefix("push_"))
    return Reached(service, host, True, "reached")


def refusing(connection: Connection) -> Sequence[Refusing]:
    """The services that refuse what we send, since when they last did, and why."""
    found = sa.select(PushService.host, PushService.refused_at, PushService.reason).order_by(PushService.host)
    return [Refusing(*row) for row in connection.execute(found)]
