"""Published files go to who may see an item that shows them, and nobody keeps them for others (DESIGN §8)."""

import hashlib

import pytest
import sqlalchemy as sa

from server.content.models import ContentFile
from server.foundation.database import db
from tests.content.packing import change, publish, publish_again


def entry(phone, item):
    return phone.rows("catalogue_entry")[item]


@pytest.fixture
def film(app, world):
    with db.engine.connect() as connection:
        row = connection.execute(sa.select(ContentFile).where(ContentFile.ending == ".mp4")).one()
    return f"/media/{row.hash}.mp4", row.bytes


def test_a_document_is_what_its_hash_says_for_ever(ada, world):
    digest = entry(ada.phone().pull(), world.courses["hygien"])["documents"]["sv"]["hash"]
    answer = ada.get(f"/content/{digest}")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.data).hexdigest() == digest
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.mimetype == "application/json"


def test_a_file_is_for_its_audience_alone_and_not_said_to_exist_to_others(ada, carla, world):
    phone = carla.phone().pull()
    item = entry(phone, world.courses["skolvagen"])
    for path in (item["picture"], f"/content/{item['documents']['sv']['hash']}"):
        assert carla.get(path).status_code == 200
        refused, unknown = ada.get(path), ada.get(path.replace(path[-6:-4], "00"))
        assert refused.status_code == 404
        assert refused.data == unknown.data


def test_without_a_session_there_is_no_file(app, ada, world, film):
    stranger = app.test_client()
    assert stranger.get(film[0]).status_code == 401
    assert stranger.get("/content/" + "0" * 64).status_code == 401


def test_the_files_of_an_older_version_stay_for_who_began_it(ada, world, settings):
    digest = entry(ada.phone().pull(), world.courses["hygien"])["documents"]["sv"]["hash"]
    publish_again(settings, "courses/hygien/sv/tvatta.md", "Tvätta nu.")
    assert ada.get(f"/content/{digest}").status_code == 200


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=0-3", (0, 4)), ("bytes=4-11", (4, 12)), ("bytes=-5", (-5, None)), ("bytes=4000-", (4000, None)),
     ("bytes=4000-9999", (4000, None))],
)  # fmt: skip
def test_a_part_of_a_film_can_be_asked_for(ada, film, asked, part):
    path, size = film
    whole = ada.get(path)
    assert (whole.status_code, whole.headers["Accept-Ranges"], len(whole.data)) == (200, "bytes", size)
    answer = ada.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, whole.data[slice(*part)])
    assert answer.headers["Content-Range"].endswith(f"/{size}")
    assert answer.headers["Cache-Control"].startswith("private")


@pytest.mark.parametrize("asked", ["bytes=5000-", "bytes=9999-10000"])
def test_a_part_that_is_not_there_is_refused_in_the_one_shape(ada, film, asked):
    answer = ada.get(film[0], headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.get_json()["code"] == "refused"
    assert answer.headers["Content-Range"] == f"bytes */{film[1]}"


def test_a_film_is_never_packed_on_the_way(ada, film):
    answer = ada.get(film[0], headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in answer.headers
    assert int(answer.headers["Content-Length"]) == film[1]


def test_a_film_that_has_not_changed_is_not_sent_again(ada, film):
    first = ada.get(film[0])
    answer = ada.get(film[0], headers={"If-None-Match": first.headers["ETag"]})
    assert (answer.status_code, answer.data) == (304, b"")


def test_a_drawing_can_run_nothing(ada, world):
    answer = ada.get(entry(ada.phone().pull(), world.courses["hygien"])["picture"])
    assert answer.mimetype == "image/svg+xml"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/content/x", "/content/" + "G" * 64, "/media/x.svg", "/media/" + "0" * 64, "/media/" + "0" * 64 + ".exe",
     "/media/../content/x", "/media/%2e%2e%2fsecret.key", "/media/" + "0" * 64 + ".mp4%00", "/content/secret.key"],
)  # fmt: skip
def test_no_other_path_leads_to_a_file(ada, path):
    answer = ada.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_a_medium_has_the_ending_that_it_was_published_with(ada, film):
    assert ada.get(film[0].replace(".mp4", ".svg")).status_code == 404


def test_a_guest_on_a_tour_of_another_unit_may_read_its_guide(settings, carla, world):
    change(settings, "activities/mote/activity.yaml", "audience: kommun", "audience: omsorg")
    publish(settings)
    digest = carla.phone().pull().rows("my_departure")[world.departures["mote-i-dag"]]["documents"]["sv"]["hash"]
    assert carla.get(f"/content/{digest}").status_code == 200


def test_who_no_longer_sees_a_course_sees_no_earlier_version_of_it_either(settings, ada, world):
    digest = entry(ada.phone().pull(), world.courses["brand"])["documents"]["sv"]["hash"]
    assert ada.get(f"/content/{digest}").status_code == 200
    change(settings, "courses/brand/course.yaml", "audience: kommun", "audience: skola")
    publish(settings)
    assert ada.get(f"/content/{digest}").status_code == 404
