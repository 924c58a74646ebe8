"""/office/reminders: today, its people, one person, the rules, and who can be reached."""

from collections.abc import Callable
from datetime import date, timedelta

from flask import Response, after_this_request, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.foundation import clock
from server.foundation.access import open_to
from server.foundation.database import db
from server.foundation.errors import NotAllowed, NotFound, Refusal
from server.foundation.limits import limiter
from server.foundation.texts import t
from server.reminders import services
from server.reminders.models import RULES
from server.reminders.rules import pause_rule, set_rule, start_rule
from server.reminders.tasks import LATE_S, Tasks, is_queue_away, lag_s

from . import person_page, reach_page, reminded_page, reminding, rule_page, sight
from .asked import page_in
from .desk import REMINDING, blueprint
from .reminding import Day, day_of
from .sight import coordinated
from .words import today


def zone() -> str:
    return str(current_app.config["SETTINGS"].zone)


def this_day() -> Day:
    return day_of(today(), zone())


def channels() -> list[str]:
    tasks: Tasks = current_app.extensions["tasks"]
    return tasks.ways


def nudge_afterwards(after: timedelta) -> None:
    """Once this request has committed, a worker is asked for a round at that time."""
    tasks: Tasks = current_app.extensions["tasks"]

    @after_this_request
    def nudge(response: Response) -> Response:
        tasks.nudge(after)
        return response


@blueprint.get("/reminders")
@open_to(*REMINDING)
def show_reminders() -> str:
    page = reminding.read(db.session(), coordinated(current_user), this_day(), clock.now())
    states = {one.key: rule_page.state_of(one, today()) for one in page.rules}
    return render_template("office/reminders.html", page=page, states=states)


@blueprint.get("/reminders/today/<rule>")
@open_to(*REMINDING)
def show_reminded(rule: str) -> str:
    if rule not in RULES:
        raise NotFound
    page = reminding.people_of(
        db.session(), coordinated(current_user), rule, day=this_day(), now=clock.now(), zone=zone(),
        page=page_in(request.args),
    )  # fmt: skip
    return render_template("office/reminded.html", page=page)


@blueprint.get("/reminders/people/<person_id>")
@open_to(*REMINDING)
def show_person_reminders(person_id: str) -> str:
    page = reminded_page.read(
        db.session(), coordinated(current_user), person_id, day=this_day(), now=clock.now(), zone=zone(),
        channels=channels(),
    )  # fmt: skip
    person_page.note_reading(actor_id=current_user.id, subject_id=page.id, at=clock.now())
    is_open = current_app.config["SETTINGS"].open_reminders
    return render_template("office/person_reminders.html", page=page, is_open=is_open)


@blueprint.get("/reminders/rules/<key>")
@open_to(*REMINDING)
def show_rule(key: str) -> str:
    return _rule(key, _date_in(request.args.get("from", "")) or today())


@blueprint.post("/reminders/rules/<key>/start")
@open_to(*REMINDING)
def start(key: str) -> ResponseReturnValue:
    return _changed(key, _start)


@blueprint.post("/reminders/rules/<key>/pause")
@open_to(*REMINDING)
def pause(key: str) -> ResponseReturnValue:
    return _changed(key, _pause)


@blueprint.post("/reminders/rules/<key>/numbers")
@open_to(*REMINDING)
def set_numbers(key: str) -> ResponseReturnValue:
    return _changed(key, _set)


@blueprint.get("/reminders/reach")
@open_to(*REMINDING)
def show_reach() -> str:
    return _reach(None)


@blueprint.post("/reminders/reach")
@limiter.limit("6 per minute")
@open_to("administrator")
def attempt_ways() -> str:
    return _reach(reach_page.attempt(current_app.config["SETTINGS"]))


attempt_ways.reads_first = True  # type: ignore[attr-defined] # other machines answer when they like: nobody waits for it


def _rule(key: str, starts_on: date, refused: str | None = None) -> str:
    page = rule_page.read(db.session(), key, starts_on=starts_on, today=today(), now=clock.now(), zone=zone())
    may_set = sight.is_whole(db.session(), coordinated(current_user))
    return render_template("office/rule.html", page=page, may_set=may_set, today=today(), refused=refused)


def _changed(key: str, change: Callable[[str], None]) -> ResponseReturnValue:
    """The rule's page after `change`, or with what stands against it. Only who sees the whole organisation changes a rule."""
    if not sight.is_whole(db.session(), coordinated(current_user)):
        raise NotAllowed
    if key not in RULES or key == "message":
        raise NotFound
    try:
        change(key)
    except Refusal as refusal:
        db.session.rollback()
        return _rule(key, today(), t(f"error.{refusal.code}", **refusal.values)), refusal.status
    return redirect(url_for("office.show_rule", key=key), 303)


def _start(key: str) -> None:
    starts_on = _date_in(request.form.get("starts_on", ""))
    rule_page.check_start(starts_on, today())
    start_rule(db.session(), key=key, starts_on=starts_on or today(), at=clock.now(), actor_id=current_user.id)


def _pause(key: str) -> None:
    pause_rule(db.session(), key=key, at=clock.now(), actor_id=current_user.id)


def _set(key: str) -> None:
    numbers = rule_page.numbers_in(db.session(), key, request.form)
    set_rule(db.session(), key=key, **numbers, at=clock.now(), actor_id=current_user.id)


def _date_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _reach(tried: reach_page.Tried | None) -> str:
    session, seen, now = db.session(), coordinated(current_user), clock.now()
    page = reach_page.read(session, seen, this_day(), now, channels(), page_in(request.args))
    queues = reach_page.queues(session, now, channels()) if seen.is_all else []
    refusing = services.refusing(session.connection()) if seen.is_all else []
    lag = lag_s(session.connection(), now)
    return render_template(
        "office/reach.html", page=page, queues=queues, refusing=refusing, tried=tried, lag=lag,
        is_late=lag is None or lag > LATE_S, is_queue_away=is_queue_away(session.connection()),
    )  # fmt: skip
