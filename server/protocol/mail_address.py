"""A person's own mail address: asked for, and shown to be theirs."""

from pydantic import Field

from .wire import Message, Words


class MailAddressWanted(Message):
    """A code goes there; nothing has changed until it comes back."""

    address: Words = Field(min_length=3, max_length=254)


class MailAddressCode(Message):
    """What stood in the mail, with or without its dash."""

    code: Words = Field(min_length=1, max_length=20)
