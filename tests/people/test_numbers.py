"""The numbers that SMS goes to come from the CSV file, written as every network understands them."""

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.reminders.models import ContactAddress


@pytest.fixture
def brought_in(app, tmp_path):
    def bring(*lines, header="email,name,unit,from_on,phone"):
        path = tmp_path / "people.csv"
        path.write_text("\n".join([header, *lines]), "utf-8")
        return app.test_cli_runner().invoke(args=["people", "import", str(path)])

    return bring


def numbers():
    with db.engine.connect() as connection:
        return set(connection.execute(sa.select(ContactAddress.phone_number)).scalars())


def test_a_number_is_kept_as_the_networks_write_it(brought_in):
    assert brought_in("ada@prov.example,Ada,omsorg,2026-01-01,+46 70-174 06 05").exit_code == 0
    assert numbers() == {"+46701740605"}


@pytest.mark.parametrize(
    "number", ["0701740605", "+0701740605", "46701740605", "+46", "+46701740605123456", "+46٧٠١٧٤٠٦٠٥", "x"]
)
def test_a_number_that_is_none_stops_the_import_and_names_the_line(brought_in, number):
    done = brought_in("a@prov.example,A,omsorg,2026-01-01,", f"ada@prov.example,Ada,omsorg,2026-01-01,{number}")
    assert done.exit_code == 1
    assert "line 3: phone is written +46701740605" in done.output
    assert numbers() == set()


def test_another_file_changes_a_number_an_empty_cell_forgets_it_and_no_column_leaves_it(brought_in):
    brought_in("ada@prov.example,Ada,omsorg,2026-01-01,+46701740605")
    brought_in("ada@prov.example,Ada,omsorg,2026-01-01,+46701740606")
    assert numbers() == {"+46701740606"}
    brought_in("ada@prov.example,Ada,omsorg,2026-01-01", header="email,name,unit,from_on")
    assert numbers() == {"+46701740606"}
    brought_in("ada@prov.example,Ada,omsorg,2026-01-01,")
    assert numbers() == {None}


def test_of_two_posts_one_line_with_the_number_is_enough(brought_in):
    brought_in("ada@prov.example,Ada,omsorg,2026-01-01,+46701740605", "ada@prov.example,Ada,skola,2026-01-01,")
    assert numbers() == {"+46701740605"}
