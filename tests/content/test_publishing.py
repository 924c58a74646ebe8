"""Publishing: a pack becomes an immutable version, heard of by those who may see it (docs/course-pack.md)."""

import json
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.activities.models import Activity
from server.content.storing import hashes
from server.foundation.changefeed import SyncStream
from server.foundation.database import db
from server.learning.models import Course, CourseVersion, Step
from server.protocol.documents import ActivityDocument, CourseDocument

from .packing import change, pack_of, publish, publish_again

CHUNKS = json.loads((Path(__file__).parent.parent / "vectors" / "chunks.json").read_text("utf-8"))


def heads():
    with db.engine.connect() as connection:
        return dict(tuple(row) for row in connection.execute(sa.select(SyncStream.stream, SyncStream.head)))


def document(settings, phone, item, language="sv"):
    digest = phone.rows("catalogue_entry")[item]["documents"][language]["hash"]
    return json.loads((settings.data / "content" / f"{digest}.json").read_text("utf-8"))


def test_an_unchanged_pack_changes_nothing_and_nobody_hears_of_it(world, settings, count):
    before = heads()
    lines = publish(settings)
    assert [line for line in lines if "unchanged" not in line] == ["programme ny-har"]
    assert heads() == before
    assert count(sa.select(CourseVersion)) == 3


def test_a_changed_text_is_a_new_version_of_its_course_alone(ada, world, settings):
    phone = ada.phone().pull()
    lines = publish_again(settings, "courses/hygien/sv/tvatta.md", "Tvätta nu.")
    assert [line.partition(",")[0] for line in lines if "version" in line] == ["course hygien: version 2"]
    heard = phone.sync().body["changes"]
    assert [(one["entity"], one["data"]["version"]) for one in heard] == [("catalogue_entry", 2)]


def test_a_published_version_never_changes(ada, world, settings):
    hygien = world.courses["hygien"]
    first = document(settings, ada.phone().pull(), hygien)
    publish_again(settings, "courses/hygien/sv/tvatta.md", "Tvätta nu.")
    second = document(settings, ada.phone().pull(), hygien)
    assert (first["version"], second["version"]) == (1, 2)
    with db.engine.connect() as connection:
        rows = connection.execute(sa.select(CourseVersion.number, CourseVersion.documents)).all()
    kept = {number: documents for number, documents in rows if "sv" in documents}
    assert len(kept) == 2


def test_a_step_that_means_the_same_keeps_its_hash(world, settings):
    publish_again(settings, "courses/hygien/sv/tvatta.md", "Tvätta nu.")
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.select(Step.key, Step.version, Step.hash).where(Step.course_id == world.courses["hygien"])
        )
        hashes = {(key, version): hash_ for key, version, hash_ in rows}
    same = {key for key, version in hashes if version == 1 and hashes[key, 1] == hashes[key, 2]}
    assert same == {"film", "tanka", "ova", "prova"}


def test_another_right_answer_is_another_step(world, settings):
    change(settings, "courses/hygien/course.yaml", "en: Squash}}", "en: Squash}, right: true}")
    publish(settings)
    with db.engine.connect() as connection:
        hashes = connection.execute(sa.select(Step.hash).where(Step.key == "prova")).scalars().all()
    assert len(set(hashes)) == 2


def test_documents_are_what_the_protocol_says_in_every_language(ada, carla, world, settings):
    for phone in (ada.phone().pull(), carla.phone().pull()):
        for item, entry in phone.rows("catalogue_entry").items():
            shape = CourseDocument if entry["kind"] == "course" else ActivityDocument
            for language in entry["documents"]:
                found = shape.model_validate(document(settings, phone, item, language))
                assert (found.language, found.version) == (language, entry["version"])


def test_the_key_of_an_exam_is_in_no_document_and_that_of_a_practice_is(ada, world, settings):
    course = document(settings, ada.phone().pull(), world.courses["hygien"])
    steps = {step["key"]: step for module in course["modules"] for step in module["steps"]}
    exam = [choice for question in steps["prova"]["quiz"]["questions"] for choice in question["choices"]]
    practice = [choice for question in steps["ova"]["quiz"]["questions"] for choice in question["choices"]]
    assert {choice["right"] for choice in exam} == {None}
    assert [choice["right"] for choice in practice] == [False, True, False, True]


def test_a_document_lists_each_file_that_it_shows_once_with_its_size(ada, world, settings):
    course = document(settings, ada.phone().pull(), world.courses["hygien"])
    types = sorted(one["type"] for one in course["media"])
    assert types == ["image/svg+xml", "image/svg+xml", "text/vtt", "video/mp4"]
    for one in course["media"]:
        assert (settings.data / one["url"].lstrip("/")).stat().st_size == one["bytes"]


