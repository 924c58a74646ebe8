"""Reminders as a phone meets them: written into the server's files by hand, and each of their screens walked through."""

import json
import re
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bench.ground import Server
from config import Settings
from server.reminders.letters import Letter, Words
from server.reminders.models import PushSubscription, Reminder
from server.reminders.push import Push
from server.reminders.wording import neutral

from .driving import Phone
from .reading_server import documents, person_id
from .staging import ELIF, TOM, WELCOME, Scene, Scenes, Stage

NUDGE = {
    "sv": {"title": "Välkommen till Ekerö", "body": "Kursen ska vara klar på fredag. Den kan vänta till arbetstid."},
    "en": {"title": "Welcome to Ekerö", "body": "The course is due on Friday. It can wait for working hours."},
}
TOUR = {
    "sv": {"title": "Rundturen är i morgon", "body": "Ekerö runt går i morgon 09.00 från Ekerö centrum."},
    "en": {"title": "The tour is tomorrow", "body": "Around Ekerö leaves tomorrow at 09:00 from Ekerö centrum."},
}
SECURITY = {
    "sv": {"title": "Informationssäkerhet", "body": "Kursen skulle varit klar i måndags."},
    "en": {"title": "Information security", "body": "The course was due on Monday."},
}


def remind(server: Server, email: str, words: dict[str, Any] | None = None, **other: Any) -> str:
    """The server has a reminder for the person and publishes it on their stream. Returns its id."""
    now = datetime.now(UTC)
    person = person_id(server.data, email)
    row = {
        "id": str(uuid.uuid4()), "person_id": person, "rule": "nudge", "nudge_on": None, "made_at": stamp(now),
        "expires_at": stamp(now + timedelta(days=20)), "about": f"course/{course_id(server)}", "target": f"/learn/{WELCOME}",
        "words": json.dumps(words or NUDGE), "closed_at": None, "closed_why": None, "seen_at": None, "seen_op": None,
        "snoozed_until": None, "snoozed_at": None, "snoozed_op": None, **other,
    }  # fmt: skip
    row["about"] = json.dumps([row["about"]] if row["about"] else [])
    names = ", ".join(row)
    put(
        server,
        person,
        row["id"],
        f"INSERT INTO reminder ({names}) VALUES ({', '.join(f':{name}' for name in row)})",
        row,
    )
    return str(row["id"])


def close(server: Server, email: str, reminder: str, why: str = "done") -> None:
    """The server finds that there is nothing left to remind of."""
    values = {"id": reminder, "at": stamp(datetime.now(UTC)), "why": why}
    statement = "UPDATE reminder SET closed_at = :at, closed_why = :why WHERE id = :id"
    put(server, person_id(server.data, email), reminder, statement, values)


def bounce(server: Server, email: str) -> None:
    """Mail to the person has come back."""
    person = person_id(server.data, email)
    statement = "INSERT OR REPLACE INTO contact_address (person_id, mail_bounced_at, bounced_address) VALUES (:person, :at, :email)"
    put(server, person, person, statement, {"person": person, "at": stamp(datetime.now(UTC)), "email": email}, "self")


def put(
    server: Server, person: str, reminder: str, statement: str, values: dict[str, Any], entity: str = "reminder"
) -> None:
    stream = {"stream": f"person:{person}", "id": reminder, "entity": entity}
    with closing(sqlite3.connect(server.data / "rundtur.sqlite3", timeout=10)) as connection:
        connection.execute(statement, values)
        connection.execute("UPDATE sync_stream SET head = head + 1 WHERE stream = :stream", stream)
        connection.execute(
            "DELETE FROM sync_change WHERE stream = :stream AND entity = :entity AND entity_id = :id", stream
        )
        connection.execute(
            "INSERT INTO sync_change (stream, seq, entity, entity_id, deleted) "
            "SELECT stream, head, :entity, :id, 0 FROM sync_stream WHERE stream = :stream",
            stream,
        )
        connection.commit()


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def course_id(server: Server, slug: str = WELCOME) -> str:
    return str(documents(server.data, "course")[slug]["course_id"])


def reminding(stage: Stage) -> Scenes:
    """What is said, what can be answered, and how one wants it; in Swedish, and the same rooms in English."""
    for language, email in (("sv-SE", ELIF), ("en-GB", TOM)):
        one = stage.phone(language=language, permissions=["geolocation", "notifications"])
        fill(stage.server, email)
        one.sign_in(email)
        one.controlled()
        yield from _rooms(one, stage.server, email, "" if language == "sv-SE" else "english-")


