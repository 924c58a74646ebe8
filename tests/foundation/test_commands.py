"""The commands of the administrator."""

import re

import pytest
import sqlalchemy as sa

from server.activities.models import CheckIn
from server.foundation.database import db
from server.learning.models import StepCompletion
from server.people.models import AuditEntry, Person
from server.sync import understanding
from tests.content.packing import change, pack_of
from tests.databases import PACK, running


@pytest.fixture
def run(app, world):
    db.session.rollback()

    def invoke(*words):
        with app.app_context():
            done = app.test_cli_runner().invoke(args=[str(word) for word in words], catch_exceptions=False)
        return done.exit_code, done.output

    return invoke


def test_a_person_is_added_with_a_post_and_a_code_that_signs_in(app, run):
    code, said = run("people", "add", "Eva@prov.example", "Eva Ek", "--unit", "omsorg", "--role", "manager")
    assert code == 0
    one_time = re.search(r"eva@prov\.example: one-time code (\w{10}) \(24 hours", said)[1]
    answer = app.test_client().post(
        "/api/session/code", headers={"X-Rundtur-Client": "test"},
        json={"email": "eva@prov.example", "code": one_time, "new_password": "ett nytt lösenord"},
    )  # fmt: skip
    assert answer.get_json()["name"] == "Eva Ek"


def test_a_unit_that_is_not_there_is_named_and_nobody_is_added(run, count):
    code, said = run("people", "add", "eva@prov.example", "Eva", "--unit", "nowhere")
    assert (code, "nowhere" in said) == (1, True)
    assert count(sa.select(Person).where(Person.name == "Eva")) == 0


@pytest.mark.parametrize(
    "words",
    [("eva", "Eva", "--unit", "omsorg"), ("eva@prov.example", " ", "--unit", "omsorg"),
     (f"{'e' * 250}@prov.example", "Eva", "--unit", "omsorg"), ("eva@prov.example", "Eva", "--unit", "omsorg", "--from", "soon"),
     ("eva@prov.example", "Eva", "--unit", "omsorg", "--role", "king"),
     ("eva@prov.example", "Eva", "--unit", "omsorg", "--language", "xx")],
)  # fmt: skip
def test_what_is_wrong_with_a_person_is_one_sentence(run, count, words):
    code, said = run("people", "add", *words)
    assert code != 0
    assert "Traceback" not in said
    assert count(sa.select(Person).where(Person.name == "Eva")) == 0


def test_a_deactivated_person_is_named(run):
    assert run("people", "deactivate", "ADA@prov.example") == (0, "ada@prov.example is deactivated\n")
    code, said = run("people", "deactivate", "nobody@prov.example")
    assert (code, "nobody@prov.example" in said) == (1, True)


def test_people_are_imported_from_a_file_or_none_of_them(run, tmp_path, count):
    path = tmp_path / "people.csv"
    path.write_text("email,name,unit,from_on\neva@prov.example,Eva,omsorg,2026-12-01\n")
    assert run("people", "import", path) == (0, "1 people\n")
    path.write_text(
        "email,name,unit,from_on\notto@prov.example,Otto,omsorg,2026-12-01\nx@y.example,X,nowhere,2026-12-01\n"
    )
    code, said = run("people", "import", path)
    assert (code, "line 3" in said, "Nobody was imported" in said) == (1, True, True)
    assert count(sa.select(Person).where(Person.name == "Otto")) == 0


def test_content_is_published_line_by_line(run, settings):
    change(settings, "courses/hygien/sv/tvatta.md", "Tvätta", "Tvätta nu")
    code, said = run("content", "publish", pack_of(settings))
    assert code == 0
    assert re.search(r"course hygien: version 2, media \d+ kB", said)
    assert "course brand: unchanged" in said


def test_a_fault_in_content_is_one_sentence_and_nothing_is_published(run, settings):
    change(settings, "courses/hygien/course.yaml", "audience: kommun", "audience: nowhere")
    code, said = run("content", "publish", pack_of(settings))
    assert code == 1
    assert re.search(r"course\.yaml, line 5: there is no unit “nowhere”.* Nothing was published\.", said)