@pytest.mark.parametrize("case", CHUNKS, ids=lambda case: case["name"])
def test_each_chunk_of_a_file_is_hashed_as_the_phone_will_check_it(case, tmp_path):
    file = tmp_path / "film.mp4"
    file.write_bytes(bytes(number % 251 for number in range(case["given"]["bytes"])))
    assert hashes(file) == (case["then"]["hash"], case["then"]["chunks"])


def test_the_catalogue_tells_what_waits_for_wifi(ada, world):
    documents = ada.phone().pull().rows("catalogue_entry")[world.courses["hygien"]]["documents"]
    assert documents["sv"]["media_bytes"] == 4012
    assert 0 < documents["sv"]["picture_bytes"] < 1000


def test_a_course_that_moves_to_another_audience_leaves_the_old_one(ada, carla, world, settings):
    phone, other = ada.phone().pull(), carla.phone().pull()
    change(settings, "courses/brand/course.yaml", "audience: kommun", "audience: skola")
    publish(settings)
    assert world.courses["brand"] not in phone.pull().rows("catalogue_entry")
    assert world.courses["brand"] in other.pull().rows("catalogue_entry")


def test_an_activity_that_moves_to_another_audience_leaves_the_old_one(ada, carla, world, settings):
    phone, other = ada.phone().pull(), carla.phone().pull()
    change(settings, "activities/mote/activity.yaml", "audience: kommun", "audience: skola")
    publish(settings)
    assert world.activities["mote"] not in phone.pull().rows("catalogue_entry")
    assert world.activities["mote"] in other.pull().rows("catalogue_entry")


def test_a_programme_that_moves_to_another_audience_leaves_the_old_one(ada, world, settings):
    phone = ada.phone().pull()
    change(settings, "programmes/ny-har.yaml", "audience: kommun", "audience: skola")
    publish(settings)
    assert world.programmes["ny-har"] not in phone.pull().rows("programme")


def test_who_is_enrolled_hears_of_a_changed_programme(ada, world, settings):
    phone = ada.phone().pull()
    change(settings, "programmes/ny-har.yaml", "due_days: 14", "due_days: 21")
    publish(settings)
    phone.pull()
    programme = world.programmes["ny-har"]
    assert phone.rows("programme")[programme]["items"][0]["due_days"] == 21
    started = date.fromisoformat(phone.rows("enrolment")[programme]["started_on"])
    due = date.fromisoformat(phone.rows("enrolment")[programme]["items"][0]["due_on"])
    assert (due - started).days == 21


def test_travellers_hear_of_a_new_guide(ada, world, settings):
    phone = ada.phone().pull()
    before = phone.rows("my_departure")[world.departures["rundan-i-morgon"]]["documents"]
    publish_again(settings, "activities/rundan/sv/torget.md", "En ny berättelse.")
    assert phone.pull().rows("my_departure")[world.departures["rundan-i-morgon"]]["documents"] != before


def test_a_new_stop_has_a_code_on_every_departure(ada, greta, world, settings, clock):
    """A departure that was set before the stop came to be still lets people check in there."""
    change(settings, "activities/rundan/activity.yaml", "stops:\n", "stops:\n  - {key: hamnen, kind: history, "
           "name: {sv: Hamnen, en: The harbour}, minutes: 5}\n")  # fmt: skip
    for language in ("sv", "en"):
        (pack_of(settings) / "activities" / "rundan" / language / "hamnen.md").write_text("Hamnen.")
    publish(settings)
    departure = world.departures["rundan-i-dag"]
    codes = greta.phone().pull().rows("typed_code", f"departure:{departure}")
    assert f"{departure}/hamnen" in codes
    code = codes[f"{departure}/hamnen"]["code"]
    assert ada.sync(world.by_code("hamnen", code=code)).said == ["applied"]


def test_an_unchanged_activity_stays_at_its_version(world, settings):
    publish(settings)
    with db.engine.connect() as connection:
        assert set(connection.execute(sa.select(Activity.version)).scalars()) == {1}
        assert set(connection.execute(sa.select(Course.current_version)).scalars()) == {1}


@pytest.mark.parametrize("picture", ["media/cover.svg"])
def test_a_file_used_by_two_items_is_stored_once_and_seen_by_both_audiences(ada, carla, settings, world, picture):
    text = (pack_of(settings) / "courses" / "skolvagen" / picture).read_text()
    publish_again(settings, f"courses/hygien/{picture}", text)
    urls = {
        actor.phone().pull().rows("catalogue_entry")[world.courses[course]]["picture"]
        for actor, course in ((ada, "hygien"), (carla, "skolvagen"))
    }
    assert len(urls) == 1
    assert [actor.get(urls.copy().pop()).status_code for actor in (ada, carla)] == [200, 200]
