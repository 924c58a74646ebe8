"""A person's page: state and date, never hours of study, answers or notes; each reading is audited; one-time codes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.foundation import clock as product_clock
from server.people.models import AuditEntry, Employment, Person, SignInCode
from tests.cast import HEADERS

from .pages import change, give_role, heading, token, words

LEARNT_AT = datetime(2026, 11, 24, 16, 41, tzinfo=UTC)


def page_of(actor, person, **other):
    return actor.get(f"/office/people/{person.person_id}", **other)


def ask_for_code(actor, person):
    form = {"csrf_token": token(page_of(actor, person))}
    return actor.client.post(f"/office/people/{person.person_id}/code", data=form)


def code_in(answer):
    found = re.search(r'class="big-code[^"]*">([^<]+)<', answer.text)
    assert found, words(answer.text)
    return found[1]


def test_it_shows_posts_states_and_dates(ada, hugo, world):
    ada.sync(*world.all_of_hygien())
    answer = page_of(hugo, ada)
    said = words(answer.text)
    assert heading(answer) == "Ada Lärare"
    assert "Undersköterska , Omsorg från 14 nov" in said
    assert "Ny här 1 av 3 klara · Började 14 nov" in said
    assert "Klar i dag" in said


def test_the_hour_of_learning_answers_and_notes_stay_with_the_person(ada, hugo, world, clock):
    clock.now = LEARNT_AT
    ada.sync(*world.all_of_hygien(), world.failed(), world.noted("min hemliga tanke"))
    said = words(page_of(hugo, ada).text)
    assert not re.search(r"\d\d[.:]\d\d", said)
    assert "hemliga" not in said
    assert "försök" not in said.casefold()


def test_check_ins_show_their_time(ada, hugo, world, clock):
    clock.now = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
    ada.sync(world.by_place("torget"), world.by_code("kyrkan", code="00000000"))
    said = words(page_of(hugo, ada).text)
    assert "Torget 09.14" in said
    assert "Kyrkan Granskas" in said


def test_each_reading_is_audited_for_whom_it_concerns(ada, hugo, count):
    by_hugo = sa.select(AuditEntry).where(AuditEntry.actor_id == hugo.person_id)
    audited = by_hugo.where(AuditEntry.action == "person_read", AuditEntry.subject_id == ada.person_id)
    for n in (1, 2):
        page_of(hugo, ada)
        assert count(audited) == n


def test_a_manager_reads_pages_of_their_unit_only_and_a_refusal_is_like_nobody(ada, carla, sofia, count):
    give_role(sofia, "manager", "omsorg")
    assert page_of(sofia, ada).status_code == 200
    refused, nobody = page_of(sofia, carla), sofia.get("/office/people/nobody")
    assert (refused.status_code, nobody.status_code) == (404, 404)
    assert words(refused.text) == words(nobody.text)
    assert count(sa.select(AuditEntry).where(AuditEntry.subject_id == carla.person_id)) == 0


def test_a_manager_sees_only_the_posts_in_their_unit(ada, sofia, world):
    change(
        sa.insert(Employment).values(
            id="x", person_id=ada.person_id, unit_id=world.units["skola"], title="Vaktmästare", shift_pattern="day",
            from_on=product_clock.today("Europe/Stockholm"),
        )
    )  # fmt: skip
    give_role(sofia, "manager", "omsorg")
    assert "Vaktmästare" not in page_of(sofia, ada).text


def test_who_has_left_has_no_page(ada, bruno, hugo):
    change(
        sa.update(Employment)
        .where(Employment.person_id == ada.person_id)
        .values(to_on=product_clock.today("Europe/Stockholm") - timedelta(days=1)),
        sa.update(Person).where(Person.id == bruno.person_id).values(deactivated_at=product_clock.now()),
    )
    assert [page_of(hugo, person).status_code for person in (ada, bruno)] == [404, 404]


def test_a_protected_person_shows_neither_name_nor_address(ada, hugo):
    change(sa.update(Person).where(Person.id == ada.person_id).values(is_protected=True, alias="Deltagare 7"))
    answer = page_of(hugo, ada)
    assert heading(answer) == "Deltagare 7"
    assert "ada@" not in answer.text
    assert "Lärare" not in answer.text


def test_a_coordinator_gives_a_code_that_lets_in_once(ada, hugo, app, count):
    answer = ask_for_code(hugo, ada)
    assert answer.status_code == 200
    assert "Gäller till i morgon kl. 09.00" in words(answer.text)
    assert count(sa.select(AuditEntry).where(AuditEntry.action == "sign_in_code_issued")) == 1
    body = {"email": ada.email, "code": code_in(answer), "new_password": "nytt-lösenord-för-ada"}
    said = [app.test_client().post("/api/session/code", json=body, headers=HEADERS).status_code for _ in range(2)]
    assert said == [200, 401]


def test_a_code_ends_after_a_day(ada, hugo, app, clock):
    body = {"email": ada.email, "code": code_in(ask_for_code(hugo, ada)), "new_password": "nytt-lösenord-för-ada"}
    clock.move(hours=24)
    assert app.test_client().post("/api/session/code", json=body, headers=HEADERS).status_code == 401


def test_a_new_code_ends_the_earlier_one_and_no_page_shows_it_again(ada, hugo, count):
    first, second = code_in(ask_for_code(hugo, ada)), code_in(ask_for_code(hugo, ada))
    assert first != second
    assert count(sa.select(SignInCode)) == 1
    assert second not in page_of(hugo, ada).text


def test_a_code_is_never_kept_by_the_browser(ada, hugo):
    assert ask_for_code(hugo, ada).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("form", [{}, {"csrf_token": "guessed"}])
def test_a_form_without_its_token_changes_nothing(ada, hugo, form, count):
    answer = hugo.client.post(f"/office/people/{ada.person_id}/code", data=form)
    assert answer.status_code == 400
    assert "Formuläret" in words(answer.text)
    assert count(sa.select(SignInCode)) == 0


def test_a_manager_lets_nobody_in(ada, sofia, count):
    give_role(sofia, "manager", "omsorg")
    assert "engångskod" not in page_of(sofia, ada).text
    assert ask_for_code(sofia, ada).status_code == 403
    assert count(sa.select(SignInCode)) == 0


def test_a_coordinator_elsewhere_who_manages_here_lets_nobody_in_here(ada, sofia, count):
    give_role(sofia, "manager", "omsorg")
    give_role(sofia, "coordinator", "skola")
    assert "engångskod" not in page_of(sofia, ada).text
    assert ask_for_code(sofia, ada).status_code == 404
    assert count(sa.select(SignInCode)) == 0


def test_a_coordinator_cannot_become_an_administrator_by_a_code(ada, hugo, sofia, count):
    give_role(ada, "administrator", "kommun")
    assert "engångskod" not in page_of(hugo, ada).text
    assert ask_for_code(hugo, ada).status_code == 403
    assert count(sa.select(SignInCode)) == 0
    give_role(sofia, "administrator", "kommun")
    assert ask_for_code(sofia, ada).status_code == 200
