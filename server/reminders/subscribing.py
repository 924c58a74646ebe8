"""Where a person's phones take reminders: push subscriptions come, move, and end."""

import hashlib
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.engine import Connection

from server.foundation import ids
from server.foundation.bulk import put
from server.foundation.errors import NotFound, Refusal
from server.people import devices
from server.people.models import Session as SignIn

from .models import PushSubscription, ReminderDelivery

MOST_A_PERSON = 10


class PushOff(Refusal):
    """This organisation sends no push messages."""

    code: ClassVar[str] = "push_off"


class EndpointRefused(Refusal):
    """The endpoint is of no push service that we send to."""

    code: ClassVar[str] = "endpoint_refused"
    status: ClassVar[int] = 422


class PushKeysWrong(Refusal):
    """The subscription's keys are none that a message could be written with."""

    code: ClassVar[str] = "push_keys_wrong"
    status: ClassVar[int] = 422


class KeyIsOld(Refusal):
    """The subscription was made with a key that is not the server's: the phone subscribes again."""

    code: ClassVar[str] = "key_is_old"


def check_keys(p256dh: str, auth: str) -> None:
    """A message can be written with these. Raises PushKeysWrong."""
    try:
        point, secret = _decoded(p256dh), _decoded(auth)
        if len(point) != 65 or point[0] != 4 or len(secret) != 16:
            raise PushKeysWrong
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise PushKeysWrong from None


def _decoded(text: str) -> bytes:
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def subscribe(
    connection: Connection, *, person_id: str, device_id: str, session_hash: str, endpoint: str, p256dh: str, auth: str,
    key_id: str, at: datetime, app_version: str,
) -> str:  # fmt: skip
    """The phone takes reminders at the endpoint, for this person and for nobody else. Again: it was confirmed at `at`.

    An endpoint that another person of the same phone had moves. Above ten, the phone that was longest unconfirmed gives
    way: the one in the hand is the one that counts. Returns the subscription's id; may raise DeviceTaken.
    """
    devices.hear(connection, [devices.Call(device_id, person_id, app_version, at)])
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    before = connection.execute(_OF_DEVICE, {"device": device_id}).one_or_none()
    _make_room(connection, person_id, device_id, digest)
    kept = {
        "p256dh": p256dh.rstrip("="), "auth": auth.rstrip("="), "key_id": key_id, "session_hash": session_hash,
        "confirmed_at": at,
    }  # fmt: skip
    if before and before.endpoint_hash == digest:
        connection.execute(sa.update(PushSubscription).where(PushSubscription.id == before.id).values(kept))
        return str(before.id)
    new = ids.new_id()
    row = kept | {
        "id": new, "person_id": person_id, "device_id": device_id, "endpoint": endpoint,
        "endpoint_hash": digest, "made_at": at, "failures": 0,
    }  # fmt: skip
    if before:
        connection.execute(sa.delete(PushSubscription).where(PushSubscription.id == before.id))
        _send_after(connection, person_id, before.id, new)
    put(connection, PushSubscription, [row], replace=False)  # the page and its worker may say so at once
    return new


_OF_DEVICE = sa.select(PushSubscription.id, PushSubscription.endpoint_hash).where(
    PushSubscription.device_id == sa.bindparam("device")
)


def _make_room(connection: Connection, person_id: str, device_id: str, digest: str) -> None:
    """The endpoint is nobody else's, and with this phone's the person has at most ten."""
    elsewhere = PushSubscription.device_id != device_id
    connection.execute(sa.delete(PushSubscription).where(elsewhere, PushSubscription.endpoint_hash == digest))
    others = (
        sa.select(PushSubscription.id)
        .where(elsewhere, PushSubscription.person_id == person_id)
        .order_by(PushSubscription.confirmed_at.desc(), PushSubscription.id.desc())
        .offset(MOST_A_PERSON - 1)
    )
    forget(connection, connection.scalars(others).all())


def _send_after(connection: Connection, person_id: str, old: str, new: str) -> None:
    """What waits for the phone's former endpoint goes to the new one."""
    waiting = sa.update(ReminderDelivery).where(
        ReminderDelivery.person_id == person_id, ReminderDelivery.channel == "push", ReminderDelivery.address == old,
        ReminderDelivery.state.in_(("waiting", "claimed")),
    )  # fmt: skip
    connection.execute(waiting.values(address=new))


def forget(connection: Connection, ids_: Sequence[str]) -> None:
    """Those subscriptions are no more. Again: they stay gone."""
    if ids_:
        connection.execute(sa.delete(PushSubscription).where(PushSubscription.id.in_(ids_)))


def unsubscribe(connection: Connection, *, person_id: str, device_id: str) -> None:
    """The person's phone takes no reminders. Again, or where it took none: nothing changes."""
    connection.execute(
        sa.delete(PushSubscription).where(
            PushSubscription.device_id == device_id, PushSubscription.person_id == person_id
        )
    )


def remove_device(connection: Connection, *, person_id: str, device_id: str, session_hash: str, at: datetime) -> None:
    """The phone is off the person's list, takes no reminders and is signed out, except where it is the one that asks.

    A lost phone is signed out where we know its session: by its subscription. Raises NotFound where it is not theirs.
    """
    if not devices.remove(connection, device_id, person_id, at):
        raise NotFound
    theirs = sa.select(PushSubscription.session_hash).where(PushSubscription.device_id == device_id)
    connection.execute(
        sa.delete(SignIn).where(
            SignIn.token_hash.in_(theirs), SignIn.person_id == person_id, SignIn.token_hash != session_hash
        )
    )
    unsubscribe(connection, person_id=person_id, device_id=device_id)


def carry_over(connection: Connection, *, old: str, new: str) -> None:
    """A sign-in that takes another's place in the same browser takes its subscription along."""
    connection.execute(sa.update(PushSubscription).where(PushSubscription.session_hash == old).values(session_hash=new))


def of_person(connection: Connection, person_id: str) -> dict[str, Any]:
    """The person's subscriptions, by phone."""
    mine = sa.select(
        PushSubscription.device_id,
        PushSubscription.confirmed_at,
        PushSubscription.session_hash,
        PushSubscription.key_id,
    ).where(PushSubscription.person_id == person_id)
    return {row.device_id: row for row in connection.execute(mine)}


def by_key(connection: Connection) -> dict[str, int]:
    """How many subscriptions hang on each key."""
    counted = sa.select(PushSubscription.key_id, sa.func.count()).group_by(PushSubscription.key_id)
    return dict(connection.execute(counted).tuples().all())
