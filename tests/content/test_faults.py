"""What is wrong with a pack is said to its author by file, line and remedy, and nothing of it is published."""

import shutil

import pytest
import sqlalchemy as sa

from server.content.packs import PackFault
from server.foundation.database import db
from server.learning.models import CourseVersion, ProgrammeItem
from server.loading import Loading
from tests.cast import World

from .packing import change, pack_of, publish

COURSE = "courses/hygien/course.yaml"
TOUR = "activities/rundan/activity.yaml"
PROGRAMME = "programmes/ny-har.yaml"

CHANGED = {
    "an unknown key": (COURSE, "audience: kommun", "audience: kommun\naudiense: x", 6, "is not a word of the format"),
    "a missing key": (COURSE, "title: {sv: Ren från början, en: Clean from the start}\n", "", 1, "“title” is missing"),
    "bad YAML": (COURSE, "languages: [sv, en]", "languages: [sv, en", 5, "this is not YAML"),
    "a control character": (COURSE, "languages: [sv, en]", "languages: [sv, \x07en]", 4, "a control character"),
    "a date that is none": (COURSE, "audience: kommun", "audience: 2026-13-45", None, "put it in quotes"),
    "a missing language": (COURSE, "{sv: Tvätta, en: Wash}", "{sv: Tvätta}", 15, "“en” is missing here"),
    "a missing language of a choice": (COURSE, "en: One second}", "fi: Sekunti}", 32, "“en” is missing here"),
    "a language without texts": (COURSE, "[sv, en]", "[sv, en, fi]", 2, "“fi” is missing here"),
    "a unit that is not there": (COURSE, "audience: kommun", "audience: nowhere", 5, "there is no unit “nowhere”"),
    "a file that is not there": (COURSE, "video: media/film.mp4", "video: media/nowhere.mp4", 16, "is not there"),
    "a file outside of the pack": (
        COURSE,
        "picture: media/cover.svg",
        "picture: ../brand/x.svg",
        6,
        "outside of the pack",
    ),
    "a kind of file that we do not take": (
        COURSE,
        "video: media/film.mp4",
        "video: media/film.exe",
        16,
        "not a kind of media",
    ),
    "a step key twice": (COURSE, "key: tanka", "key: film", None, "the step key “film” stands twice"),
    "a step key in capitals": (COURSE, "key: tanka", "key: Tänka", 17, "key"),
    "a kind that is none": (COURSE, "kind: reflection", "kind: dream", 17, "kind"),
    "a quiz without questions": (COURSE, "kind: reflection", "kind: quiz", 17, "a quiz has questions"),
    "no right choice": (
        COURSE,
        ", right: true}\n          - {key: sant",
        "}\n          - {key: sant",
        28,
        "mark exactly one",
    ),
    "a truth without an answer": (COURSE, ", right: false}", "}", 34, "a truth question has"),
    "sound without a file": (COURSE, "kind: reflection", "kind: audio", 17, "an audio step names its sound"),
    "a picture without words": (COURSE, "minutes: 3}", "minutes: 3, picture: media/hand.svg}", 15, "needs picture_alt"),
    "a tour for a unit that is not there": (TOUR, "audience: kommun", "audience: nowhere", 6, "no unit “nowhere”"),
    "no minutes": (COURSE, "minutes: 3}", "minutes: 0}", 15, "minutes"),
    "a film without a file": (COURSE, ", video: media/film.mp4", "", 16, "a video step names its film"),
    "too many stops asked for": (TOUR, "{stops: 2}", "{stops: 4}", None, "asks for 4 stops, but there are 3"),
    "a stop key twice": (TOUR, "key: kyrkan", "key: torget", None, "a stop key stands twice"),
    "a meeting of several stops": (TOUR, "kind: tour", "kind: meeting", None, "a meeting has one stop"),
    "two control points": (TOUR, "    - {x: 0.5, y: 0.9, lat: 59.9, lon: 17.5}\n", "", 12, "at least 3"),
    "a place off the earth": (TOUR, "lat: 59.2", "lat: 159.2", 17, "lat"),
    "a stop without a language": (TOUR, "{sv: Kyrkan, en: The church}", "{sv: Kyrkan}", 18, "“en” is missing here"),
    "a tour without a language": (TOUR, "{sv: Rundan, en: The round}", "{sv: Rundan}", None, "“en” is missing here"),
    "a course that is not there": (PROGRAMME, "course: brand", "course: nowhere", 7, "“nowhere” is not published"),
    "an item that is two things": (
        PROGRAMME,
        "course: brand",
        "course: brand, activity: rundan",
        7,
        "name one of them",
    ),
    "an item that waits for a later one": (PROGRAMME, "after: [hygien]", "after: [senare]", None, "waits for an item"),
}