def test_a_full_database_is_not_loaded_again_where_only_an_empty_one_should_be(run):
    assert run("content", "load", PACK, "--if-empty") == (0, "")


def test_an_empty_database_is_loaded(store, tmp_path, clock):
    from flask_migrate import upgrade

    settings = store.empty(tmp_path / "empty")
    with running(settings) as app:
        upgrade()
        done = app.test_cli_runner().invoke(args=["content", "load", str(PACK), "--if-empty"], catch_exceptions=False)
    store.drop(settings)
    assert done.exit_code == 0
    assert "4 units, 6 people" in done.output


def test_a_person_is_enrolled_and_the_enrolment_ends_and_what_was_done_stays(run, carla, world):
    assert run("people", "enrol", "carla@prov.example", "ny-har")[0] == 0
    assert world.programmes["ny-har"] in carla.own_phone.pull().rows("enrolment")
    assert carla.sync(world.done("tvatta")).said == ["applied"]
    assert run("people", "unenrol", "carla@prov.example", "ny-har")[0] == 0
    assert run("people", "unenrol", "carla@prov.example", "ny-har")[0] == 0
    phone = carla.own_phone.pull()
    assert world.programmes["ny-har"] not in phone.rows("enrolment")
    assert len(phone.rows("step_completion")) == 1


@pytest.mark.parametrize(("email", "programme"), [("carla@prov.example", "nowhere"), ("nobody@prov.example", "ny-har")])
def test_nobody_is_enrolled_in_what_is_not_there(run, email, programme):
    code, said = run("people", "enrol", email, programme)
    assert (code, said.count("\n")) == (1, 1)


def test_who_is_no_longer_named_guides_no_more_and_has_no_seat(run, settings, ada, bruno, greta, world, clock):
    clock.move(hours=12)
    departure = world.departures["rundan-i-morgon"]
    guide, traveller = greta.phone().pull(), bruno.phone().pull()
    assert guide.rows("typed_code", f"departure:{departure}")
    file, old = (
        "departures.yaml",
        "guides: [greta@prov.example]\n    roster: [ada@prov.example, bruno@prov.example]\n  - departure: rundan-n",
    )
    change(settings, file, old, old.replace("greta@", "sofia@").replace(", bruno@prov.example", ""))
    for _ in range(2):
        assert run("departures", "set", pack_of(settings) / file)[0] == 0
    assert not guide.pull().rows("typed_code", f"departure:{departure}")
    assert departure not in guide.rows("my_departure")
    assert departure not in traveller.pull().rows("my_departure")
    assert departure not in traveller.rows("booking")
    assert departure in ada.phone().pull().rows("booking")


def test_a_cancelled_departure_is_so_on_every_phone(run, ada, world):
    for _ in range(2):
        assert run("departures", "cancel", "rundan-i-morgon") == (0, "rundan-i-morgon is cancelled\n")
    assert ada.phone().pull().rows("my_departure")[world.departures["rundan-i-morgon"]]["is_cancelled"] is True
    assert run("departures", "cancel", "nowhere")[0] == 1


def test_departures_are_set_from_a_file(run, settings, ada, world):
    change(
        settings, "departures.yaml", "meeting_place: {sv: Rum 1, en: Room 1}", "meeting_place: {sv: Rum 2, en: Room 2}"
    )
    code, said = run("departures", "set", pack_of(settings) / "departures.yaml")
    assert (code, "departure mote-i-dag: 3 on the roster" in said) == (0, True)
    departure = ada.phone().pull().rows("my_departure")[world.departures["mote-i-dag"]]
    assert departure["meeting_place"]["en"] == "Room 2"


