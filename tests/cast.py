"""The cast: ada (learner), bruno (same unit), carla (a stranger in another unit), sofia (author), hugo (coordinator) and
greta (guide), with their phones; and the world that they learn in."""

import gzip
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from pydantic import TypeAdapter
from werkzeug.test import TestResponse

from server.activities.models import Activity, Departure, TypedCode
from server.foundation import clock, ids
from server.foundation.database import db, writing
from server.learning.models import Course, Programme
from server.people import sessions
from server.people.models import Person, Unit
from server.protocol.entities import ENTITIES
from server.protocol.sync import SyncResponse

NAMES = ("ada", "bruno", "carla", "sofia", "hugo", "greta")
HEADERS = {"X-Rundtur-Client": "test"}
_ENTITIES = {name: TypeAdapter(shape) for name, shape in ENTITIES.items()}
Statement = dict[str, Any]


class Clock:
    """What time it is, told by the test."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now


class World:
    """The ids of what the test pack holds, by its slugs, and the statements that people make about it."""

    def __init__(self) -> None:
        def by_slug(model: Any) -> dict[str, str]:
            return dict(db.session.execute(sa.select(model.slug, model.id)).tuples().all())

        self.units, self.courses, self.departures = by_slug(Unit), by_slug(Course), by_slug(Departure)
        self.activities, self.programmes = by_slug(Activity), by_slug(Programme)
        emails = db.session.execute(sa.select(Person.email, Person.id))
        self.people = {email.partition("@")[0]: id_ for email, id_ in emails}
        codes = db.session.execute(sa.select(TypedCode.departure_id, TypedCode.stop_key, TypedCode.code))
        self.codes = {(departure, stop): code for departure, stop, code in codes}
        db.session.rollback()

    def done(self, step: str, course: str = "hygien", version: int = 1) -> Statement:
        return {
            "kind": "step_completed", "course_id": self.courses.get(course, course), "version": version, "step_key": step,
        }  # fmt: skip

    def tried(self, step: str, answers: Mapping[str, list[str]], course: str = "hygien", version: int = 1) -> Statement:
        return self.done(step, course, version) | {"kind": "quiz_attempted", "answers": dict(answers)}

    def practised(self) -> Statement:
        return self.tried("ova", {"tid": ["b"], "sant": ["false"]})

    def passed(self) -> Statement:
        return self.tried("prova", {"flera": ["a", "b"]})

    def failed(self) -> Statement:
        return self.tried("prova", {"flera": ["a"]})

    def all_of_hygien(self) -> list[Statement]:
        return [self.done("tvatta"), self.done("film"), self.practised(), self.passed()]

    def placed(self, step: str, second: float | None = None, course: str = "hygien") -> Statement:
        item = self.courses.get(course) or self.activities.get(course, course)
        return {"kind": "place_kept", "item_id": item, "step_key": step, "position_s": second}

    def noted(self, text: str, step: str = "tanka", course: str = "hygien") -> Statement:
        return {"kind": "note_kept", "course_id": self.courses.get(course, course), "step_key": step, "text": text}

    def chose(self, course: str) -> Statement:
        return {"kind": "course_chosen", "course_id": self.courses.get(course, course)}

    def left(self, course: str) -> Statement:
        return {"kind": "course_left", "course_id": self.courses.get(course, course)}

    def prefers(self, language: str) -> Statement:
        return {"kind": "preference_set", "name": "language", "value": language}

    def by_place(self, stop: str, departure: str = "rundan-i-dag") -> Statement:
        evidence = {"method": "place", "inside": True, "accuracy": "<30", "fence_version": 1}
        return {
            "kind": "checked_in", "departure_id": self.departures.get(departure, departure), "stop_key": stop,
            "evidence": evidence,
        }  # fmt: skip

    def by_code(self, stop: str, departure: str = "rundan-i-dag", code: str | None = None) -> Statement:
        right = self.codes.get((self.departures.get(departure, departure), stop), "00000000")
        return self.by_place(stop, departure) | {"evidence": {"method": "typed_code", "code": code or right}}


class Answer:
    """What the server said to one exchange."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.response = response
        self.body: dict[str, Any] = response.get_json(silent=True) or {}

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        assert self.status == 200, self.body
        found: list[dict[str, Any]] = self.body["outcomes"]
        return found

    @property
    def outcome(self) -> dict[str, Any]:
        (one,) = self.outcomes
        return one

    @property
    def said(self) -> list[str]:
        """Each outcome in words: its status, or status:code."""
        return [f"{one['status']}:{one['code']}" if one["code"] else one["status"] for one in self.outcomes]

    @property
    def code(self) -> str | None:
        """What a refused exchange was refused for."""
        return self.body.get("code")


class Key(NamedTuple):
    stream: str
    entity: str
    id: str


