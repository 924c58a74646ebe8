"""The office's rooms of reminders as who reads English and administrates the product meets them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from bench.ground import Server

from .reading_server import person_id
from .staging import HUGO, MAJA, WIDE, Scene, Scenes, Stage, at_the_desk


@contextmanager
def administrating_in_english(server: Server, email: str) -> Iterator[None]:
    """The person reads English and is an administrator meanwhile."""
    person = person_id(server.data, email)
    unit = "(SELECT unit_id FROM role_held WHERE person_id = :person LIMIT 1)"
    change(server, person, "UPDATE person SET language = 'en' WHERE id = :person")
    change(
        server, person, f"INSERT INTO role_held (person_id, role, unit_id) VALUES (:person, 'administrator', {unit})"
    )
    yield
    change(server, person, "UPDATE person SET language = 'sv' WHERE id = :person")
    change(server, person, "DELETE FROM role_held WHERE person_id = :person AND role = 'administrator'")


def change(server: Server, person: str, statement: str) -> None:
    with closing(sqlite3.connect(server.data / "rundtur.sqlite3", timeout=10)) as connection:
        connection.execute(statement, {"person": person})
        connection.commit()


def office_in_english(stage: Stage) -> Scenes:
    """What goes out, a rule and its words, a person, a message, and the ways out."""
    with administrating_in_english(stage.server, HUGO):
        one = stage.phone(**WIDE, language="en-GB")
        at_the_desk(one, "/office/reminders")
        yield Scene("english-office-reminders", one)
        maja = person_id(stage.server.data, MAJA)
        for name, path in (
            ("rule", "reminders/rules/overdue"), ("rule-texts", "reminders/rules/due/texts"), ("person", f"people/{maja}"),
            ("person-reminders", f"reminders/people/{maja}"), ("message-new", "reminders/messages/new"),
        ):  # fmt: skip
            one.visit(f"/office/{path}")
            yield Scene(f"english-office-{name}", one)
        one.visit("/office/reminders/reach")
        one.wait_for("The worker")
        one.page.locator("#ways").scroll_into_view_if_needed()
        yield Scene("english-office-ways", one)
