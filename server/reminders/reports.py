"""What mail servers write of a mail that they could not deliver: which mail it was, and what failed. Pure.

Most write the standard form (RFC 3464: Postfix, Exchange, sendmail, newer Exim). qmail writes words that begin with "Hi. This
is the …" (its QSBMF); Exim, and gateways that are made of it, name the header X-Failed-Recipients. flufl.bounce knows more forms,
but answers with addresses out of the text. An address that stands in a text is never believed here: whose mail it was says
the signed Message-ID alone, and it counts only where it stands in the copy of our mail that the server gives back.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from typing import Any, NamedTuple

LARGEST = 1024 * 1024
UNKNOWN = "unknown"
"""failed for good, and its server does not say why"""
_TOKEN = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{32})@")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")

_LONGEST_WORDS = 20_000
_COPY_BEGINS = re.compile(r"^-{3,}[^\n]*\n", re.MULTILINE)
_OF_QMAIL = re.compile(r"\s*Hi\. This is the ")
_FAILED_AT = re.compile(r"^<[^<>\n]*>:[ \t]*\n((?:[^\n]+\n?)+)", re.MULTILINE)
_SAID_STATUS = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?![\d.])")
_SAID_CODE = re.compile(r"(?<![\d.])([45])(\d\d)(?![\d.])")
_BY_CODE = {"50": "5.1.1", "51": "5.1.6", "53": "5.1.3", "52": "5.2.2"}
"""what an SMTP code of the five hundreds means where no status (RFC 3463) stands beside it; the same as while sending"""


class Report(NamedTuple):
    delivery_id: str
    mac: str
    """both empty where it names no mail of ours"""
    status: str | None
    """the code of what failed for good (RFC 3463), or `unknown`; None: nothing has"""


def read(raw: bytes) -> Report | None:
    """What the message reports, or None where it is no report that can be read."""
    try:
        message = message_from_bytes(raw[:LARGEST], policy=compat32)
        parts = list(message.walk())
        groups = [group for part in parts if _is(part, "message/delivery-status") for group in _groups(part)]
        status, copy = (_failed(groups), None) if groups else _in_words(message, parts)
        about = next((found for part in parts if (found := _original(part))), None) or _token(copy)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # the standard parser's ways to say that it is none
    if not groups and status is None:
        return None
    return Report(about[1] if about else "", about[2] if about else "", status)


def is_gone(status: str) -> bool:
    """Whether the address itself is no more. 4.x.x that failed: its server gave up waiting."""
    return status.startswith("5.") and not _NOT_THE_ADDRESS.fullmatch(status)


_NOT_THE_ADDRESS = re.compile(r"5\.(7|6|3)\.\d+|5\.2\.[234]|5\.4\.[67]|5\.5\.[1-9]\d*")
"""a mailbox that is full, a loop, our mail not wanted: refused for good, and no word about whose address it is"""


def _is(part: Message, kind: str) -> bool:
    return bool(part.get_content_type() == kind)


def _original(part: Message) -> re.Match[str] | None:
    """The Message-ID of ours in the head of the mail that came back."""
    if _is(part, "message/rfc822"):
        inside = part.get_payload()
        head: Any = inside[0] if isinstance(inside, list) and inside else None
        return _TOKEN.search(str(head.get("Message-ID", ""))) if head is not None else None
    return _token(_text_of(part)) if _is(part, "text/rfc822-headers") else None


def _token(head: str | None) -> re.Match[str] | None:
    return _TOKEN.search(str(HeaderParser().parsestr(head).get("Message-ID", ""))) if head else None


def _text_of(part: Message) -> str:
    text = part.get_payload(decode=True)
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else ""


def _groups(report: Message) -> Iterator[tuple[str, str]]:
    """What became of the mail at each address: (action, status)."""
    inside: Any = report.get_payload()
    for group in inside if isinstance(inside, list) else []:
        action, status = str(group.get("Action", "")).strip().lower(), _STATUS.match(str(group.get("Status", "")))
        if action and status:
            yield action, status[1]


def _failed(groups: list[tuple[str, str]]) -> str | None:
    """The first that failed, unless the mail arrived somewhere all the same (an address that leads to several)."""
    if any(action in ("delivered", "relayed", "expanded") for action, _ in groups):
        return None
    return next((status for action, status in groups if action == "failed" and not status.startswith("2")), None)


def _in_words(message: Message, parts: list[Message]) -> tuple[str | None, str | None]:
    """Of a report in words: what failed for good, and the copy of our mail below them. Who only answers has sent none."""
    if str(message.get("Return-Path", "<>")).strip() != "<>":
        return None, None  # a report has no sender
    text = next((_text_of(part) for part in parts if _is(part, "text/plain")), "").replace("\r\n", "\n")
    words, _, copy = _parted(text)
    if _OF_QMAIL.match(words):
        found = _FAILED_AT.search(words)
        return (_status_in(found[1]), copy) if found else (None, None)
    if message.get("X-Failed-Recipients"):
        return _status_in(words), copy
    return None, None


def _parted(text: str) -> tuple[str, str, str]:
    """The server's words, the line below them, and the copy of our mail."""
    line = _COPY_BEGINS.search(text)
    if line is None:
        return text[:_LONGEST_WORDS], "", ""
    return text[: line.start()][:_LONGEST_WORDS], line[0], text[line.end() :].lstrip("\n")


def _status_in(words: str) -> str:
    """What the other server said. Where it said a number alone, that is read as when it is said to ourselves."""
    if status := _SAID_STATUS.search(words):
        return status[1] if not status[1].startswith("2") else UNKNOWN
    code = _SAID_CODE.search(words)
    return _BY_CODE.get(code[2], UNKNOWN) if code and code[1] == "5" else UNKNOWN
