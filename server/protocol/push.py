"""Push subscriptions, and the phones that a person has."""

from typing import Annotated, Literal

from pydantic import Field

from .wire import Id, Instant, Message, Words

Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+={0,2}$", max_length=96)]


class PushKey(Message):
    """The server's VAPID key (RFC 8292): a subscription holds for the key that it was made with."""

    key: str = Field(description="the public key, uncompressed point, base64url")
    key_id: str


class PushSubscribed(Message):
    """Where this phone's push service takes messages for it (RFC 8030), and the keys to write them with (RFC 8291)."""

    device_id: Id
    endpoint: Words = Field(min_length=12, max_length=2_048)
    p256dh: Base64Url
    auth: Base64Url
    key_id: str = Field(max_length=16)


class OwnDevice(Message):
    """A phone of one's own; when it was last heard only its owner sees."""

    device_id: Id
    label: str
    registered_at: Instant
    last_heard_at: Instant
    is_this: bool = Field(description="the one that asks, by its id in the query")
    gets_push: bool
    push_confirmed_at: Instant | None


class OwnDevices(Message):
    devices: list[OwnDevice]


class PushTested(Message):
    """What became of a test message; that it was handed over does not say that it was shown."""

    said: Literal["handed_over", "later", "refused", "gone", "no_subscription"]
