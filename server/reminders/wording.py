"""What a reminder says, in every language, fixed when it is made; what it is about; and the screen that it opens.

It is read on another day, too: dates are said in full, never as "tomorrow".
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from server.foundation.texts import LANGUAGES, pick, say_full_day, say_time, t

from .decency import day_of
from .letters import Words
from .phrasing import NUMBER, Phrase, Phrases, places
from .subjects import DepartureSubject, Subjects

MOST_LINES = 4
INBOX, RECEIPTS, TODAY = "/me/reminders", "/me/receipts", "/"


class Cause(Protocol):
    """What an occurrence tells of itself."""

    @property
    def rule(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def ordinal(self) -> int: ...


class Said(NamedTuple):
    """A reminder in words."""

    words: dict[str, dict[str, str]]
    target: str
    about: list[str]


def neutral(language: str) -> Words:
    """For a lock screen that anybody reads."""
    return Words(t("reminder.neutral.title", to=language), t("reminder.neutral.body", to=language))


def say_nudges(causes: Sequence[Cause], known: Subjects) -> Said:
    """The nudges of one day in one reminder: the nearest first; work may wait for working time."""
    ordered = sorted(causes, key=lambda one: (_ORDER.index(one.rule), one.ordinal, one.subject))
    about = [subject for one in ordered for subject in _about(one, known)]
    say = _say_nudge if len(ordered) == 1 else _say_several
    words = {language: say(ordered, known, language)._asdict() for language in LANGUAGES}
    courses = [_course(one, known) for one in ordered if one.rule != "assigned"]
    target = f"/learn/{courses[0].slug}" if len(ordered) == 1 and courses else TODAY
    return Said(words, target, list(dict.fromkeys(about)))


def say_duty(cause: Cause, known: Subjects, zone: str) -> Said:
    """A duty, which comes alone."""
    subject = cause.subject.partition("/")[0]
    match cause.rule:
        case "tour_tomorrow" | "leaving" | "departure_changed":
            key, instant = _told_of(cause, known)
            words = _of_departure(key, instant, known.departures[subject], zone, known.phrases)
            target = INBOX if key == "removed" else f"/site/{subject}"
            return Said(words, target, [f"departure/{subject}"])
        case "exam_result":
            return _say_result(subject, known)
        case "message":
            message = known.messages[subject]
            target = f"/site/{message.departure_id}" if message.departure_id else INBOX
            words = {one: _in_language(message.words, one) for one in LANGUAGES}
            return Said(words, target, [f"message/{subject}"])
        case _:
            words = {one: _words("attention", one, known.phrases) for one in LANGUAGES}
            return Said(words, RECEIPTS, [f"operation/{subject}"])


_ORDER = ("overdue", "due", "assigned")


def _say_nudge(causes: Sequence[Cause], known: Subjects, language: str) -> Words:
    one = causes[0]
    if one.rule == "assigned":
        programme = pick(known.programmes[one.subject].title, language)
        return Words(**_words("assigned", language, known.phrases, programme=programme))
    course = _course(one, known)
    day = say_full_day(date.fromordinal(one.ordinal), language)
    values = {"course": pick(course.title, language), "day": day, "n": course.minutes}
    return Words(**_words(one.rule, language, known.phrases, **values))


def _say_several(causes: Sequence[Cause], known: Subjects, language: str) -> Words:
    lines = [_line(one, known, language) for one in causes[:MOST_LINES]]
    if len(causes) > MOST_LINES:
        lines.append(t("reminder.line.more", to=language, n=len(causes) - MOST_LINES))
    return Words(
        t("reminder.several.title", to=language, n=len(causes)),
        t("reminder.several.body", to=language, lines=" · ".join(lines)),
    )


def _line(one: Cause, known: Subjects, language: str) -> str:
    if one.rule == "assigned":
        return t("reminder.line.assigned", to=language, programme=pick(known.programmes[one.subject].title, language))
    course = pick(_course(one, known).title, language)
    day = say_full_day(date.fromordinal(one.ordinal), language)
    return t(f"reminder.line.{one.rule}", to=language, course=course, day=day)


def _course(one: Cause, known: Subjects) -> Any:
    programme, _, key = one.subject.partition("/")
    return known.courses[known.programmes[programme].items[key]]


def _about(one: Cause, known: Subjects) -> list[str]:
    if one.rule == "assigned":
        return known.programmes[one.subject].mandatory
    return [f"course/{_course(one, known).course_id}"]


def _told_of(cause: Cause, known: Subjects) -> tuple[str, datetime]:
    """Which of the texts says it, and of which moment."""
    departure, _, change_id = cause.subject.partition("/")
    starts_at = known.departures[departure].starts_at
    if cause.rule != "departure_changed":
        return cause.rule, starts_at
    change = known.changes[change_id]
    if change.kind in ("cancelled", "removed"):
        return change.kind, change.was_at
    return "moved" if change.was_at != starts_at else "moved_place", starts_at


def _of_departure(
    key: str, instant: datetime, departure: DepartureSubject, zone: str, phrases: Phrases
) -> dict[str, dict[str, str]]:
    return {
        language: _words(
            key, language, phrases, activity=pick(departure.activity, language),
            place=pick(departure.place, language).rstrip(". "),  # the sentence that it stands in has its own full stop
            day=say_full_day(day_of(instant, zone), language), time=say_time(instant, zone, language),
        )
        for language in LANGUAGES
    }  # fmt: skip


def _say_result(op_id: str, known: Subjects) -> Said:
    result = known.results[op_id]
    course = known.courses[result.course_id]
    key = "passed" if result.passed else "not_passed"
    words = {
        language: _words(
            key, language, known.phrases, course=pick(course.title, language), step=pick(result.step, language),
            right=result.right, questions=result.questions,
        )
        for language in LANGUAGES
    }  # fmt: skip
    return Said(words, f"/learn/{course.slug}/steps/{result.step_key}", [f"operation/{op_id}"])


def _in_language(words: dict[str, dict[str, str]], language: str) -> dict[str, str]:
    return words.get(language) or words.get(LANGUAGES[0]) or next(iter(words.values()))


def _words(key: str, language: str, phrases: Phrases, **values: Any) -> dict[str, str]:
    """In the organisation's own words, where it has some."""
    own = phrases.get((key, language))
    if own:
        said = {part: text.format(**values) for part, text in own.of(values.get(NUMBER)).items()}
    else:
        said = {part: t(f"reminder.{key}.{part}", to=language, **values) for part in ("title", "body")}
    # A sentence may begin with a date, which Swedish writes small.
    return {part: text[:1].upper() + text[1:] for part, text in said.items()}


def examples(key: str, language: str, own: Phrase) -> list[Words]:
    """What a text would say, of a case that is made up; where it names a number, of several and of one."""
    values = {name: t(f"office.text.example.{name}", to=language) for name in places(key) if name != NUMBER}
    numbers = (12, 1) if own.one else (12,)
    return [Words(**_words(key, language, {(key, language): own}, **values, n=number)) for number in numbers]
