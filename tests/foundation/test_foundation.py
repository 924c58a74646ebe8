"""The ground that everything stands on: time, texts, secrets, writing in bulk, numbering changes."""

import stat
import threading
import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.foundation import clock as product_clock
from server.foundation import ids, keys, texts
from server.foundation.bulk import change, put
from server.foundation.changefeed import SyncChange, Touch, publish, publish_session, touch
from server.foundation.database import db, packed, writing
from server.learning.models import Place
from server.people.models import Device, Preference, Session
from tests.cast import an_id


def test_a_day_ends_at_local_midnight_winter_and_summer():
    zone = "Europe/Stockholm"
    assert product_clock.end_of(date(2026, 12, 1), zone) == datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert product_clock.end_of(date(2026, 7, 1), zone) == datetime(2026, 7, 1, 22, tzinfo=UTC)
    assert product_clock.end_of(date(2026, 10, 25), zone) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert product_clock.end_of(date(2026, 3, 29), zone) == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_today_is_the_organisation_s_day(clock):
    clock.now = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert product_clock.today("Europe/Stockholm") == date(2026, 11, 25)


def test_an_instant_on_the_wire_has_exactly_milliseconds(clock):
    clock.now = datetime(2026, 11, 24, 8, 0, 0, 987_654, tzinfo=UTC)
    assert product_clock.wire(product_clock.now()) == "2026-11-24T08:00:00.987Z"
    assert product_clock.instant("2026-11-24T08:00:00.987Z") == product_clock.now()


@pytest.mark.parametrize("text", ["2026-13-01T00:00:00.000Z", "2026-11-24T08:00:00", "2026-11-24T08:00:00+01:00", ""])
def test_what_names_no_instant_in_utc_is_none(text):
    with pytest.raises(ValueError):
        product_clock.instant(text)


def test_ids_are_uuids_of_version_7_in_the_order_of_time():
    first = ids.new_id()
    time.sleep(0.002)
    second = ids.new_id()
    assert first < second
    assert (UUID(first).version, UUID(first).variant) == (7, "specified in RFC 4122")


def test_a_secret_of_this_installation_is_made_once_and_readable_by_nobody_else(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(keys.kept(tmp_path, "secret"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found[0]) >= 32
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_a_text_that_lacks_in_a_language_is_said_in_the_first_one():
    assert texts.t("error.not_found", to="fi") == texts.t("error.not_found", to="sv")
    assert texts.pick({"en": "x"}, to="sv") == "x"
    assert texts.pick({"sv": "y", "en": "x"}, to="fi") == "y"
    assert texts.pick({}) == ""


def test_dates_are_said_as_people_say_them(app):
    today = date(2026, 11, 24)
    with app.app_context(), app.test_request_context(headers={"Accept-Language": "sv"}):
        said = [texts.say_date(today + timedelta(days=days), today) for days in (-1, 0, 1, 3, 9, 400)]
        moment = texts.say_moment(datetime(2026, 11, 24, 8, tzinfo=UTC), "Europe/Stockholm")
        hour = texts.say_time(datetime(2026, 11, 24, 8, tzinfo=UTC), "Europe/Stockholm")
    assert said == ["i går", "i dag", "i morgon", "fredag", "3 december", "29 december 2027"]
    assert (moment, hour) == ("tis 24 nov. 09.00", "09.00")


def test_a_page_speaks_the_browser_s_language_else_the_organisation_s(app):
    for asked, spoken in (("en-GB,en", "en"), ("sv", "sv"), ("de", "sv")):
        with app.app_context(), app.test_request_context(headers={"Accept-Language": asked}):
            assert texts.language() == spoken


def test_rows_put_in_bulk_take_the_place_of_those_with_the_same_key(app, world, clock):
    def row(value):
        return {"person_id": world.people["ada"], "name": "language", "value": value, "set_at": clock.now, "op_id": "x"}

    def values():
        with db.engine.connect() as connection:
            return list(connection.execute(sa.select(Preference.value)).scalars())

    with writing(), db.engine.begin() as connection:
        put(connection, Preference, [row("sv")])
        put(connection, Preference, [row("en")])
        put(connection, Preference, [])
    assert values() == ["en"]
    with writing(), db.engine.begin() as connection:
        put(connection, Preference, [row("fi")], replace=False)
    assert values() == ["en"]


def phones_of(world, clock, *, label="", gaps=None, seen=0):
    """Three of them, as rows."""
    common = {
        "person_id": world.people["ada"], "label": label, "registered_at": clock.now, "last_heard_at": clock.now,
        "seen_through": seen, "highest_seq": seen, "gaps": gaps,
    }  # fmt: skip
    return [{"id": an_id(number), **common} for number in (1, 2, 3)]


def standing(model, *columns):
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(*model.__table__.primary_key))]


