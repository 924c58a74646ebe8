"""Publishing: an activity pack becomes the current guide of its tour or meeting, one document a language."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.content.folder import Folder, document_ref
from server.content.packs import PackFault, line_of, read
from server.content.storing import Shelf
from server.foundation import ids
from server.foundation.changefeed import audience_stream, person_stream, touch
from server.people.models import Unit

from .departing import give_codes
from .models import Activity, Booking, Departure, DepartureGuide, Stop
from .pack import ActivityPack, StopPart


def publish_activity(session: Session, *, source: Path, data: Path, at: datetime) -> tuple[Activity, bool]:
    """The pack's content is the activity's guide. Returns it and whether it is new; an unchanged pack changes nothing.

    Raises PackFault, and then nothing was published.
    """
    pack = read(source, ActivityPack)
    audience = session.scalars(sa.select(Unit).where(Unit.slug == pack.audience)).one_or_none()
    if audience is None:
        raise PackFault(
            source, line_of(source, "audience"), f"there is no unit “{pack.audience}”; name one that exists"
        )
    activity = session.scalars(sa.select(Activity).where(Activity.slug == pack.activity)).one_or_none()
    is_first = activity is None
    if activity is None:
        activity = Activity(id=ids.new_id(), slug=pack.activity, version=0, source_hash="")
    shelf = Shelf(session, data, activity.id, audience.id)
    folder = Folder(source, shelf)
    guides = {language: _guide(pack, folder, activity, language) for language in pack.languages}
    fingerprint = hashlib.sha256(orjson.dumps([pack.model_dump(), guides], option=orjson.OPT_SORT_KEYS)).hexdigest()
    if not is_first and activity.source_hash == fingerprint:
        return activity, False
    activity.version += 1
    activity.source_hash, activity.published_at, activity.kind = fingerprint, at, pack.kind
    if not is_first and activity.audience_unit_id != audience.id:
        touch(session, audience_stream(activity.audience_unit_id), "catalogue_entry", activity.id, deleted=True)
    activity.audience_unit_id, activity.required_stops = audience.id, pack.attendance.stops
    activity.entry, activity.documents = _entry(pack, folder), _documents(guides, folder, shelf, activity.version)
    session.add(activity)
    session.flush()
    session.execute(sa.delete(Stop).where(Stop.activity_id == activity.id))
    session.add_all(
        Stop(activity_id=activity.id, key=stop.key, position=position, kind=stop.kind, name=stop.name)
        for position, stop in enumerate(pack.stops)
    )
    session.flush()
    for departure in session.scalars(sa.select(Departure).where(Departure.activity_id == activity.id)).all():
        give_codes(session, departure)
    touch(session, audience_stream(audience.id), "catalogue_entry", activity.id)
    _tell_travellers(session, activity.id)
    return activity, True


def _guide(pack: ActivityPack, folder: Folder, activity: Activity, language: str) -> dict[str, Any]:
    route = None
    if pack.route:
        route = {
            "picture": folder.picture(pack.route.picture, pack.route.picture_alt, language, "route", "picture"),
            "attribution": _in(pack.route.attribution, language, folder, "route", "attribution"),
            "control_points": [point.model_dump() for point in pack.route.control_points],
        }
    return {
        "kind": "activity", "activity_kind": pack.kind, "activity_id": activity.id, "slug": pack.activity,
        "language": language, "title": _in(pack.title, language, folder), "summary": _in(pack.summary, language, folder),
        "minutes": sum(stop.minutes for stop in pack.stops),
        "picture": folder.picture(pack.picture, pack.picture_alt, language, "picture"),
        "attendance": {"stops": pack.attendance.stops}, "route": route,
        "stops": [_stop(stop, folder, language, index) for index, stop in enumerate(pack.stops)],
    }  # fmt: skip


def _stop(stop: StopPart, folder: Folder, language: str, index: int) -> dict[str, Any]:
    spoken = stop.audio.get(language)
    where = ("stops", index)
    return {
        "key": stop.key, "kind": stop.kind, "name": _in(stop.name, language, folder, *where, "name"),
        "minutes": stop.minutes, "place": stop.place.model_dump() if stop.place else None,
        "html": folder.text(language, stop.key, is_needed=True),
        "picture": folder.picture(stop.picture, stop.picture_alt, language, *where, "picture"),
        "audio": folder.medium(spoken, *where, "audio") if spoken else None,
    }  # fmt: skip


def _in(texts: dict[str, str], language: str, folder: Folder, *where: str | int) -> str:
    if language not in texts:
        line = line_of(folder.source, *where) if where else None
        raise PackFault(folder.source, line, f"the text in “{language}” is missing here")
    return texts[language]


def _entry(pack: ActivityPack, folder: Folder) -> dict[str, Any]:
    return {
        "title": pack.title, "summary": pack.summary, "minutes": sum(stop.minutes for stop in pack.stops),
        "picture": folder.medium(pack.picture)["url"] if pack.picture else None, "picture_alt": pack.picture_alt or {},
    }  # fmt: skip


def _documents(guides: dict[str, dict[str, Any]], folder: Folder, shelf: Shelf, version: int) -> dict[str, Any]:
    documents = {}
    for language, guide in guides.items():
        media = folder.used_in(guide)
        document = guide | {"version": version, "media": media}
        documents[language] = document_ref(*shelf.put_document(document), media)
    return documents


def _tell_travellers(session: Session, activity_id: str) -> None:
    """Whose departures are of this activity hears that the guide is a new one."""
    for model in (Booking, DepartureGuide):
        rows = session.execute(
            sa.select(model.person_id, Departure.id)
            .join(Departure, Departure.id == model.departure_id)
            .where(Departure.activity_id == activity_id)
        )
        for person, departure in rows:
            touch(session, person_stream(person), "my_departure", departure)
