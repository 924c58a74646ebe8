"""Signing in, the device, and the one shape of a refusal."""

from pydantic import Field

from .wire import Id, Instant, Language, Message, Words


class SignIn(Message):
    email: Words = Field(min_length=3, max_length=254)
    password: Words = Field(min_length=1, max_length=256)


class CodeSignIn(Message):
    """A one-time code from a coordinator, with the password that it makes possible."""

    email: Words = Field(min_length=3, max_length=254)
    code: Words = Field(min_length=8, max_length=16)
    new_password: Words = Field(min_length=1, max_length=256, description="at least 10; a shorter one is named")


class SignedIn(Message):
    person_id: Id
    name: str
    language: Language
    signed_in_until: Instant
    server_time: Instant


class HandoverCode(Message):
    """Carries a session from the browser's tab to the home-screen app of the same phone."""

    code: str
    valid_until: Instant


class HandoverRedeemed(Message):
    code: Words = Field(min_length=8, max_length=16)


class DeviceRegistration(Message):
    device_id: Id
    label: Words = Field(max_length=120)
    person_id: Id | None = Field(None, description="for whom the phone speaks, where it knows")
    numbered_after: int = Field(
        0,
        ge=0,
        lt=2**53,
        description="its operations are numbered from the next one on: those before had another device's id",
    )
    wants_ticket: bool = Field(False, description="the phone has no upload ticket, or one that grows old")
    lost_through: int = Field(
        0,
        ge=0,
        lt=2**53,
        description="its store was cleared: what has not come of its operations up to this one never will",
    )


class UploadTicket(Message):
    """Lets this installation hand in its person's operations without a session; told once."""

    secret: str
    expires_at: Instant
    key_id: str = Field(description="which key a box is sealed to")
    key: str = Field(description="its public half: a P-256 point, base64url")


class DeviceRegistered(Message):
    device_id: Id
    registered_at: Instant
    ticket: UploadTicket | None = None
    missing: list[tuple[int, int]] = Field([], description="to a phone that has lost its store: what never came")


class RefusalBody(Message):
    """Every error of the API has this one shape (RFC 9457 without its URLs)."""

    code: str
    message: str
    retry_after_s: int | None
