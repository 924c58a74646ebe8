"""Every sentence exists in every language, and none is left over."""

import json
import re
from pathlib import Path
from string import Formatter

import pytest

from config import ROOT
from server.foundation import errors, texts
from server.foundation.errors import Refusal

from .sources import files

LANGUAGES = texts.LANGUAGES
ASKED = re.compile(r"""\bt\(\s*f?["']([a-z_]+\.[^"']+)["']""")


def every_refusal(kind=Refusal):
    return {kind.code}.union(*(every_refusal(one) for one in kind.__subclasses__()))


def asked():
    """The keys that the server's code and pages ask for; `{…}` stands for what is filled in."""
    found = set()
    for path in files("server", endings=(".py", ".html")):
        found |= set(ASKED.findall(path.read_text("utf-8")))
    return found


def is_asked(key, patterns):
    return any(re.fullmatch(re.sub(r"\\\{.*?\\\}", "[a-z_]+", re.escape(one)), key) for one in patterns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_a_sentence_in(app, language):
    codes = every_refusal() | set(errors.CODES.values()) | {"server_error", "refused"}
    assert {code for code in codes if f"error.{code}" not in texts.catalogue(language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_that_is_asked_for_is_there_in(language):
    plain = {key for key in asked() if "{" not in key and not key.endswith(".")}
    assert plain - set(texts.catalogue(language)) == set()


def test_the_languages_have_the_same_sentences_with_the_same_gaps():
    first, *rest = ({key: gaps(text) for key, text in texts.catalogue(one).items()} for one in LANGUAGES)
    assert all(other == first for other in rest)


def gaps(text):
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def test_no_sentence_is_left_over():
    patterns = asked() | set(errors_asked())
    words = "\n".join(path.read_text("utf-8") for path in files("server", endings=(".py", ".html")))
    unused = {
        key for key in texts.catalogue(LANGUAGES[0])
        if not is_asked(key, patterns) and f'"{key}"' not in words and f"'{key}'" not in words
        and not any(f'"{key[:at]}' + '"' in words or f"{key[:at]}{{" in words for at in dots(key))
    }  # fmt: skip
    assert unused == set()


def errors_asked():
    return {f"error.{code}" for code in every_refusal() | set(errors.CODES.values())} | {"error.server_error"}


def dots(key):
    return [at + 1 for at, letter in enumerate(key) if letter == "."]


def test_plurals_have_the_forms_that_their_language_needs():
    for language in LANGUAGES:
        for key, text in texts.catalogue(language).items():
            if isinstance(text, dict):
                assert {"one", "other"} <= set(text), (language, key)


SAID = re.compile(r"""(?:rejected\(|Verdict\(\s*"(?:rejected|review|deferred)",|op_id, "rejected",)\s*"([a-z_]+)\"""")


def codes():
    """What an operation can be answered with, and a receipt say of it, as the server's code has it."""
    found = {code for path in files("server", endings=(".py",)) for code in SAID.findall(path.read_text("utf-8"))}
    assert {"gone", "code_wrong", "newer", "id_reuse", "not_counted", "clock_unsure", "unknown_stop"} <= found
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_phone_has_a_sentence_for_every_code_and_none_is_left_over_in(language):
    said = json.loads((PWA / f"later.{language}.json").read_text("utf-8"))
    sentences = {key.removeprefix("refusal.") for key in said if key.startswith("refusal.")}
    assert codes() - sentences == set()
    assert sentences - codes() == {"other", "unsendable", "account_closed"}, "the phone's own words, and a door's"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_office_says_why_in_a_sentence_for_everything_that_waits_in(language):
    waits = re.compile(r"""Verdict\(\s*"(?:review|deferred)",\s*"([a-z_]+)\"""")
    found = {code for path in files("server", endings=(".py",)) for code in waits.findall(path.read_text("utf-8"))}
    assert {code for code in found if f"office.exceptions.why.{code}" not in texts.catalogue(language)} == set()


def test_the_docs_list_every_code():
    page = (ROOT / "docs" / "sync.md").read_text("utf-8")
    assert {code for code in codes() if f"`{code}`" not in page} == set()


PWA = ROOT / "pwa" / "src" / "texts"


def test_no_catalogue_names_a_key_twice():
    for path in [*Path(texts.FOLDER).rglob("*.json"), *PWA.glob("*.json")]:
        pairs = json.loads(path.read_text("utf-8"), object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), path
