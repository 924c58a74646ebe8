"""What must be right before the product starts; each thing that is not, in one sentence."""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from limits import parse_many

from config import Settings
from server.foundation import keys
from server.foundation.database import SQLITE_SAFE_FOR_SEVERAL, sqlite_version

HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


class Unfit(Exception):
    """The product does not start like this."""


def check(settings: Settings) -> None:
    """The settings fit together. Raises Unfit with what to do."""
    try:
        for folder in (settings.data, settings.data / "content", settings.data / "media"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise Unfit(
            f"The folder {error.filename} cannot be made ({error.strerror}); set RUNDTUR_DATA to another."
        ) from None
    if not os.access(settings.data, os.W_OK):
        raise Unfit(
            f"The folder {settings.data} cannot be written; give it to this user or set RUNDTUR_DATA to another."
        )
    _check_url(settings)
    if settings.environment not in ("development", "test", "production"):
        raise Unfit("RUNDTUR_ENVIRONMENT is development, test or production.")
    _check_words(settings)
    _check_push(settings)
    _check_queue(settings)
    if settings.is_production:
        _check_production(settings)


def _check_url(settings: Settings) -> None:
    """The database is of a kind that we speak, and its file can be written."""
    try:
        url = sa.make_url(settings.url_of_database)
    except sa.exc.ArgumentError:
        url = None
    if url is None or url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise Unfit("RUNDTUR_DATABASE_URL is empty (SQLite) or begins with postgresql+psycopg://.")
    file = Path(url.database or "")
    if settings.is_sqlite and file.exists() and not os.access(file, os.R_OK | os.W_OK):
        raise Unfit(
            f"The database {file} cannot be written; give it to this user or set RUNDTUR_DATA to another folder."
        )


def _check_words(settings: Settings) -> None:
    """A limit that nobody can read would be none, and a zone that nobody knows would show at the first due date."""
    for name, limit in (("LIMIT", settings.sign_in_limit), ("FAILURES", settings.sign_in_failures)):
        try:
            parse_many(limit)
        except ValueError:
            raise Unfit(f"RUNDTUR_SIGN_IN_{name} is “{limit}”; it is written like “10 per minute”.") from None
    if not 1 <= settings.check_in_months <= 120:
        raise Unfit(f"RUNDTUR_CHECK_IN_MONTHS is “{settings.check_in_months}”; check-ins are kept 1 to 120 months.")
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Unfit(f"RUNDTUR_ZONE is “{settings.zone}”; it is written like “Europe/Stockholm”.") from None


_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_NOBODY = re.compile(r"(.*\.)?(example(\.(com|net|org))?|test|invalid|localhost|local|localdomain)|[^.]*")
"""hosts of mail addresses that are nobody's (RFC 2606, RFC 6762)"""


def _check_push(settings: Settings) -> None:
    """Messages go where they should, and say whom to tell of trouble: Apple refuses those that name nobody."""
    if settings.push_subject and not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+", settings.push_subject):
        raise Unfit(f"RUNDTUR_PUSH_SUBJECT is “{settings.push_subject}”; it is written like “mailto:it@ekero.se”.")
    if settings.push_local and not _LOOPBACK.fullmatch(settings.push_local):
        raise Unfit("RUNDTUR_PUSH_LOCAL is a push service on this machine, like “http://127.0.0.1:9123”.")
    if not re.fullmatch(r"(http://[^\s/]+/?)?", settings.egress_proxy):
        raise Unfit("RUNDTUR_EGRESS_PROXY is written like “http://proxy.ekero.se:3128”.")
    if settings.push and settings.is_production:
        _, _, host = settings.push_subject.rpartition("@")
        if _NOBODY.fullmatch(host.lower()):
            raise Unfit(
                "Production needs RUNDTUR_PUSH_SUBJECT, mailto: and an address of yours that is read, or RUNDTUR_PUSH=0."
            )
        if settings.push_local:
            raise Unfit("Production pushes to no service on its own machine: leave RUNDTUR_PUSH_LOCAL away.")


_QUEUE = re.compile(r"(postgresql(\+psycopg)?://\S+|rediss?://[^\s/]+(/\d+)?(\?\S+)?)?")


def _check_queue(settings: Settings) -> None:
    """The queue is of a kind that we speak, and what speaks to it is installed."""
    if not _QUEUE.fullmatch(settings.queue_url):
        raise Unfit(
            "RUNDTUR_QUEUE_URL is empty (a file in the data folder), or begins with postgresql://, "
            "or is written like “redis://host:6379/0”."
        )
    if settings.queue_url.startswith("redis") and find_spec("redis") is None:
        raise Unfit(
            "RUNDTUR_QUEUE_URL names Redis, whose package is not installed: run script/setup with this setting, "
            "or pip install --require-hashes -r requirements-redis.txt."
        )


def _check_production(settings: Settings) -> None:
    if settings.demo:
        raise Unfit("Production has no demo accounts: set RUNDTUR_DEMO=0.")
    if settings.secret_key in keys.PLACEHOLDERS or len(settings.secret_key) < 32:
        raise Unfit("Production needs RUNDTUR_SECRET_KEY with at least 32 random characters.")
    if not settings.has_https or not urlsplit(settings.public_url).hostname:
        raise Unfit("Production needs RUNDTUR_PUBLIC_URL beginning with https:// and a name.")
    wrong = [host for host in settings.hosts if not HOST.fullmatch(host)]
    if wrong:
        raise Unfit(f"RUNDTUR_HOSTS holds “{wrong[0]}”; names are written like “rundtur.example”, with commas between.")
    if settings.debug:
        raise Unfit("Production does not run with FLASK_DEBUG.")


def check_database(settings: Settings, engine: sa.Engine) -> None:
    """The database's engine fits the number of processes. Raises Unfit."""
    if settings.is_sqlite and settings.processes > 1 and sqlite_version(engine) < SQLITE_SAFE_FOR_SEVERAL:
        raise Unfit("This SQLite is older than 3.51.3: run one process (RUNDTUR_PROCESSES=1) or use PostgreSQL.")


def check_accounts(settings: Settings, engine: sa.Engine) -> None:
    """No demo account is in a production database. Raises Unfit."""
    if settings.is_production:
        with engine.connect() as connection:
            if connection.execute(sa.text("SELECT 1 FROM person WHERE is_demo AND deactivated_at IS NULL")).first():
                raise Unfit("This database holds demo accounts: production needs one of its own.")


def secret_of(settings: Settings) -> str:
    """The secret that this installation made for itself. Raises Unfit where another user keeps it."""
    try:
        return keys.kept(settings.data, "secret")
    except OSError as error:
        raise Unfit(f"The key {error.filename} cannot be read ({error.strerror}); give it to this user.") from None
