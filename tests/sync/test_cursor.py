"""Following cursors from nothing gives exactly the visible state, whatever the phone holds in its hand (SYNC.md §3)."""

import base64

import pytest
import sqlalchemy as sa

from server.foundation.changefeed import SyncStream, Touch, publish
from server.foundation.database import db, writing
from server.learning.models import Note
from server.sync import cursor as cursors
from server.sync import exchange, feed
from tests.cast import an_id


def write_notes(actor, course, number, size=10):
    """So many notes at once, as if many pushes had been taken; the first of them in a step that there is."""
    rows = [
        {
            "person_id": actor.person_id, "course_id": course, "step_key": f"n{index}" if index else "tanka", "text": "x" * size,
            "kept_at": actor.world_clock, "op_id": an_id(index),
        }
        for index in range(number)
    ]  # fmt: skip
    stream = f"person:{actor.person_id}"
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.insert(Note), rows)
        publish(connection, [Touch(stream, "note", f"{course}/{row['step_key']}") for row in rows])


@pytest.fixture
def noted(ada, world, clock):
    def write(number, size=10):
        ada.world_clock = clock.now
        write_notes(ada, world.courses["hygien"], number, size)

    return write


def test_a_new_phone_learns_everything_its_person_may_see(ada, bruno, world):
    ada.sync(*world.all_of_hygien(), world.noted("Mitt"), world.by_code("torget"), world.chose("brand"))
    ada.own_phone.pull()
    new = ada.phone().pull()
    assert new.replica == ada.own_phone.replica
    assert {key.entity for key in new.replica} == {
        "self", "enrolment", "step_completion", "attempt", "note", "check_in", "booking", "my_departure", "programme",
        "catalogue_entry",
    }  # fmt: skip


def test_without_a_cursor_every_stream_begins_anew(ada):
    answer = ada.phone().send()
    assert set(answer.body["reset"]) == set(answer.body["reached"])


def test_with_nothing_new_nothing_is_sent(ada):
    phone = ada.phone().pull()
    quiet = phone.sync()
    assert (quiet.body["changes"], quiet.body["reset"], quiet.body["more"]) == ([], [], False)


def test_a_phone_hears_only_what_is_new(ada, world):
    phone = ada.phone().pull()
    other = ada.phone()
    other.sync(world.placed("film", 12))
    heard = phone.sync().body["changes"]
    assert [(one["entity"], one["data"]["position_s"]) for one in heard] == [("place", 12)]


