"""The programme board: who is where, who needs somebody, and who may see it (issue 2, "Office, first room")."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.foundation import clock as product_clock
from server.learning.models import Enrolment, Programme, ProgrammeItem
from server.people.models import Employment, Person

from .pages import change, complete, crowd, give_role, heading, rows, statements, words

DUE = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
"""midnight in Stockholm after the 28th, the day on which ada's and bruno's first course is due"""


def test_a_coordinator_sees_everyone_who_is_enrolled_and_where_they_are(hugo):
    shown = rows(hugo.get("/office/"))
    assert list(shown) == ["Ada Lärare", "Bruno Bengtsson"]
    assert shown["Ada Lärare"] == ["Omsorg", "14 nov", "Snart 28 nov", "Inte gjord", "Senare"]


@pytest.mark.parametrize(("when", "state"), [(DUE - timedelta(seconds=1), "Snart i dag"), (DUE, "Försenad i går")])
def test_a_mandatory_item_is_late_from_local_midnight_after_its_due_date(hugo, clock, when, state):
    clock.now = when
    assert rows(hugo.get("/office/"))["Ada Lärare"][2] == state


@pytest.mark.parametrize(("days", "state"), [(7, "Snart"), (8, "Inte gjord")])
def test_soon_is_within_seven_days(hugo, world, days, state):
    started = product_clock.today("Europe/Stockholm") + timedelta(days=days - 14)
    change(sa.update(Enrolment).values(started_on=started))
    answer = hugo.get("/office/")
    assert rows(answer)["Ada Lärare"][2].startswith(state)
    assert ("Snart 2" in words(answer.text)) == (state == "Snart")


def test_the_sentence_counts_people_with_something_late_not_the_late_items(hugo, clock):
    clock.move(days=30)
    answer = hugo.get("/office/")
    assert [cell.split()[0] for cell in rows(answer)["Ada Lärare"][2:]] == ["Försenad", "Inte", "Försenad"]
    assert heading(answer) == "2 behöver dig"


def test_what_is_completed_is_never_late_and_shows_its_date_but_no_hour(ada, hugo, world, clock):
    ada.sync(*world.all_of_hygien())
    clock.move(days=10)
    answer = hugo.get("/office/")
    assert rows(answer)["Ada Lärare"][2] == "Klar 24 nov"
    assert heading(answer) == "1 behöver dig"
    assert not re.search(r"\d\d[.:]\d\d", words(answer.text))


def test_a_completion_shows_the_local_date(ada, hugo, world, clock):
    clock.now = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    complete(ada, world.courses["hygien"])
    assert rows(hugo.get("/office/"))["Ada Lärare"][2] == "Klar i dag"
    clock.move(days=3)
    hugo._client = None
    assert rows(hugo.get("/office/"))["Ada Lärare"][2] == "Klar 25 nov"


def test_a_voluntary_item_is_never_late_or_soon(hugo, clock):
    change(sa.update(ProgrammeItem).where(ProgrammeItem.key == "brand").values(due_days=1))
    answer = hugo.get("/office/")
    assert rows(answer)["Ada Lärare"][3] == "Inte gjord"
    assert heading(answer) == "Ingen behöver dig just nu"


def test_an_item_waits_until_the_earlier_one_is_completed(ada, hugo, world):
    complete(ada, world.courses["hygien"])
    shown = rows(hugo.get("/office/"))
    assert (shown["Ada Lärare"][4], shown["Bruno Bengtsson"][4]) == ("Inte gjord", "Senare")


def test_who_needs_somebody_comes_first_and_who_is_finished_last(ada, bruno, carla, hugo, world, clock):
    today = product_clock.today("Europe/Stockholm")
    people = {"carla": 20, "sofia": 2, "greta": 60}
    for name, days in people.items():
        change(
            sa.insert(Enrolment).values(
                person_id=world.people[name], programme_id=world.programmes["ny-har"],
                started_on=today - timedelta(days=days),
            )
        )  # fmt: skip
    complete(ada, world.courses["hygien"])
    complete(ada, world.activities["rundan"], "activity")
    assert list(rows(hugo.get("/office/"))) == [
        "Greta Grön", "Carla Carlsson", "Bruno Bengtsson", "Sofia Skribent", "Ada Lärare"
    ]  # fmt: skip
    assert next(iter(rows(hugo.get("/office/?order=name")))) == "Ada Lärare"
    assert next(iter(rows(hugo.get("/office/?order=start")))) == "Sofia Skribent"


def test_each_state_can_be_shown_alone(ada, bruno, hugo, world, clock):
    complete(ada, world.courses["hygien"])
    assert list(rows(hugo.get("/office/?state=soon"))) == ["Bruno Bengtsson"]
    assert list(rows(hugo.get("/office/?state=going"))) == ["Ada Lärare"]
    assert "Ingen passar in på urvalet" in words(hugo.get("/office/?state=done").text)
    clock.move(hours=24 * 5)
    hugo._client = None
    assert list(rows(hugo.get("/office/?state=late"))) == ["Bruno Bengtsson"]


def test_a_unit_holds_those_of_the_units_below_it(hugo, bruno, world):
    change(
        sa.update(Employment).where(Employment.person_id == bruno.person_id).values(unit_id=world.units["hemtjanst"])
    )
    assert list(rows(hugo.get("/office/?unit=omsorg"))) == ["Ada Lärare", "Bruno Bengtsson"]
    assert list(rows(hugo.get("/office/?unit=hemtjanst"))) == ["Bruno Bengtsson"]
    assert "Ingen är inskriven" in heading(hugo.get("/office/?unit=skola"))


@pytest.mark.parametrize("search", ["åsa", "ÅSA", "Åsa", "ström ås", "sa-Ström"])
def test_a_name_is_found_whatever_its_case_and_order(hugo, ada, search):
    change(sa.update(Person).where(Person.id == ada.person_id).values(name="Åsa-Ström Ek"))
    assert list(rows(hugo.get("/office/", query_string={"search": search}))) == ["Åsa-Ström Ek"]


@pytest.mark.parametrize("search", ["%", "_", "100%", "\\", "'; DROP TABLE person; --", "zz\0z", "x" * 5000])
def test_a_search_is_only_ever_a_name(hugo, search):
    answer = hugo.get("/office/", query_string={"search": search})
    assert answer.status_code == 200
    assert "Ingen passar in på urvalet" in words(answer.text)


@pytest.mark.parametrize(
    "asked", ["page=0", "page=-1", "page=x", "page=²", "page=" + "9" * 30, "state=x&order=x&unit=x&programme=x"]
)
def test_what_is_not_understood_counts_as_not_asked(hugo, asked):
    assert len(rows(hugo.get(f"/office/?{asked}"))) == 2


def test_who_has_left_is_left_out(ada, bruno, hugo, clock):
    yesterday = product_clock.today("Europe/Stockholm") - timedelta(days=1)
    change(
        sa.update(Employment).where(Employment.person_id == ada.person_id).values(to_on=yesterday),
        sa.update(Person).where(Person.id == bruno.person_id).values(deactivated_at=product_clock.now()),
    )
    assert "Ingen är inskriven" in heading(hugo.get("/office/"))


def test_who_ends_today_or_has_another_post_is_still_there(ada, bruno, hugo, world, clock):
    today = product_clock.today("Europe/Stockholm")
    change(
        sa.update(Employment).where(Employment.person_id == ada.person_id).values(to_on=today),
        sa.update(Employment).where(Employment.person_id == bruno.person_id).values(to_on=today - timedelta(days=1)),
        sa.insert(Employment).values(
            id="x", person_id=bruno.person_id, unit_id=world.units["skola"], title="", shift_pattern="day",
            from_on=today,
        ),
    )  # fmt: skip
    shown = rows(hugo.get("/office/"))
    assert (shown["Ada Lärare"][0], shown["Bruno Bengtsson"][0]) == ("Omsorg", "Skola")


def test_a_protected_person_is_an_alias_and_is_not_found_by_name(ada, hugo):
    change(sa.update(Person).where(Person.id == ada.person_id).values(is_protected=True, alias="Deltagare 7"))
    answer = hugo.get("/office/")
    assert list(rows(answer)) == ["Bruno Bengtsson", "Deltagare 7"]
    assert "Ada" not in answer.text
    assert "Ingen passar in" in words(hugo.get("/office/?search=ada").text)
    assert list(rows(hugo.get("/office/?search=deltagare"))) == ["Deltagare 7"]


def test_a_manager_sees_their_own_unit_and_no_other(sofia, carla, bruno, world):
    change(
        sa.insert(Enrolment).values(
            person_id=carla.person_id, programme_id=world.programmes["ny-har"], started_on=product_clock.now().date()
        ),
        sa.update(Employment).where(Employment.person_id == bruno.person_id).values(unit_id=world.units["hemtjanst"]),
    )
    give_role(sofia, "manager", "omsorg")
    answer = sofia.get("/office/")
    assert list(rows(answer)) == ["Ada Lärare", "Bruno Bengtsson"]
    assert "Skola" not in answer.text
    assert list(rows(sofia.get("/office/?unit=skola"))) == ["Ada Lärare", "Bruno Bengtsson"]


def test_an_administrator_sees_everyone_whatever_the_unit_of_the_role(sofia):
    give_role(sofia, "administrator", "skola")
    assert len(rows(sofia.get("/office/"))) == 2


def test_nobody_else_sees_the_board(ada, sofia, greta):
    for person in (ada, sofia, greta):
        answer = person.get("/office/")
        assert answer.status_code == 403
        assert "Bruno" not in answer.text


def test_when_all_are_finished_it_says_so(ada, bruno, hugo, world):
    for person in (ada, bruno):
        complete(person, world.courses["hygien"])
        complete(person, world.activities["rundan"], "activity")
    assert heading(hugo.get("/office/")) == "Alla 2 är klara"


def test_without_a_programme_the_page_says_what_will_be_there(hugo):
    change(sa.delete(Enrolment), sa.delete(ProgrammeItem), sa.delete(Programme))
    assert heading(hugo.get("/office/")) == "Inget program är publicerat än"


def test_where_there_are_several_programmes_one_chooses(ada, hugo, world):
    change(
        sa.insert(Programme).values(
            id="p", slug="annat", title={"sv": "Annat"}, summary={}, audience_unit_id=world.units["kommun"]
        ),
        sa.insert(ProgrammeItem).values(
            programme_id="p", key="brand", position=0, kind="course", item_id=world.courses["brand"],
            is_mandatory=False, after=[],
        ),
        sa.insert(Enrolment).values(
            person_id=ada.person_id, programme_id="p", started_on=product_clock.today("Europe/Stockholm")
        ),
    )  # fmt: skip
    assert len(rows(hugo.get("/office/?programme=annat"))) == 1
    assert len(rows(hugo.get("/office/?programme=ny-har"))) == 2
    complete(ada, world.courses["brand"])
    assert heading(hugo.get("/office/?programme=annat")) == "1 person är klar"


def test_as_many_queries_for_five_thousand_people_as_for_forty_and_fifty_rows_a_page(hugo, world, clock):
    counts = []
    for first, many in ((0, 38), (38, 4960)):
        crowd(world, many, first=first)
        hugo.get("/office/")
        with statements() as said:
            answer = hugo.get("/office/?unit=omsorg&search=person")
        counts.append(len(said))
    assert counts[0] == counts[1] <= 14
    assert len(rows(hugo.get("/office/?search=person&page=2"))) == 50
    assert "1–50 av 4998" in words(answer.text)
