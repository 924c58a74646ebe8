"""A person's address is changed: by a coordinator, or by the command."""

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.people.models import AuditEntry, Person
from server.reminders.models import ReminderDelivery
from server.reminders.ticking import tick
from tests.office.pages import give_role, token, words
from tests.reminders.making import ZONE, start


def change(actor, person, to):
    path = f"/office/people/{person.person_id}"
    form = {"csrf_token": token(actor.get(path)), "to": to}
    return actor.client.post(f"{path}/address", data=form, follow_redirects=True)


def address_of(person):
    with db.engine.connect() as connection:
        return connection.execute(sa.select(Person.email).where(Person.id == person.person_id)).scalar_one()


def test_a_coordinator_changes_an_address_and_who_was_signed_in_stays_so(ada, hugo, app, count):
    answer = change(hugo, ada, " Ada.Ny@prov.example ")
    assert (answer.status_code, "ada.ny@prov.example" in answer.text) == (200, True)
    assert ada.phone().pull().rows("self"), "still signed in"
    audited = sa.select(AuditEntry).where(AuditEntry.action == "address_changed")
    assert count(audited.where(AuditEntry.subject_id == ada.person_id, AuditEntry.actor_id == hugo.person_id)) == 1
    change(hugo, ada, "ada.ny@prov.example")
    assert count(audited) == 1, "again: nothing changes"


def test_what_waits_to_be_mailed_goes_to_the_new_address(ada, bruno, hugo, clock):
    start(clock.now.date(), "due")
    clock.move(days=1)
    tick(db.engine, clock.now, ZONE, ["mail"])
    change(hugo, ada, "ada.ny@prov.example")
    with db.engine.connect() as connection:
        to = set(connection.execute(sa.select(ReminderDelivery.address)).scalars())
    assert to == {"ada.ny@prov.example", bruno.email}


@pytest.mark.parametrize(
    ("to", "said"),
    [("bruno@prov.example", "används redan"), ("ada", "ingen e-postadress"), ("a b@prov.example", "ingen e-postadress"),
     ("", "ingen e-postadress"), (f"{'a' * 250}@prov.example", "ingen e-postadress"), ("a@b\0", "ingen e-postadress")],
)  # fmt: skip
def test_an_address_that_is_none_or_somebody_s_is_refused_in_one_sentence_and_what_was_typed_stays(ada, hugo, to, said):
    answer = change(hugo, ada, to)
    assert answer.status_code in (409, 422)
    assert said in words(answer.text)
    assert address_of(ada) == ada.email


def test_a_manager_does_not_change_addresses_and_nobody_one_of_a_stranger(ada, carla, sofia):
    give_role(sofia, "manager", "omsorg")
    form = {"csrf_token": token(sofia.get("/office/")), "to": "x@prov.example"}
    path = "/office/people/{}/address"
    assert sofia.client.post(path.format(ada.person_id), data=form).status_code == 403
    assert "Ny e-postadress" not in sofia.get(f"/office/people/{ada.person_id}").text
    give_role(sofia, "coordinator", "omsorg")
    assert sofia.client.post(path.format(carla.person_id), data=form).status_code == 404
    assert (address_of(ada), address_of(carla)) == (ada.email, carla.email)


def test_the_command_changes_an_address_and_says_what_is_wrong_in_one_sentence(app, ada):
    def run(*words):
        db.session.rollback()
        done = app.test_cli_runner().invoke(args=["people", "change-address", *words], catch_exceptions=False)
        return done.exit_code, done.output.strip()

    assert run(ada.email, "Ada.Ny@prov.example") == (0, "ada.ny@prov.example is the address now")
    assert run(ada.email, "x@prov.example")[0] == 1
    code, said = run("ada.ny@prov.example", "bruno@prov.example")
    assert (code, said) == (1, "Error: Somebody else has that address already.")