def test_what_was_deferred_is_replayed_by_a_command(run, ada, world, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(understanding, "VERSIONS", {})
        ada.sync(world.done("tvatta"), {"kind": "tip_shared"})
    assert run("sync", "replay") == (0, "1 decided, 1 still waiting\n")


def test_a_protected_person_is_seen_by_an_alias_until_protection_is_lifted(run, ada, greta, bruno, world, count):
    """On the roster, as a guide, and on phones that had read the name before."""
    guide, other = greta.phone().pull(), bruno.phone().pull()

    def seen():
        roster = guide.pull().rows("roster_line", f"departure:{world.departures['rundan-i-dag']}").values()
        mine = other.pull().rows("my_departure")[world.departures["rundan-i-dag"]]
        return {row["name"] for row in roster}, mine["guides"]

    assert seen() == ({"Ada Lärare", "Bruno Bengtsson"}, ["Greta Grön"])
    said = run("people", "protect", "ADA@prov.example", "--alias", "Deltagare 7")
    assert said == (0, "ada@prov.example is seen as Deltagare 7\n")
    run("people", "protect", "greta@prov.example", "--alias", "Guide 1")
    assert seen() == ({"Deltagare 7", "Bruno Bengtsson"}, ["Guide 1"])
    assert run("people", "unprotect", "ada@prov.example") == (0, "ada@prov.example is seen by name again\n")
    run("people", "unprotect", "greta@prov.example")
    run("people", "unprotect", "greta@prov.example")
    assert seen() == ({"Ada Lärare", "Bruno Bengtsson"}, ["Greta Grön"])
    audited = sa.select(AuditEntry).where(AuditEntry.action.in_(["person_protected", "person_unprotected"]))
    assert count(audited) == 4


def test_a_changed_name_reaches_the_phones_that_had_read_the_old_one(run, greta, bruno, world, tmp_path):
    """On the roster and as a guide, by hand and by a file; where it did not change, nobody is told anew."""
    guide, other = greta.phone().pull(), bruno.phone().pull()
    stream = f"departure:{world.departures['rundan-i-dag']}"

    def seen():
        roster = guide.pull().rows("roster_line", stream).values()
        return {row["name"] for row in roster}, other.pull().rows("my_departure")[world.departures["rundan-i-dag"]][
            "guides"
        ]

    run("people", "add", "ada@prov.example", "Ada Ny", "--unit", "omsorg")
    assert seen() == ({"Ada Ny", "Bruno Bengtsson"}, ["Greta Grön"])
    file = tmp_path / "people.csv"
    file.write_text("email,name,unit,from_on\ngreta@prov.example,Greta Ny,omsorg,2026-01-01\n", "utf-8")
    run("people", "import", file)
    assert seen() == ({"Ada Ny", "Bruno Bengtsson"}, ["Greta Ny"])
    before = guide.reached[stream]
    run("people", "import", file)
    guide.pull()
    assert guide.reached[stream] == before


@pytest.mark.parametrize("alias", ["", "  ", "x" * 161, "a\0b"])
def test_an_alias_that_is_none_is_named_and_nobody_is_protected(run, count, alias):
    code, said = run("people", "protect", "ada@prov.example", "--alias", alias)
    assert (code, "Traceback" in said) == (2, False)
    assert run("people", "unprotect", "nobody@prov.example")[0] == 1
    assert count(sa.select(Person).where(Person.is_protected)) == 0


def test_after_a_restore_a_new_epoch_brings_everything_anew_and_counts_nothing_twice(run, ada, world, count):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    assert phone.sync(op).said == ["applied"]
    before, phone.replica = phone.epoch, {}
    assert run("sync", "new-epoch")[0] == 1
    assert phone.sync().body["epoch"] == before
    code, said = run("sync", "new-epoch", "--yes")
    assert (code, phone.sync(op).said) == (0, ["applied"])
    assert phone.epoch != before
    assert phone.epoch in said
    assert count(sa.select(StepCompletion)) == len(phone.rows("step_completion")) == 1


def test_check_ins_whose_time_is_over_are_deleted(ada, world, run, clock, count):
    ada.sync(world.by_place("torget"), world.by_code("kyrkan"))
    assert run("departures", "forget") == (0, "0 check-ins are deleted\n")
    clock.move(days=800)
    assert run("departures", "forget") == (0, "2 check-ins are deleted\n")
    assert count(sa.select(CheckIn)) == 0