class Phone:
    """One installation of the app: numbers its operations, keeps its cursor and what the server confirmed."""

    def __init__(self, actor: "Actor", device_id: str | None = None, *, registers: bool = True) -> None:
        self.actor, self.device_id = actor, device_id or ids.new_id()
        self.seq = 0
        self.cursor: str | None = None
        self.epoch: str | None = None
        self.reached: dict[str, int] = {}
        self.replica: dict[Key, dict[str, Any]] = {}
        if registers:
            done = actor.post("/api/devices", {"device_id": self.device_id, "label": "test"})
            assert done.status_code == 200, done.text

    def op(
        self, statement: Statement, *, at: datetime | None = None, heard: datetime | None = None, jumped: bool = False
    ) -> Statement:
        """The statement as this phone's next operation."""
        self.seq += 1
        head = {
            "op_id": ids.new_id(), "seq": self.seq, "v": 1, "occurred_at": clock.wire(at or clock.now()),
            "heard_server_at": heard and clock.wire(heard), "clock_jumped": jumped,
        }  # fmt: skip
        return head | statement

    def envelope(self, operations: list[Statement], **other: Any) -> dict[str, Any]:
        return {
            "protocol": 1, "person_id": self.actor.person_id, "device_id": self.device_id, "epoch": self.epoch,
            "app_version": "test", "sent_at": clock.wire(clock.now()), "cursor": self.cursor, "operations": operations,
        } | other  # fmt: skip

    def send(self, *operations: Statement, **other: Any) -> Answer:
        """One exchange whose answer the phone never takes in (lost on the way, or only looked at)."""
        framed = [one if "op_id" in one else self.op(one) for one in operations]
        return self.send_raw(json.dumps(self.envelope(framed, **other)).encode())

    def send_raw(self, body: bytes, **headers: str) -> Answer:
        answer = Answer(
            self.actor.client.post(
                "/api/sync", data=body, content_type=headers.pop("content_type", "application/json"),
                headers=HEADERS | {name.replace("_", "-"): value for name, value in headers.items()},
            )
        )  # fmt: skip
        if answer.status == 200:
            check_shape(answer.response.data)
        return answer

    def send_zipped(self, body: bytes) -> Answer:
        return self.send_raw(gzip.compress(body), Content_Encoding="gzip")

    def sync(self, *operations: Statement, **other: Any) -> Answer:
        """One exchange, taken in."""
        answer = self.send(*operations, **other)
        if answer.status == 200:
            self.take(answer.body)
        return answer

    def take(self, body: dict[str, Any]) -> None:
        for stream in body["reset"]:
            self.replica = {key: row for key, row in self.replica.items() if key.stream != stream}
        for change in body["changes"]:
            key = Key(change["stream"], change["entity"], change["id"])
            if change["deleted"]:
                self.replica.pop(key, None)
            else:
                self.replica[key] = change["data"]
        self.cursor, self.epoch, self.reached = body["cursor"], body["epoch"], body["reached"]

    def pull(self) -> "Phone":
        """Everything that there is, page by page."""
        while self.sync().body["more"]:
            pass
        return self

    def rows(self, entity: str, stream: str = "") -> dict[str, dict[str, Any]]:
        """What this phone knows of an entity, by id."""
        return {
            key.id: row for key, row in self.replica.items() if key.entity == entity and key.stream.startswith(stream)
        }


class Actor:
    """A person of the cast, signed in on first use."""

    def __init__(self, app: Flask, world: World, name: str) -> None:
        self.app, self.world, self.name = app, world, name
        self.person_id = world.people[name]
        self.email = f"{name}@prov.example"
        self._client: FlaskClient | None = None
        self._phone: Phone | None = None

    @property
    def client(self) -> FlaskClient:
        if self._client is None:
            with writing(), db.engine.begin() as connection:
                token, _ = sessions.begin(connection, self.person_id, clock.now(), 90)
            self._client = self.app.test_client()
            self._client.set_cookie(sessions.cookie_name(self.app), token)
        return self._client

    def forget_session(self) -> None:
        """The session is gone from the phone: what is asked next is asked with a new one."""
        self._client = None

    def get(self, path: str, **other: Any) -> TestResponse:
        return self.client.get(path, **other)

    def post(self, path: str, body: Any = None, **other: Any) -> TestResponse:
        return self.client.post(path, json={} if body is None else body, headers=HEADERS, **other)

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(path, headers=HEADERS)

    def phone(self, device_id: str | None = None, *, registers: bool = True) -> Phone:
        return Phone(self, device_id, registers=registers)

    @property
    def own_phone(self) -> Phone:
        """The phone that `sync` uses."""
        if self._phone is None:
            self._phone = self.phone()
        return self._phone

    def sync(self, *operations: Statement, **other: Any) -> Answer:
        return self.own_phone.sync(*operations, **other)


def check_shape(body: bytes) -> None:
    """The answer is what the protocol says, down to the data of every change."""
    answer = SyncResponse.model_validate_json(body)
    for change in answer.changes:
        assert change.deleted == (change.data is None)
        if change.data is not None:
            _ENTITIES[change.entity].validate_python(change.data)


def an_id(number: int) -> str:
    """An id that is the same at each run."""
    return str(UUID(int=0x01900000_0000_7000_8000_000000000000 + number))
