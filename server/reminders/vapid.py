"""The keys by which push services know this server (VAPID, RFC 8292): made at the first start, kept with 0600.

They are numbered and none is ever thrown away: a subscription holds only for the key that it was made with. The highest
is the one for new subscriptions; the older ones write to phones that have not come by since.
"""

from datetime import datetime, timedelta
from pathlib import Path

from server.foundation import point_keys
from server.foundation.point_keys import PointKey as VapidKey

HOLDS_FOR = timedelta(hours=12)
"""How long a signed claim holds; RFC 8292 allows a day at most, and clocks differ."""
_NAME = "push"


def ring(data: Path) -> list[VapidKey]:
    """The server's keys, the newest first; the first one is made where there is none."""
    return point_keys.ring(data, _NAME)


def rotate(data: Path) -> VapidKey:
    """There is a new key for new subscriptions. The older ones stay, for the phones that were subscribed with them."""
    return point_keys.rotate(data, _NAME)


def claims(subject: str, audience: str, at: datetime) -> dict[str, str | int]:
    """What a message claims, made anew for each: a shared one would carry one service's name to the next."""
    return {"sub": subject, "aud": audience, "exp": int((at + HOLDS_FOR).timestamp())}
