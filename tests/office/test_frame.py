"""What holds for every page of the office."""

import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.foundation.texts import FOLDER, LANGUAGES
from server.people.models import Person

from .pages import change, heading, words

OFFICE = FOLDER.parent / "office"


def pages(world):
    return (
        "/office/", f"/office/people/{world.people['ada']}", "/office/departures",
        f"/office/departures/{world.departures['rundan-i-morgon']}", "/office/nothing",
    )  # fmt: skip


def test_no_page_holds_a_script_or_a_style_of_its_own(hugo, world):
    for path in pages(world):
        text = hugo.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_speak_the_language_of_their_reader(hugo, world, language):
    change(sa.update(Person).where(Person.id == hugo.person_id).values(language=language))
    sentence = {"sv": "Ingen behöver dig just nu", "en": "Nobody needs you right now"}[language]
    assert heading(hugo.get("/office/")) == sentence
    for path in pages(world):
        text = hugo.get(path, headers={"Accept-Language": "de"}).text
        assert f'<html lang="{language}">' in text, path
        assert not re.search(r"\b(office|error|time)\.[a-z_]+\.", words(text)), path


def test_what_is_not_there_is_said_in_a_sentence_with_what_to_do(hugo):
    answer = hugo.get("/office/nothing/at/all")
    assert answer.status_code == 404
    assert heading(answer) == "Det finns inget här."
    assert "Till översikten" in words(answer.text)


def test_a_visitor_reads_the_browsers_language(app):
    assert 'lang="en"' in app.test_client().get("/office/sign-in", headers={"Accept-Language": "en"}).text


def test_pages_are_never_kept_by_browsers(hugo, world):
    assert {hugo.get(path).headers["Cache-Control"] for path in pages(world)} == {"no-store"}


def catalogue(language):
    """The office's texts, of all of its files."""
    texts = {}
    for path in (FOLDER / language).glob("office*.json"):
        texts |= json.loads(path.read_text("utf-8"))
    return {key: text for key, text in texts.items() if key.startswith("office.")}


def test_every_text_of_the_office_is_there_in_every_language_and_used(app):
    first, *others = (set(catalogue(one)) for one in LANGUAGES)
    assert all(other == first for other in others)
    source = "".join(path.read_text("utf-8") for path in [*OFFICE.rglob("*.html"), *OFFICE.rglob("*.py")])
    said = set(re.findall(r"[\"'](office\.[a-z_.0-9]+[a-z0-9])[\"']", source)) - set(app.view_functions)
    begun = tuple(re.findall(r'"(office\.[a-z_.]+\.)" ~', source))
    assert said <= first
    assert {key for key in first if key not in said and not key.startswith(begun)} == set()


def test_values_in_a_text_are_the_same_in_every_language():
    catalogues = [catalogue(one) for one in LANGUAGES]
    for key in catalogues[0]:
        values = [set(re.findall(r"{(\w+)}", json.dumps(one[key]))) for one in catalogues]
        assert values[0] == values[1], key


def test_the_office_works_without_its_script():
    script = Path(OFFICE / "office.ts").read_text("utf-8")
    assert "innerHTML" not in script
    assert "fetch(" not in script
