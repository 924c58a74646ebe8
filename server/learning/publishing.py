"""Publishing: a course pack becomes an immutable version, one document a language."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.content.folder import Folder, document_ref
from server.content.packs import PackFault, line_of, read
from server.content.storing import Shelf
from server.foundation import ids
from server.foundation.changefeed import audience_stream, person_stream, touch
from server.people.models import Unit

from .enrolling import tell_enrolled
from .models import Course, CourseEnrolment, CourseVersion, Programme, ProgrammeItem, Step
from .pack import CoursePack, ProgrammePack, QuestionPart, StepPart
from .standing import settle_version


class Published(NamedTuple):
    slug: str
    version: int
    is_new: bool
    bytes: int


def publish_course(session: Session, *, source: Path, data: Path, at: datetime) -> Published:
    """The pack's content is the current version of its course. An unchanged pack again: nothing changes.

    Raises PackFault, and then nothing was published.
    """
    pack = read(source, CoursePack)
    _check_languages(pack, source)
    audience = _unit(session, pack.audience, source)
    course = session.scalars(sa.select(Course).where(Course.slug == pack.course)).one_or_none()
    is_first = course is None
    if course is None:
        course = Course(
            id=ids.new_id(), slug=pack.course, audience_unit_id=audience.id, is_open=pack.open, current_version=1
        )
    shelf = Shelf(session, data, course.id, audience.id)
    folder = Folder(source, shelf)
    modules = {language: _modules(pack, folder, language) for language in pack.languages}
    cover = folder.medium(pack.picture, "picture") if pack.picture else None
    fingerprint = _fingerprint(pack, modules, cover)
    current = None if is_first else session.get(CourseVersion, (course.id, course.current_version))
    if current and current.source_hash == fingerprint:
        return Published(course.slug, course.current_version, False, 0)
    course.current_version = 1 if current is None else course.current_version + 1
    course.is_open, course.retired_at = pack.open, None
    old_audience, course.audience_unit_id = course.audience_unit_id, audience.id
    session.add(course)
    session.flush()
    version = _version(pack, folder, shelf, course, modules, fingerprint, at)
    session.add(version)
    session.flush()
    session.add_all(_steps(pack, course, modules))
    session.flush()
    settle_version(session, course.id)
    for unit in {old_audience, audience.id}:
        touch(session, audience_stream(unit), "catalogue_entry", course.id, deleted=unit != audience.id)
    _tell_beginners(session, course.id)
    size = sum(ref["picture_bytes"] + ref["media_bytes"] for ref in version.documents.values())
    return Published(course.slug, course.current_version, True, size)


def publish_programme(session: Session, *, source: Path, activities: dict[str, str]) -> Programme:
    """The programme has the items of the file. `activities` gives the ids of activities by slug. Again: the same."""
    pack = read(source, ProgrammePack)
    audience = _unit(session, pack.audience, source)
    found = session.scalars(sa.select(Programme).where(Programme.slug == pack.programme)).one_or_none()
    programme = found or Programme(id=ids.new_id(), slug=pack.programme)
    items = _items(session, pack, source, programme.id, activities)
    if found and _said(session, found) == (pack.title, pack.summary, audience.id, items):
        return found
    if found and found.audience_unit_id != audience.id:
        touch(session, audience_stream(found.audience_unit_id), "programme", found.id, deleted=True)
    programme.title, programme.summary, programme.audience_unit_id = pack.title, pack.summary, audience.id
    session.add(programme)
    session.flush()
    session.execute(sa.delete(ProgrammeItem).where(ProgrammeItem.programme_id == programme.id))
    session.execute(sa.insert(ProgrammeItem), items)
    touch(session, audience_stream(audience.id), "programme", programme.id)
    tell_enrolled(session, programme.id)
    return programme


def _items(
    session: Session, pack: ProgrammePack, source: Path, programme_id: str, activities: dict[str, str]
) -> list[dict[str, Any]]:
    courses = dict(session.execute(sa.select(Course.slug, Course.id)).tuples().all())
    rows = []
    for position, item in enumerate(pack.items):
        slug = item.course or item.activity or ""
        item_id = (courses if item.course else activities).get(slug)
        if item_id is None:
            raise PackFault(source, line_of(source, "items", position), f"“{slug}” is not published; publish it first")
        rows.append(
            {
                "programme_id": programme_id, "key": item.key, "position": position,
                "kind": "course" if item.course else "activity", "item_id": item_id, "is_mandatory": item.mandatory,
                "due_days": item.due_days, "after": item.after,
            }
        )  # fmt: skip
    return rows


def _said(session: Session, programme: Programme) -> tuple[Any, ...]:
    """What stands of a programme so far, to be compared with what its file says now."""
    select = (
        sa.select(*ProgrammeItem.__table__.columns)
        .where(ProgrammeItem.programme_id == programme.id)
        .order_by(ProgrammeItem.position)
    )
    items = [dict(row._mapping) for row in session.execute(select)]
    return programme.title, programme.summary, programme.audience_unit_id, items


def _modules(pack: CoursePack, folder: Folder, language: str) -> list[dict[str, Any]]:
    return [
        {
            "key": module.key, "title": module.title[language],
            "steps": [
                _step(folder, language, step, ("modules", at, "steps", index))
                for index, step in enumerate(module.steps)
            ],
        }
        for at, module in enumerate(pack.modules)
    ]  # fmt: skip


def _step(folder: Folder, language: str, step: StepPart, where: tuple[str | int, ...]) -> dict[str, Any]:
    spoken = step.audio.get(language) or next(iter(step.audio.values()), None)
    film = None
    if step.video:
        film = {
            "medium": folder.medium(step.video, *where, "video"),
            "poster": folder.medium(step.poster, *where, "poster") if step.poster else None,
            "captions": [
                {"language": spoken_in, "medium": folder.medium(name, *where, "captions")}
                for spoken_in, name in step.captions.items()
            ],
        }
    return {
        "key": step.key, "kind": step.kind, "title": step.title[language], "minutes": step.minutes,
        "required": step.required, "html": folder.text(language, step.key, is_needed=step.kind != "quiz"),
        "picture": folder.picture(step.picture, step.picture_alt, language, *where, "picture"),
        "audio": folder.medium(spoken, *where, "audio") if spoken else None, "film": film,
        "quiz": _quiz(step, language) if step.kind == "quiz" else None,
    }  # fmt: skip


def _quiz(step: StepPart, language: str) -> dict[str, Any]:
    return {
        "mode": step.mode, "pass_share": step.pass_share, "counts": step.counts,
        "questions": [_question(question, language, step.mode == "exam") for question in step.questions],
    }  # fmt: skip


def _question(question: QuestionPart, language: str, is_exam: bool) -> dict[str, Any]:
    if question.kind == "truth":
        said = question.feedback.get(language) if question.feedback else None
        choices = [
            {"key": key, "text": "", "right": None if is_exam else (key == "true") == question.right,
             "feedback": None if is_exam else said}
            for key in ("true", "false")
        ]  # fmt: skip
    else:
        choices = [
            {"key": choice.key, "text": choice.text[language], "right": None if is_exam else choice.right,
             "feedback": None if is_exam or not choice.feedback else choice.feedback.get(language)}
            for choice in question.choices
        ]  # fmt: skip
    return {"key": question.key, "kind": question.kind, "text": question.text[language], "choices": choices}


def _right(step: StepPart) -> dict[str, Any] | None:
    """The key of a quiz, which only the server reads."""
    if step.kind != "quiz":
        return None
    right = {
        question.key: (
            ["true" if question.right else "false"]
            if question.kind == "truth"
            else [choice.key for choice in question.choices if choice.right]
        )
        for question in step.questions
    }
    return {"mode": step.mode, "pass_share": step.pass_share, "counts": step.counts, "right": right}


def _step_hash(step: StepPart, modules: dict[str, list[dict[str, Any]]]) -> str:
    """What the step means in all its languages: the same hash carries a completion over to a new version."""
    meant = {
        language: next(one for module in found for one in module["steps"] if one["key"] == step.key)
        for language, found in modules.items()
    }
    return hashlib.sha256(orjson.dumps([meant, _right(step)], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _version(
    pack: CoursePack, folder: Folder, shelf: Shelf, course: Course, modules: dict[str, list[dict[str, Any]]],
    fingerprint: str, at: datetime,
) -> CourseVersion:  # fmt: skip
    hashes = {step.key: _step_hash(step, modules) for module in pack.modules for step in module.steps}
    minutes = sum(step.minutes for module in pack.modules for step in module.steps)
    documents = {}
    for language in pack.languages:
        document = {
            "kind": "course", "course_id": course.id, "slug": course.slug, "version": course.current_version,
            "language": language, "title": pack.title[language], "summary": pack.summary[language],
            "minutes": minutes, "picture": folder.picture(pack.picture, pack.picture_alt, language, "picture"),
            "modules": [
                module | {"steps": [step | {"hash": hashes[step["key"]]} for step in module["steps"]]}
                for module in modules[language]
            ],
            "glossary": [
                {"term": term, "meaning": meaning} for term, meaning in pack.glossary.get(language, {}).items()
            ],
        }  # fmt: skip
        used = folder.used_in(document)
        documents[language] = document_ref(*shelf.put_document(document | {"media": used}), used)
    picture = folder.medium(pack.picture)["url"] if pack.picture else None
    entry = {
        "title": pack.title, "summary": pack.summary, "minutes": minutes, "picture": picture,
        "picture_alt": pack.picture_alt or {},
    }  # fmt: skip
    return CourseVersion(
        course_id=course.id, number=course.current_version, published_at=at, source_hash=fingerprint, entry=entry,
        documents=documents,
    )  # fmt: skip


def _steps(pack: CoursePack, course: Course, modules: dict[str, list[dict[str, Any]]]) -> list[Step]:
    steps = [step for module in pack.modules for step in module.steps]
    return [
        Step(
            course_id=course.id, version=course.current_version, key=step.key, position=position, kind=step.kind,
            is_required=step.required, hash=_step_hash(step, modules), title=step.title, quiz=_right(step),
        )
        for position, step in enumerate(steps)
    ]  # fmt: skip


def _fingerprint(pack: CoursePack, modules: dict[str, list[dict[str, Any]]], cover: dict[str, Any] | None) -> str:
    meant = [pack.model_dump(), modules, cover]
    return hashlib.sha256(orjson.dumps(meant, option=orjson.OPT_SORT_KEYS)).hexdigest()


_TEXTS = ("title", "summary", "text", "feedback", "picture_alt")


def _check_languages(pack: CoursePack, source: Path) -> None:
    """Every text stands in every language of the pack. Raises PackFault at the first that does not."""
    for where, texts in _texts_of(pack.model_dump(exclude_none=True, exclude={"glossary"}), ()):
        for language in pack.languages:
            if language not in texts:
                raise PackFault(source, line_of(source, *where), f"the text in “{language}” is missing here")


def _texts_of(part: Any, where: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], dict[str, str]]]:
    if isinstance(part, dict) and where and where[-1] in _TEXTS:
        yield where, part
    elif isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            yield from _texts_of(value, (*where, key))


def _tell_beginners(session: Session, course_id: str) -> None:
    """Who has begun an older version hears that theirs is pinned now."""
    begun = sa.select(CourseEnrolment.person_id).where(
        CourseEnrolment.course_id == course_id, CourseEnrolment.pinned_version.is_not(None)
    )
    for person in session.scalars(begun):
        touch(session, person_stream(person), "enrolment", course_id)


def _unit(session: Session, slug: str, source: Path) -> Unit:
    unit = session.scalars(sa.select(Unit).where(Unit.slug == slug)).one_or_none()
    if unit is None:
        raise PackFault(source, line_of(source, "audience"), f"there is no unit “{slug}”; name one that exists")
    return unit
