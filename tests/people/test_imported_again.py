"""People come in again, from a file that knows less of them than we do."""

import pytest
import sqlalchemy as sa

from server.foundation import clock
from server.foundation.database import db, writing
from server.people import enlisting
from server.people.models import Person


@pytest.fixture
def file(tmp_path):
    def of(email, name="Namn Namnsson"):
        path = tmp_path / "people.csv"
        path.write_text(f"email,name,unit,from_on\n{email},{name},omsorg,2026-01-01\n", "utf-8")
        return path

    return of


def bring_in(path, email):
    with writing():
        enlisting.import_csv(db.session(), path=path, at=clock.now())
        db.session.commit()
    return db.session.scalars(sa.select(Person).where(Person.email == email)).one()


def test_an_import_never_shows_the_name_of_who_is_protected(app, file):
    with writing():
        enlisting.enlist(db.session(), email="x@prov.example", name="Hemlig", at=clock.now(), alias="Kollega 17")
        db.session.commit()
    person = bring_in(file("x@prov.example", "Hemlig"), "x@prov.example")
    assert (person.is_protected, person.shown_name) == (True, "Kollega 17")


def test_an_import_never_changes_the_language_that_someone_chose(ada, world, file):
    ada.sync(world.prefers("en"))
    assert bring_in(file(ada.email), ada.email).language == "en"
