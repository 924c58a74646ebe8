"""Units and persons come to be, change and leave; from a CSV file too."""

import pytest
import sqlalchemy as sa

from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.people import enlisting
from server.people.models import Employment, Person, RoleHeld
from tests.databases import NOW

HEADER = "email,name,unit,title,shift_pattern,from_on,to_on,language,role"


def load(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "people.csv"
    path.write_text(text, encoding)
    with writing():
        try:
            people = enlisting.import_csv(db.session(), path=path, at=NOW).people
            publish_session(db.session())
            db.session.commit()
            return [person.email for person in people]
        finally:
            db.session.rollback()
            db.session.remove()


@pytest.fixture
def people(app, world, tmp_path):
    return lambda text, encoding="utf-8": load(tmp_path, text, encoding)


def test_each_line_is_a_person_with_a_post(people, count):
    text = f"{HEADER}\nEva@prov.example,Eva Ek,omsorg,Kock,night,2026-12-01,2027-01-31,en,manager\n"
    assert people(text) == ["eva@prov.example"]
    assert count(sa.select(Person).where(Person.email == "eva@prov.example", Person.language == "en")) == 1
    assert count(sa.select(Employment).where(Employment.title == "Kock", Employment.shift_pattern == "night")) == 1
    assert count(sa.select(RoleHeld).where(RoleHeld.role == "manager")) == 1


def test_importing_again_changes_and_doubles_nobody(people, count):
    text = f"{HEADER}\neva@prov.example,Eva Ek,omsorg,,,2026-12-01,,,\n"
    people(text)
    people(text.replace("Eva Ek", "Eva Alm"))
    assert count(sa.select(Person).where(Person.email == "eva@prov.example", Person.name == "Eva Alm")) == 1
    assert count(sa.select(Employment).join(Person).where(Person.email == "eva@prov.example")) == 1


def test_a_file_from_a_swedish_spreadsheet_is_read(people):
    text = "email;name;unit;from_on\neva@prov.example;Eva Öberg;omsorg;2026-12-01\n"
    assert people(text, "utf-8-sig") == ["eva@prov.example"]


def test_a_person_of_two_posts_stands_on_two_lines(people, count):
    lines = ["eva@prov.example,Eva Ek,omsorg,,,2026-12-01,,,", "eva@prov.example,Eva Ek,skola,,,2026-12-01,,,"]
    people("\n".join([HEADER, *lines]))
    assert count(sa.select(Employment).join(Person).where(Person.email == "eva@prov.example")) == 2


FAULTS = {
    "a unit that is not there": ("eva@prov.example,Eva,nowhere,,,2026-12-01,,,", "line 2: there is no unit “nowhere”"),
    "a date that is none": ("eva@prov.example,Eva,omsorg,,,1/12 2026,,,", "line 2: dates are written 2026-11-23"),
    "an end that is no date": ("eva@prov.example,Eva,omsorg,,,2026-12-01,soon,,", "dates are written"),
    "an end before the beginning": ("eva@prov.example,Eva,omsorg,,,2026-12-01,2026-11-30,,", "line 2: the last day"),
    "no address": ("eva,Eva,omsorg,,,2026-12-01,,,", "an e-mail address and a name"),
    "no name": ("eva@prov.example,,omsorg,,,2026-12-01,,,", "an e-mail address and a name"),
    "a shift that is none": ("eva@prov.example,Eva,omsorg,,dawn,2026-12-01,,,", "shift_pattern is one of day"),
    "a role that is none": ("eva@prov.example,Eva,omsorg,,,2026-12-01,,,king", "role is one of guide"),
    "a language that we do not speak": ("eva@prov.example,Eva,omsorg,,,2026-12-01,,xx,", "language is one of sv, en"),
    "too long a name": (f"eva@prov.example,{'E' * 161},omsorg,,,2026-12-01,,,", "name has at most 160"),
    "NUL": ("eva@prov.example,E\0va,omsorg,,,2026-12-01,,,", "line 2"),
    "more fields than columns": ("eva@prov.example,Eva,omsorg,,,2026-12-01,,,,surplus", "line 2"),
}


@pytest.mark.parametrize(("line", "said"), [pytest.param(*case, id=name) for name, case in FAULTS.items()])
def test_a_fault_names_the_line_and_nobody_is_imported(people, count, line, said):
    good = "otto@prov.example,Otto,omsorg,,,2026-12-01,,,"
    with pytest.raises(enlisting.ImportFault, match=said):
        people("\n".join([HEADER, line, good]))
    assert count(sa.select(Person).where(Person.email.in_(["eva@prov.example", "otto@prov.example"]))) == 0


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("email,name,unit", "line 1: the header lacks from_on"),
        ("email,name,unit,from_on,shoe_size", "line 1: the header has the unknown shoe_size"),
        ("", "line 1: the header lacks"),
    ],
)
def test_a_wrong_header_is_named(people, header, said):
    with pytest.raises(enlisting.ImportFault, match=said):
        people(f"{header}\n")


def test_a_file_that_is_not_utf_8_is_named(people):
    with pytest.raises(enlisting.ImportFault, match="UTF-8"):
        people(f"{HEADER}\neva@prov.example,Eva Öberg,omsorg,,,2026-12-01,,,\n", "latin-1")


def test_a_person_enlisted_again_is_active_again(app, world, clock, count):
    with writing():
        enlisting.deactivate(db.session(), email="ada@prov.example", at=clock.now)
        enlisting.enlist(db.session(), email="ADA@prov.example", name="Ada", at=clock.now)
        db.session.commit()
    assert count(sa.select(Person).where(Person.email == "ada@prov.example", Person.deactivated_at.is_(None))) == 1


def test_a_unit_moved_takes_those_below_it_along(app, ada, world, clock):
    """hemtjanst lies in omsorg; when omsorg moves, hemtjanst's people still read all units above them."""
    with writing():
        enlisting.set_unit(db.session(), slug="valfard", name={"sv": "Välfärd"}, within="kommun")
        enlisting.set_unit(db.session(), slug="omsorg", name={"sv": "Omsorg"}, within="valfard")
        found = {
            slug: enlisting.unit_named(db.session(), slug) for slug in ("kommun", "valfard", "omsorg", "hemtjanst")
        }
        db.session.commit()
    assert found["omsorg"].path_ids == [found[slug].id for slug in ("kommun", "valfard", "omsorg")]
    assert found["hemtjanst"].path_ids == [found[slug].id for slug in ("kommun", "valfard", "omsorg", "hemtjanst")]