@pytest.mark.parametrize("gaps", [None, [], [[1, 2], [2**53 - 1, 2**64]]])
def test_rows_written_in_bulk_are_read_as_they_were_given(app, world, clock, gaps):
    words, late = 'å "quoted" \\ \n 😀 null', clock.now + timedelta(milliseconds=1)
    rows = phones_of(world, clock, label=words, gaps=gaps, seen=2**53 - 1)
    place = {
        "person_id": world.people["ada"], "item_id": "1", "step_key": "true", "position_s": 0.1 + 0.2, "kept_at": late,
        "op_id": an_id(4),
    }  # fmt: skip
    with writing(), db.engine.begin() as connection:
        put(connection, Device, rows)
        put(connection, Place, [place])
    columns = (Device.label, Device.gaps, Device.seen_through, Device.registered_at, Device.removed_at)
    assert standing(Device, *columns)[-3:] == [(words, gaps, 2**53 - 1, clock.now, None)] * 3
    assert standing(Place, Place.item_id, Place.step_key, Place.position_s, Place.kept_at) == [
        ("1", "true", 0.1 + 0.2, late)
    ]
    written = Device.id.in_([row["id"] for row in rows])
    asked = (Device.registered_at == clock.now, Device.gaps.is_(None), Device.last_heard_at < late)
    assert standing(Device, *(sa.and_(written, one) for one in asked))[-3:] == [(True, gaps is None, True)] * 3


def test_what_is_changed_in_bulk_is_what_was_said_of_whom_it_was_said(app, world, clock):
    rows = phones_of(world, clock, label="old", gaps=[[1, 1]])
    with writing(), db.engine.begin() as connection:
        put(connection, Device, rows)
        change(connection, Device, [])
        change(connection, Device, [
            {"id": rows[0]["id"], "label": "new", "gaps": [], "removed_at": clock.now},
            {"id": rows[2]["id"], "label": "newer", "gaps": None, "removed_at": None},
            {"id": an_id(9), "label": "nobody's", "gaps": [], "removed_at": None},
        ])  # fmt: skip
    assert standing(Device, Device.label, Device.gaps, Device.removed_at, Device.registered_at)[-3:] == [
        ("new", [], clock.now, clock.now), ("old", [[1, 1]], None, clock.now), ("newer", None, None, clock.now),
    ]  # fmt: skip


def test_each_change_of_a_stream_has_the_next_number_and_only_its_last_one(app, world):
    def change(*names):
        with writing(), db.engine.begin() as connection:
            given = publish(connection, [Touch("audience:x", "programme", name) for name in names])
        return [given["audience:x", "programme", name] for name in names]

    assert sorted(change("a", "b", "c")) == [1, 2, 3]
    assert change("b") == [4]
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.select(SyncChange.entity_id, SyncChange.seq)
            .where(SyncChange.stream == "audience:x")
            .order_by(SyncChange.seq)
        ).all()
    assert dict(map(tuple, rows))["b"] == 4
    assert len(rows) == 3


def test_a_change_that_was_rolled_back_is_told_to_nobody(app, world):
    with writing():
        touch(db.session(), "audience:x", "programme", "a")
        publish_session(db.session())
        db.session.rollback()
        publish_session(db.session())
        db.session.commit()
    with db.engine.connect() as connection:
        assert not connection.execute(sa.select(SyncChange).where(SyncChange.stream == "audience:x")).all()


def test_instants_are_aware_and_in_utc_on_every_database(app, world, clock, ada):
    assert ada.get("/api/session").status_code == 200
    with db.engine.connect() as connection:
        at = connection.execute(sa.select(Session.created_at)).scalars().first()
    assert at == clock.now
    assert at.utcoffset() == timedelta(0)


def test_json_holds_numbers_beyond_64_bits_and_no_nan():
    assert (
        packed({"b": 10**30, "a": float("nan")}, is_sorted=True) == b'{"a": null, "b": 1000000000000000000000000000000}'
    )


def test_a_writer_waits_for_the_writer_before_it(app, world, clock):
    """Two read-and-add writers at once: neither fails and no addition is lost."""

    def add():
        with app.app_context(), writing():
            for _ in range(20):
                with db.engine.begin() as connection:
                    connection.execute(
                        sa.text("UPDATE sync_stream SET head = head + 1 WHERE stream = :s"), {"s": stream}
                    )

    with db.engine.connect() as connection:
        stream, before = connection.execute(sa.text("SELECT stream, head FROM sync_stream")).first()
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with db.engine.connect() as connection:
        after = connection.execute(
            sa.text("SELECT head FROM sync_stream WHERE stream = :s"), {"s": stream}
        ).scalar_one()
    assert after == before + 80
