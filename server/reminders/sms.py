"""The little that goes by SMS: a tour that leaves or changes on its day, and sign-in codes. Over a gateway's plain HTTP."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from sqlalchemy.engine import Connection

from config import Settings
from server.starting import Unfit

from .letters import OK, Letter, Send, Sent, later, refused

log = logging.getLogger(__name__)

TIMEOUT_S = (5, 10)
LONGEST = 300
"""letters: two parts of an SMS, or three where one of them is rare"""
_PLAIN = str.maketrans({"–": "-", "—": "-", "”": '"', "“": '"', "’": "'", "…": "...", "\u00a0": " ", "\u2060": None})
"""One letter outside of the networks' own alphabet makes a message cost twice."""


class Sms:
    """The channel: made once a process."""

    def __init__(self, settings: Settings) -> None:
        self._url, self._form = settings.sms_url, Form(settings.sms_body)
        self._headers = {"Content-Type": self._form.content_type} | _headers(settings.sms_headers)
        self._proxies = {"http": settings.egress_proxy, "https": settings.egress_proxy} if settings.egress_proxy else {}

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        return lambda letter: self.say(letter.address, f"{letter.words.title}. {letter.words.body}")

    def note(self, connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
        """A gateway does not tell whether a number is of anybody: nothing is remembered."""

    def say(self, number: str, text: str) -> Sent:
        """The gateway has taken the message, or not."""
        body = self._form.filled(to=number, text=plain(text))
        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.post(
                    self._url, data=body, headers=self._headers, proxies=self._proxies, timeout=TIMEOUT_S,
                    allow_redirects=False, stream=True,
                ) as answer:  # fmt: skip
                    return _outcome(answer)
        except (requests.ConnectionError, requests.Timeout):
            return later("sms_down")
        except requests.RequestException as error:
            log.error("the SMS gateway cannot be asked: %s", type(error).__name__)
            return refused("sms_unusable")


class Form:
    """What a gateway is sent. The two gaps are filled in the parsed shape, so that no text can leave its place."""

    def __init__(self, template: str) -> None:
        self._is_json = template.startswith("{")
        self._shape: Any = json.loads(template) if self._is_json else parse_qsl(template, True, True)
        said = json.dumps(self._shape)
        if "{to}" not in said or "{text}" not in said:
            raise ValueError("it needs {to} and {text}")

    @property
    def content_type(self) -> str:
        return "application/json" if self._is_json else "application/x-www-form-urlencoded"

    def filled(self, **values: str) -> bytes:
        shape = _filled(self._shape, values)
        if self._is_json:
            return json.dumps(shape, ensure_ascii=False).encode()
        return urlencode([(name, value) for name, value in shape]).encode()


def _filled(shape: Any, values: dict[str, str]) -> Any:
    if isinstance(shape, dict):
        return {key: _filled(value, values) for key, value in shape.items()}
    if isinstance(shape, list | tuple):
        return [_filled(value, values) for value in shape]
    if not isinstance(shape, str):
        return shape
    before, gap, after = shape.partition("{text}")
    filled = (part.replace("{to}", values["to"]) for part in (before, after))
    return next(filled) + (values["text"] if gap else "") + next(filled)


def plain(text: str) -> str:
    """One line in the letters that every phone's network knows, cut at a word."""
    said = " ".join("".join(one if one.isprintable() else " " for one in text.translate(_PLAIN)).split())
    return said if len(said) <= LONGEST else said[: LONGEST - 3].rsplit(" ", 1)[0] + "..."


def check(settings: Settings) -> None:
    """The settings of SMS fit together. Raises Unfit with what to do."""
    if not settings.sms_url:
        return
    if urlsplit(settings.sms_url).scheme not in ("http", "https") or not urlsplit(settings.sms_url).hostname:
        raise Unfit("RUNDTUR_SMS_URL is written like https://sms.example/send.")
    try:
        Form(settings.sms_body)
    except ValueError as error:
        raise Unfit(f"RUNDTUR_SMS_BODY cannot be used: {error}.") from None
    try:
        _headers(settings.sms_headers)
    except ValueError:
        raise Unfit('RUNDTUR_SMS_HEADERS is JSON like {"Authorization": "Bearer …"}.') from None


def _headers(said: str) -> dict[str, str]:
    found = json.loads(said or "{}")
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError(said)
    return found


def _outcome(answer: requests.Response) -> Sent:
    code = answer.status_code
    if code < 300:
        return OK
    if code == 429 or code >= 500:
        wait = answer.headers.get("Retry-After", "")
        return later(f"sms_{code}", int(wait) if wait.isascii() and wait.isdigit() else None)
    log.error("the SMS gateway answers %s: RUNDTUR_SMS_URL, _BODY and _HEADERS are to be looked at", code)
    return refused(f"sms_{code}")
