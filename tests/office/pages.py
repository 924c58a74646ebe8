"""Reading the office's pages as a person does: their words, their rows, their forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import Any

import sqlalchemy as sa
from werkzeug.test import TestResponse

from server.foundation import clock, ids
from server.foundation.database import db, writing
from server.learning.models import Enrolment, ItemCompletion, ProgrammeItem
from server.people.models import Employment, Person, RoleHeld
from tests.cast import Actor


def words(html: str) -> str:
    """What stands there, without the marks."""
    shown = re.sub(r"<svg.*?</svg>|<head>.*?</head>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).replace("\u2060", "").split())


def heading(answer: TestResponse) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert found, answer.text
    return words(found[1])


def rows(answer: TestResponse) -> dict[str, list[str]]:
    """Of each line of the page's table: the name, and what stands in its other cells."""
    assert answer.status_code == 200, words(answer.text)
    found = {}
    for line in re.findall(r"<tr\b.*?</tr>", answer.text.partition("<tbody")[2], re.DOTALL):
        shown = re.sub(r'<span class="cell-name">.*?</span>', "", line)
        name, *cells = [words(cell) for cell in re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", shown, re.DOTALL)]
        found[name] = cells
    return found


def token(answer: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def change(*statements: Any) -> None:
    """The statements are done, committed, and forgotten by the session."""
    with writing():
        for statement in statements:
            db.session.execute(statement)
        db.session.commit()
    db.session.remove()


def give_role(actor: Actor, role: str, unit: str) -> None:
    change(sa.insert(RoleHeld).values(person_id=actor.person_id, role=role, unit_id=actor.world.units[unit]))


def complete(actor: Actor, item_id: str, kind: str = "course") -> None:
    change(
        sa.insert(ItemCompletion).values(
            person_id=actor.person_id, item_id=item_id, kind=kind, version=1, completed_at=clock.now()
        )
    )


def crowd(world: Any, many: int, *, first: int = 0, unit: str = "omsorg") -> None:
    """So many more people, enrolled, in all states."""
    today, programme = clock.today("Europe/Stockholm"), world.programmes["ny-har"]
    items = db.session.execute(sa.select(ProgrammeItem.item_id, ProgrammeItem.kind)).all()
    people, posts, enrolled, done = [], [], [], []
    for n in range(first, first + many):
        id_ = ids.new_id()
        people.append(
            {"id": id_, "email": f"p{n}@prov.example", "name": f"Person {n:05}", "language": "sv",
             "is_protected": False, "is_demo": False, "created_at": clock.now()}
        )  # fmt: skip
        posts.append(
            {"id": ids.new_id(), "person_id": id_, "unit_id": world.units[unit], "title": "Vikarie",
             "shift_pattern": "day", "from_on": today}
        )  # fmt: skip
        enrolled.append({"person_id": id_, "programme_id": programme, "started_on": today - timedelta(days=n % 40)})
        done += [
            {"person_id": id_, "item_id": item, "kind": kind, "version": 1, "completed_at": clock.now()}
            for item, kind in items[: n % 4]
        ]
    with writing():
        for model, values in ((Person, people), (Employment, posts), (Enrolment, enrolled), (ItemCompletion, done)):
            db.session.execute(sa.insert(model), values)
        db.session.commit()
    db.session.remove()


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that is said inside."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            said.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", hear)
