"""Who is erased is gone: from the tables, from others' phones, from their own phone, and from the file's free pages."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.foundation.database import Base, db, writing
from server.people import devices, erasures, signing_in, tickets
from server.people.models import AuditEntry, Person, SignInCode
from server.reminders import contacts
from server.reminders.models import Reminder, ReminderDelivery, ReminderMute
from server.sync.deciding import UNDO, decide, settle
from server.sync.models import SyncDecision
from tests.habits.test_erasing import KEPT, person_columns
from tests.reminders.making import a_message, a_phone_that_is_reminded, a_reminder, do, round_of, start

CANARY = "kanariefågel"


def live(ada, world, clock):
    """Ada has done a bit of everything that a person can do."""
    phone = ada.own_phone
    phone.sync(
        *world.all_of_hygien(), world.noted(CANARY), world.placed("film", 3.0), world.prefers("en"),
        world.by_code("torget"), world.by_place("kyrkan"), world.chose("brand"), world.by_code("skolan", code="00000000"),
        {"kind": "tip_shared"},
    )  # fmt: skip
    a_phone_that_is_reminded(ada, clock.now)
    start(clock.now.date())
    round_of(clock.now + timedelta(minutes=1))
    reminder = a_reminder(ada.person_id, clock.now, nudge_on=None)
    with writing(), db.engine.begin() as connection:
        contacts.set_numbers(connection, {ada.person_id: "+46701740605"})
    with writing():
        db.session.add(reminder)
        db.session.flush()
        db.session.add(ReminderMute(person_id=ada.person_id, subject="x", muted_at=clock.now, op_id="x"))
        db.session.add(
            ReminderDelivery(
                id="d", reminder_id=reminder.id, person_id=ada.person_id, channel="mail", address=ada.email,
                not_before=clock.now, tries=0,
            )
        )  # fmt: skip
        tickets.issue(db.session.connection(), person_id=ada.person_id, device_id=phone.device_id, at=clock.now)
        signing_in.issue_code(
            db.session(), person_id=ada.person_id, purpose="handover", issued_by=ada.person_id, at=clock.now
        )
        db.session.commit()


def places_of(person_id):
    """The (table, column)s in which the person stands."""
    with db.engine.connect() as connection:
        return {
            (table, column)
            for table, column in person_columns()
            if connection.execute(
                sa.select(sa.literal(1)).where(Base.metadata.tables[table].c[column] == person_id).limit(1)
            ).first()
        }


def test_of_who_is_erased_nothing_is_left_but_what_has_a_reason(erase, ada, bruno, world, clock, settings, count):
    live(ada, world, clock)
    bruno.sync(world.done("tvatta"), world.by_code("torget"))
    others = places_of(bruno.person_id)
    has_rows = {("person", "id")} | places_of(ada.person_id)
    assert len(has_rows) > 20, "else this test would prove little"
    assert erase() == (0, f"{ada.person_id} is erased\n")
    assert places_of(ada.person_id) - set(KEPT) == set()
    assert places_of(bruno.person_id) == others
    (row,) = db.session.scalars(sa.select(Person).where(Person.id == ada.person_id))
    assert (row.email, row.name, row.password_hash) == (f"{ada.person_id}@erased.invalid", "–", None)
    (entry,) = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "person_erased"))
    assert (entry.subject_id, entry.detail) == (ada.person_id, {"decision": "KS 2026/7"})
    listed = settings.path_of_erasures
    assert erasures.ids(erasures.read(listed)) == [ada.person_id]
    assert listed.stat().st_mode & 0o777 == 0o600
    assert count(sa.select(Reminder).where(Reminder.person_id == ada.person_id)) == 0
    assert erase()[0] == 1, "the address is nobody's any more"


def test_guides_and_fellow_travellers_hear_that_somebody_is_gone(erase, ada, bruno, greta, world, clock):
    ada.sync(world.by_code("torget"))
    guide, other = greta.phone().pull(), bruno.phone().pull()
    stream, departure = f"departure:{world.departures['rundan-i-dag']}", world.departures["rundan-i-dag"]
    assert f"{departure}/{ada.person_id}" in guide.rows("roster_line", stream)
    assert guide.rows("check_in", stream)
    erase()
    assert list(guide.pull().rows("roster_line", stream)) == [f"{departure}/{bruno.person_id}"]
    assert not guide.rows("check_in", stream)
    assert other.pull().rows("my_departure")[departure]["guides"] == ["Greta Grön"]
    erase("greta@prov.example")
    assert other.pull().rows("my_departure")[departure]["guides"] == []


def test_an_erased_person_s_phone_wipes_itself_and_brings_nothing_back(erase, ada, world, count):
    phone = ada.own_phone
    op = phone.op(world.done("tvatta"))
    phone.sync(op)
    erase()
    assert (phone.send(op, world.noted(CANARY)).status, phone.send().code) == (410, "erased")
    assert ada.post("/api/devices", {"device_id": phone.device_id, "label": "x"}).get_json()["code"] == "erased"
    assert places_of(ada.person_id) - set(KEPT) == set()


def test_an_act_that_was_on_its_way_does_not_come_in_behind_the_erasure_s_back(erase, ada, world, clock):
    """The session was read before, and the push is written after."""
    ada.sync(world.done("tvatta"))
    erase()
    with pytest.raises(devices.Erased), writing(), db.engine.begin() as connection:
        devices.hear(connection, [devices.Call(ada.own_phone.device_id, ada.person_id, "test", clock.now)])


def test_what_a_coordinator_said_to_others_stays_and_names_nobody(erase, hugo, bruno, world, clock, count):
    a_message(hugo.person_id, world.units["omsorg"])
    do(signing_in.issue_code, person_id=bruno.person_id, purpose="password", issued_by=hugo.person_id, at=clock.now)
    assert erase("hugo@prov.example")[0] == 0
    assert count(sa.select(SignInCode).where(SignInCode.issued_by.is_(None))) == 1
    assert places_of(hugo.person_id) - set(KEPT) == set()


def test_what_was_decided_of_their_acts_goes_with_its_words_and_that_it_was_decided_stays(
    erase, ada, hugo, world, clock, count
):
    phone = ada.own_phone
    wrong = [phone.op(world.by_code(stop, code="00000000")) for stop in ("torget", "skolan")]
    phone.sync(*wrong)
    words = {"counts": False, "reason": CANARY, "decided_by": hugo.person_id}
    do(decide, op_id=wrong[0]["op_id"], at=clock.now - UNDO, **words)
    with writing(), db.engine.begin() as connection:
        settle(connection, clock.now)
    do(decide, op_id=wrong[1]["op_id"], at=clock.now, **words)
    assert erase()[0] == 0
    assert count(sa.select(SyncDecision)) == 0
    said = [row.detail["reason"] for row in db.session.scalars(sa.select(AuditEntry)) if "op_id" in row.detail]
    assert said == [None, None]


def test_who_is_hired_again_is_somebody_new(erase, app, ada, world):
    erase()
    run = app.test_cli_runner()
    assert run.invoke(args=["people", "add", "ada@prov.example", "Ada Ny", "--unit", "omsorg"]).exit_code == 0
    (person,) = db.session.scalars(sa.select(Person).where(Person.email == "ada@prov.example"))
    assert person.id != ada.person_id
    assert ada.get("/api/session").status_code == 410


def test_a_line_that_a_full_disk_cut_off_names_nobody_and_spoils_no_other(tmp_path, clock):
    path, one, two = (
        tmp_path / "erasures.txt",
        "0" * 8 + "-0000-7000-8000-" + "0" * 12,
        "1" * 8 + "-0000-7000-8000-" + "0" * 12,
    )
    erasures.note(path, one, clock.now)
    with path.open("a") as file:
        file.write(two[:20])
    erasures.note(path, two, clock.now)
    assert erasures.ids(erasures.read(path)) == [one, two]
    erasures.note(path, two, clock.now)
    assert erasures.ids(erasures.read(path)) == [one, two]