def fault(settings):
    with pytest.raises(PackFault) as caught:
        publish(settings)
    return caught.value


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "remedy"), [pytest.param(*case, id=name) for name, case in CHANGED.items()]
)
def test_a_fault_names_file_line_and_remedy(world, settings, count, file, old, new, line, remedy):
    change(settings, file, old, new)
    found = fault(settings)
    assert found.file == pack_of(settings) / file
    assert line is None or found.line == line
    assert remedy in found.remedy
    assert str(found.file) in str(found)
    assert count(sa.select(CourseVersion)) == 3
    assert count(sa.select(ProgrammeItem)) == 3


def test_a_text_that_is_missing_is_named(world, settings):
    (pack_of(settings) / "courses/hygien/en/tvatta.md").unlink()
    found = fault(settings)
    assert found.file.name == "tvatta.md"
    assert "the text is missing" in found.remedy


@pytest.mark.parametrize("file", ["courses/hygien/sv/tvatta.md", COURSE])
def test_a_text_that_is_not_utf_8_is_named(world, settings, file):
    (pack_of(settings) / file).write_bytes(b"sm\xf6r")
    found = fault(settings)
    assert found.file == pack_of(settings) / file
    assert "UTF-8" in found.remedy


def test_a_picture_that_a_text_names_and_that_is_missing_is_named(world, settings):
    (pack_of(settings) / "courses/hygien/media/hand.svg").unlink()
    found = fault(settings)
    assert "hand.svg is not there" in found.remedy
    text = pack_of(settings) / "courses/hygien/sv/tvatta.md"
    assert found.file == text
    assert "hand.svg" in text.read_text("utf-8").splitlines()[(found.line or 0) - 1]


@pytest.mark.parametrize("text", ["", "- a list", "words alone"])
def test_a_pack_that_holds_no_values_is_named(world, settings, text):
    (pack_of(settings) / COURSE).write_text(text)
    assert "made of words with values" in fault(settings).remedy


def test_a_folder_without_any_pack_is_named_and_not_taken_for_done(app, tmp_path):
    done = app.test_cli_runner().invoke(args=["content", "publish", str(tmp_path)])
    assert done.exit_code == 1
    assert "name another folder" in done.output


SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        "<SCRIPT\n>alert(1)</SCRIPT>",
        '<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
        '<circle onload="alert(1)"/>',
        '<circle\nonclick = "alert(1)"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<image href="https://example.org/x.png"/>',
        '<use xlink:href="other.svg#x"/>',
        "<foreignObject><p>x</p></foreignObject>",
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        '<set attributeName="onload" to="alert(1)"/>',
        "<style>@import url(https://example.org)</style>",
        '<rect fill="url(https://example.org#x)"/>',
    ],
)
def test_a_drawing_that_could_run_or_fetch_anything_is_refused(world, settings, inner):
    (pack_of(settings) / "courses/hygien/media/cover.svg").write_text(SVG.format(inner))
    assert "a drawing may hold no script" in fault(settings).remedy


@pytest.mark.parametrize("start", ["<!DOCTYPE svg [<!ENTITY x 'y'>]>", "<?xml version='1.0'?><!DOCTYPE svg>"])
def test_a_drawing_with_entities_is_refused(world, settings, start):
    (pack_of(settings) / "courses/hygien/media/cover.svg").write_text(start + SVG.format(""))
    assert "a drawing may hold no script" in fault(settings).remedy


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7"])
def test_a_drawing_in_an_encoding_that_hides_its_words_is_refused(world, settings, encoding):
    text = f"<?xml version='1.0' encoding='{encoding}'?>" + SVG.format("<script>alert(1)</script>")
    (pack_of(settings) / "courses/hygien/media/cover.svg").write_bytes(text.encode(encoding))
    assert "is not UTF-8 text" in fault(settings).remedy


