"""Settings, read from the environment once. No logic; `docs/settings.md` says what each one means."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
MAIL_FROM = "Rundtur <rundtur@example.invalid>"
PUSH_HOSTS = "fcm.googleapis.com jmt17.google.com *.push.services.mozilla.com *.push.apple.com *.notify.windows.com"
SMS_BODY = '{"to": "{to}", "message": "{text}"}'


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def _number(name: str, default: int) -> int:
    try:
        return int(_text(name) or default)
    except ValueError:
        raise SystemExit(f"rundtur: {name} is “{_text(name)}”; it must be a whole number.") from None


class Listening(NamedTuple):
    """Where `script/server` listens: the two names that every host knows."""

    host: str
    port: str


def listening() -> Listening:
    return Listening(_text("HOST", "127.0.0.1"), _text("PORT", "8000"))


@dataclass(frozen=True, slots=True)
class Settings:
    """One value for the whole process; tests make their own."""

    environment: str = "development"
    """development, test or production"""
    data: Path = ROOT / "instance"
    """where the database, the content and the keys lie"""
    erasure_list: str = ""
    """the file of who was erased; empty: erasures.txt in `data`"""
    database_url: str = ""
    """empty: SQLite in `data`; else postgresql+psycopg://…"""
    secret_key: str = ""
    """empty in development: one is made and kept in `data`"""
    public_url: str = "http://localhost:8000"
    hosts: tuple[str, ...] = ()
    """other names under which production answers"""
    zone: str = "Europe/Stockholm"
    """the organisation's time zone: due dates end at its midnight"""
    language: str = "sv"
    demo: bool = False
    """load the demo organisation into an empty database and print its accounts"""
    demo_password: str = "ekero-demo"
    session_days: int = 90
    office_hours: int = 12
    sign_in_limit: str = "10 per minute"
    """tries of one address and account"""
    sign_in_failures: str = "30 per minute"
    """failed tries of one address, at all accounts together"""
    day_ceiling: int = 20_000
    """operations a person and day; above it 429, never loss"""
    check_in_months: int = 24
    """so long check-ins are kept"""
    trusted_proxies: int = 0
    open_reminders: bool = False
    """lock screens and subject lines may name what a reminder is about"""
    smtp_url: str = ""
    """empty: nothing goes by mail; else smtp://user:password@host:587?starttls=1 or smtps://…"""
    mail_from: str = MAIL_FROM
    sms_url: str = ""
    """empty: nothing goes by SMS"""
    sms_body: str = SMS_BODY
    sms_headers: str = ""
    """a JSON object"""
    egress_proxy: str = ""
    """where this server reaches the outside only through a proxy: http://host:3128"""
    demo_content: Path = ROOT / "content" / "ekero"
    """the folder that is loaded into an empty database"""
    processes: int = 0
    """web processes; 0: two, or one where the SQLite at hand cannot be shared"""
    threads: int = 32
    """pushes that one process works at, and an eighth as many of each other kind of request"""
    waiting: int = 96
    """pushes that may wait in one process, and a third as many of each other kind"""
    debug: bool = False
    push: bool = True
    push_subject: str = ""
    """whom a push service tells when our messages trouble it: mailto:…"""
    push_hosts: str = PUSH_HOSTS
    """where messages may be pushed to; a * stands for any names before the rest"""
    push_local: str = ""
    """a push service of development and tests on this machine: http://127.0.0.1:9123"""
    queue_url: str = ""
    """empty: SQLite in `data`; else postgresql://… or redis://…"""
    worker: bool = True
    """script/server starts the worker of reminders too"""

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def url_of_database(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'rundtur.sqlite3'}"

    @property
    def path_of_erasures(self) -> Path:
        return Path(self.erasure_list) if self.erasure_list else self.data / "erasures.txt"

    @property
    def is_sqlite(self) -> bool:
        return self.url_of_database.startswith("sqlite")

    @property
    def has_https(self) -> bool:
        return self.public_url.startswith("https://")


def from_environment() -> Settings:
    """The settings of this process, from the environment alone."""
    environment = _text("RUNDTUR_ENVIRONMENT", "development")
    return Settings(
        environment=environment,
        data=Path(_text("RUNDTUR_DATA") or ROOT / "instance").resolve(),
        erasure_list=_text("RUNDTUR_ERASURE_LIST"),
        database_url=_text("RUNDTUR_DATABASE_URL"),
        secret_key=_text("RUNDTUR_SECRET_KEY"),
        public_url=_text("RUNDTUR_PUBLIC_URL", f"http://localhost:{listening().port}").rstrip("/"),
        hosts=tuple(host.strip().lower() for host in _text("RUNDTUR_HOSTS").split(",") if host.strip()),
        zone=_text("RUNDTUR_ZONE", "Europe/Stockholm"),
        language=_text("RUNDTUR_LANGUAGE", "sv"),
        demo=_text("RUNDTUR_DEMO", "1" if environment == "development" else "0") == "1",
        demo_password=_text("RUNDTUR_DEMO_PASSWORD", "ekero-demo"),
        session_days=_number("RUNDTUR_SESSION_DAYS", 90),
        office_hours=_number("RUNDTUR_OFFICE_HOURS", 12),
        sign_in_limit=_text("RUNDTUR_SIGN_IN_LIMIT", "10 per minute"),
        sign_in_failures=_text("RUNDTUR_SIGN_IN_FAILURES", "30 per minute"),
        day_ceiling=_number("RUNDTUR_DAY_CEILING", 20_000),
        check_in_months=_number("RUNDTUR_CHECK_IN_MONTHS", 24),
        trusted_proxies=_number("RUNDTUR_TRUSTED_PROXIES", 0),
        open_reminders=_text("RUNDTUR_OPEN_REMINDERS") == "1",
        smtp_url=_text("RUNDTUR_SMTP_URL"),
        mail_from=_text("RUNDTUR_MAIL_FROM", MAIL_FROM),
        sms_url=_text("RUNDTUR_SMS_URL"),
        sms_body=_text("RUNDTUR_SMS_BODY", SMS_BODY),
        sms_headers=_text("RUNDTUR_SMS_HEADERS"),
        egress_proxy=_text("RUNDTUR_EGRESS_PROXY"),
        demo_content=Path(_text("RUNDTUR_DEMO_CONTENT") or ROOT / "content" / "ekero").resolve(),
        processes=_number("RUNDTUR_PROCESSES", 0),
        threads=_number("RUNDTUR_THREADS", 32),
        waiting=_number("RUNDTUR_WAITING", 96),
        debug=_text("FLASK_DEBUG", "0") not in ("", "0"),
        push=_text("RUNDTUR_PUSH", "1") == "1",
        push_subject=_text("RUNDTUR_PUSH_SUBJECT"),
        push_hosts=_text("RUNDTUR_PUSH_HOSTS") or PUSH_HOSTS,
        push_local=_text("RUNDTUR_PUSH_LOCAL").rstrip("/"),
        queue_url=_text("RUNDTUR_QUEUE_URL"),
        worker=_text("RUNDTUR_WORKER", "1") == "1",
    )