def forged(cursor):
    packed = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    packed[20] ^= 1
    return base64.urlsafe_b64encode(bytes(packed)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(forged, id="forged"),
        pytest.param(lambda cursor: cursor[: len(cursor) // 2], id="cut"),
        pytest.param(lambda cursor: "not a cursor at all", id="nonsense"),
        pytest.param(lambda cursor: "å" * 40, id="not ASCII"),
        pytest.param(lambda cursor: "A", id="one letter"),
        pytest.param(lambda cursor: cursor * 3, id="thrice"),
        pytest.param(lambda cursor: "", id="empty"),
    ],
)
def test_a_cursor_that_is_not_ours_means_everything_anew(ada, world, spoil):
    phone = ada.phone().pull()
    whole = dict(phone.replica)
    answer = phone.sync(cursor=spoil(phone.cursor))
    assert set(answer.body["reset"]) == set(answer.body["reached"])
    assert phone.replica == whole


def test_the_cursor_of_someone_else_means_everything_anew(ada, bruno):
    theirs = bruno.phone().pull().cursor
    phone = ada.phone().pull()
    answer = phone.sync(cursor=theirs)
    assert set(answer.body["reset"]) == set(answer.body["reached"])
    assert not any(bruno.person_id in stream for stream in answer.body["reached"])


def test_a_cursor_ahead_of_its_stream_means_that_stream_anew(ada, app, world):
    phone = ada.phone().pull()
    stream = f"person:{ada.person_id}"
    ahead = cursors.Cursor(phone.epoch, phone.reached | {stream: phone.reached[stream] + 1})
    answer = phone.sync(cursor=cursors.encode(ahead, ada.person_id, app.config["CURSOR_KEY"]))
    assert answer.body["reset"] == [stream]
    assert answer.body["changes"]


def test_a_cursor_below_the_floor_of_its_stream_means_that_stream_anew(ada, world):
    phone = ada.phone().pull()
    stream = f"person:{ada.person_id}"
    ada.sync(world.placed("film"))
    with writing(), db.engine.begin() as connection:
        row = sa.update(SyncStream).where(SyncStream.stream == stream)
        connection.execute(row.values(floor=phone.reached[stream] + 1))
    assert phone.sync().body["reset"] == [stream]


def test_a_new_epoch_means_everything_anew_and_is_told(ada, world):
    phone = ada.phone().pull()
    before = phone.epoch
    whole = dict(phone.replica)
    with writing(), db.engine.begin() as connection:
        exchange.new_epoch(connection)
    answer = phone.sync()
    assert answer.body["epoch"] != before
    assert set(answer.body["reset"]) == set(answer.body["reached"])
    assert phone.replica == whole


def test_a_stream_left_before_a_new_epoch_is_forgotten_too(greta, clock):
    clock.move(hours=20)
    phone = greta.phone().pull()
    (left, *_) = [stream for stream in phone.reached if stream.startswith("departure:")]
    clock.move(days=5)
    with writing(), db.engine.begin() as connection:
        exchange.new_epoch(connection)
    assert left in phone.sync().body["reset"]


def test_more_than_a_page_comes_in_pages_and_nothing_is_lost(ada, noted):
    noted(1_203)
    phone = ada.phone()
    pages = []
    while not pages or pages[-1]["more"]:
        pages.append(phone.sync().body)
    assert max(len(page["changes"]) for page in pages) == feed.MOST_CHANGES
    assert len(phone.rows("note")) == 1_203
    assert sum(len(page["reset"]) for page in pages) == len(phone.reached)


def test_a_page_weighs_no_more_than_its_limit(ada, noted):
    noted(200, size=7_900)
    phone = ada.phone()
    first = phone.sync()
    assert first.body["more"]
    assert len(first.response.data) < feed.MOST_BYTES * 1.1
    assert len(phone.pull().rows("note")) == 200


def test_what_changes_between_two_pages_is_seen_once_and_new(ada, world, noted):
    noted(700)
    phone = ada.phone()
    phone.sync()
    ada.sync(world.noted("Ändrad"))
    phone.pull()
    assert phone.rows("note")[f"{world.courses['hygien']}/tanka"]["text"] == "Ändrad"


def test_reached_never_goes_back_within_an_epoch(ada, world):
    phone = ada.phone().pull()
    for step in ("tvatta", "film", "tanka"):
        before = phone.reached
        phone.sync(world.done(step))
        assert all(phone.reached[stream] >= seq for stream, seq in before.items())


def test_a_cursor_holds_what_was_put_in(app):
    reached = {f"person:{an_id(1)}": 0, f"audience:{an_id(2)}": 2**53, f"departure:{an_id(3)}": 7}
    kept = cursors.Cursor("00" * 8, reached)
    assert cursors.decode(cursors.encode(kept, an_id(1), b"key"), an_id(1), b"key") == kept
    assert cursors.decode(cursors.encode(kept, an_id(1), b"key"), an_id(1), b"another key") is None


def test_another_timeline_of_postgresql_is_another_epoch_and_the_same_one_each_time():
    epochs = [exchange.epoch_on("0123456789abcdef", timeline) for timeline in (1, 2, 3, 2)]
    assert epochs[0] == "0123456789abcdef"
    assert epochs[1] == epochs[3]
    assert len(set(epochs)) == 3
    for epoch in epochs:
        kept = cursors.Cursor(epoch, {})
        assert cursors.decode(cursors.encode(kept, an_id(1), b"s" * 32), an_id(1), b"s" * 32) == kept