def fill(server: Server, email: str) -> None:
    now = datetime.now(UTC)
    earlier = stamp(now - timedelta(days=2))
    departure = "departure/none"
    tomorrow = str((now.astimezone(ZoneInfo("Europe/Stockholm")) + timedelta(days=1)).date())
    remind(server, email, made_at=stamp(now - timedelta(minutes=12)))
    remind(server, email, TOUR, rule="tour_tomorrow", about=departure, target="/site", seen_at=earlier)
    remind(server, email, SECURITY, about=None, made_at=earlier, snoozed_until=tomorrow)
    remind(server, email, SECURITY, about=None, made_at=earlier, closed_at=earlier, closed_why="done")


def _rooms(one: Phone, server: Server, email: str, prefix: str) -> Scenes:
    one.wait_for(re.compile("Vill du bli påmind|Would you like reminders"))
    one.wait_for(re.compile("Ny påminnelse|New reminder"))
    yield Scene(f"{prefix}today-reminded", one)
    one.page.get_by_role("heading", name=re.compile("Vill du|Would you")).scroll_into_view_if_needed()
    yield Scene(f"{prefix}reminders-ask", one)
    one.press(re.compile("Ja, påminn|Yes, remind"))
    one.page.get_by_role("radio").nth(1).check()
    yield Scene(f"{prefix}reminders-quiet", one)
    one.visit("/me/reminders")
    one.wait_for(re.compile("Sluta påminna|Stop reminding"))
    yield Scene(f"{prefix}reminders", one)
    one.page.get_by_role("button", name=re.compile("Sluta påminna|Stop reminding")).click()
    one.page.get_by_role("button", name=re.compile("Ångra|Undo")).wait_for()
    yield Scene(f"{prefix}reminders-muted", one)
    one.press(re.compile("Ångra|Undo"))
    one.visit("/me/reminders/settings")
    one.page.get_by_role("checkbox").nth(2).wait_for()
    yield Scene(f"{prefix}reminder-settings", one)
    one.visit("/me/devices")
    one.wait_for(re.compile("Den här telefonen|This phone"))
    yield Scene(f"{prefix}devices", one)
    one.offline()
    one.visit("/me/devices")
    one.wait_for(re.compile("Ingen täckning|No coverage"))
    yield Scene(f"{prefix}devices-offline", one)
    one.online()
    bounce(server, email)
    one.visit("/me/reminders")
    one.wait_for(re.compile("kommer tillbaka|comes back"))
    yield Scene(f"{prefix}reminders-mail-fails", one)
    one.page.get_by_role("link", name=re.compile("Skriv en annan|Type another")).click()
    one.wait_for(re.compile("Adressen nu|The address now"))
    yield Scene(f"{prefix}mail-address", one)
    one.press(re.compile("Jag har en kod|I have a code"))
    one.press(re.compile("Använd adressen|Use the address"))
    one.wait_for(re.compile("Skriv koden|Type the code"))
    yield Scene(f"{prefix}mail-address-code", one)


def send(server: Server, reminder: str) -> list[str]:
    """The server's own channel sends the reminder to all phones of its person, as its worker does. What became of each."""
    settings = Settings(data=server.data, public_url=server.url, push_local=server.environment["RUNDTUR_PUSH_LOCAL"])
    channel = Push(settings)
    engine = sa.create_engine(settings.url_of_database)
    with engine.connect() as connection:
        row = connection.execute(sa.select(Reminder).where(Reminder.id == reminder)).one()
        phones = sa.select(PushSubscription.id).where(PushSubscription.person_id == row.person_id)
        letters = [letter_of(row, address) for address in connection.scalars(phones)]
        hand_over = channel.prepare(connection, letters)
    engine.dispose()
    return [hand_over(letter).how for letter in letters]


def letter_of(reminder: Any, address: str) -> Letter:
    return Letter(
        delivery_id="", reminder_id=reminder.id, person_id=reminder.person_id, channel="push", address=address,
        rule=reminder.rule, is_nudge=True, language="sv", words=Words(**reminder.words["sv"]), neutral=neutral("sv"),
        target=reminder.target, tag=reminder.id, topic=reminder.id.replace("-", ""), urgency="normal", ttl_s=3600,
        expires_at=reminder.expires_at,
    )  # fmt: skip