def test_a_drawing_that_refers_to_itself_is_taken(world, settings):
    inner = '<defs><linearGradient id="g"/></defs><rect fill="url(#g)"/><use href="#g"/>'
    (pack_of(settings) / "courses/hygien/media/cover.svg").write_text(SVG.format(inner))
    assert "course hygien: version 2" in "\n".join(publish(settings))


@pytest.mark.parametrize("file", ["film.mp4", "film.sv.vtt"])
def test_a_file_that_is_not_what_its_ending_says_is_refused(world, settings, file):
    (pack_of(settings) / "courses/hygien/media" / file).write_bytes(b"<html><script>alert(1)</script>")
    assert "not what its ending says" in fault(settings).remedy


def test_a_link_out_of_the_pack_is_refused(world, settings, tmp_path):
    secret = tmp_path / "secret.svg"
    secret.write_text(SVG.format(""))
    link = pack_of(settings) / "courses/hygien/media/hand.svg"
    link.unlink()
    link.symlink_to(secret)
    assert "outside of the pack" in fault(settings).remedy


def test_an_empty_file_is_named(world, settings):
    (pack_of(settings) / COURSE).write_text("")
    assert fault(settings).file == pack_of(settings) / COURSE


LOADED = {
    "a departure of an unknown activity": (
        "departures.yaml",
        "activity: mote",
        "activity: nowhere",
        19,
        "not published",
    ),
    "an unknown guide": ("departures.yaml", "guides: [greta@", "guides: [grete@", 8, "nobody has the address grete@"),
    "an unknown traveller": ("departures.yaml", ", bruno@prov", ", brutus@prov", 9, "nobody has the address brutus@"),
    "an hour that is none": ("departures.yaml", '{days: 0, at: "08:00"}', '{days: 0, at: "29:00"}', 20, "at"),
    "a moment that is none": ("departures.yaml", '{days: 0, at: "08:00"}', "tomorrow", 20, "starts_at"),
    "an instant without a zone": (
        "departures.yaml",
        '{days: 0, at: "08:00"}',
        "'2026-11-25T08:00:00'",
        20,
        "starts_at",
    ),
    "an end before the start": (
        "departures.yaml",
        '{days: 0, at: "10:00"}',
        '{days: -1, at: "10:00"}',
        21,
        "ends before",
    ),
    "no seats": ("departures.yaml", "seats: 9", "seats: 0", 23, "seats"),
    "a unit within nothing": ("organisation.yaml", "within: omsorg", "within: nowhere", 5, "no unit “nowhere”"),
    "a post in no unit": ("organisation.yaml", "{unit: skola, title", "{unit: nowhere, title", 10, "no unit “nowhere”"),
    "a role in no unit": (
        "organisation.yaml",
        "{role: guide, unit: kommun}",
        "{role: guide, unit: nix}",
        13,
        "no unit “nix”",
    ),
    "a role that is none": ("organisation.yaml", "role: guide", "role: king", 13, "role"),
    "a programme that is not there": (
        "organisation.yaml",
        "programme: ny-har",
        "programme: nix",
        8,
        "no programme “nix”",
    ),
    "no address": ("organisation.yaml", "email: carla@prov.example", "email: carla", 10, "email"),
}


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "remedy"), [pytest.param(*case, id=name) for name, case in LOADED.items()]
)
def test_a_fault_in_people_or_departures_names_file_line_and_remedy(
    world, settings, clock, file, old, new, line, remedy
):
    change(settings, file, old, new)
    loading = Loading(db.session(), data=settings.data, at=clock.now, zone=settings.zone, demo_password=None)
    with pytest.raises(PackFault) as caught:
        list(loading.load(pack_of(settings)))
    db.session.rollback()
    assert (caught.value.file, caught.value.line) == (pack_of(settings) / file, line)
    assert remedy in caught.value.remedy


def test_everything_may_be_loaded_again(world, settings, clock, count):
    loading = Loading(db.session(), data=settings.data, at=clock.now, zone=settings.zone, demo_password=None)
    lines = list(loading.load(pack_of(settings)))
    db.session.commit()
    assert "4 units, 6 people" in lines
    assert World().__dict__ == world.__dict__


def test_a_copied_pack_is_the_same_pack(world, settings, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(pack_of(settings), copy)
    assert all("unchanged" in line for line in publish(settings, copy) if not line.startswith("programme"))
