"""A crowd of phones at a real server: each a thread that acts, sends until it is answered, and reads. All of it is history."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.ground import Phone, Server, courses
from server.foundation import clock, ids

from . import telling
from .history import History, Sent

MOST_WAIT_S = 0.1
"""However long it is told to wait, a phone of the crowd comes again soon: it is here to ask."""
MOST_TOGETHER = 40
Op = dict[str, Any]


@dataclass(frozen=True)
class Course:
    id: str
    version: int
    steps: list[str]
    quizzes: list[str]


def courses_of(running: Server) -> list[Course]:
    """What the crowd learns."""
    found = []
    for one in courses(running):
        steps = [step for module in one["modules"] for step in module["steps"]]
        of_kind = {
            is_quiz: [step["key"] for step in steps if (step["kind"] == "quiz") == is_quiz] for is_quiz in (True, False)
        }
        found.append(Course(one["course_id"], one["version"], of_kind[False], of_kind[True]))
    return found


class Broken(Exception):
    """No answer, or one that is none: nobody knows what became of the request."""


class Talker:
    """One phone."""

    def __init__(self, running: Server, phone: Phone, learns: list[Course], history: History, seed: int) -> None:
        self._running, self._phone, self._learns, self._history = running, phone, learns, history
        self.random = random.Random(seed)
        self._seq = 0
        self._cursor: str | None = None
        self._epoch: str | None = None
        self._ring: dict[str, Op] = {}
        """what was answered: a database that has forgotten some of it is told again"""
        self._line: http.client.HTTPConnection | None = None
        self.outbox: dict[str, Op] = {}
        self.met: Counter[str] = Counter()
        """each way in which a request ended: a status, refused (nobody took it), broken (nobody knows)"""
        self.broken: list[tuple[float, tuple[str, ...]]] = []
        """when, by the clock on the wall, the answer to which acts broke off"""
        self.codes: Counter[str] = Counter()
        """of each answer that was an error"""
        self.odd: list[str] = []
        """answers that should never be"""
        self.has_sent = threading.Event()
        """a request of it is on its way"""

    @property
    def person_id(self) -> str:
        return self._phone.person_id

    def act(self) -> None:
        """Something is done, and saved on the phone."""
        self._seq += 1
        course = self.random.choice(self._learns)
        head = {
            "op_id": ids.new_id(), "seq": self._seq, "v": 1, "occurred_at": clock.wire(clock.now()),
            "heard_server_at": None, "clock_jumped": False,
        }  # fmt: skip
        step = self.random.choice(course.steps)
        at_step = {"course_id": course.id, "version": course.version, "step_key": step}
        kinds = ["step_completed", "note_kept", "note_kept", "place_kept", *["quiz_attempted"] * bool(course.quizzes)]
        match self.random.choice(kinds):
            case "step_completed":
                op = head | {"kind": "step_completed"} | at_step
            case "note_kept":
                note = {"course_id": course.id, "step_key": step, "text": f"thought {head['op_id']}"}
                op = head | {"kind": "note_kept"} | note
            case "place_kept":
                place = {"item_id": course.id, "step_key": step, "position_s": float(self._seq)}
                op = head | {"kind": "place_kept"} | place
            case _:
                quiz = self.random.choice(course.quizzes)
                op = head | {"kind": "quiz_attempted", "answers": {}} | at_step | {"step_key": quiz}
        self._history.add(telling.made(self._phone.person_id, op, time.monotonic()))
        self.outbox[op["op_id"]] = op

    def visit(self) -> None:
        """All that is to tell is told, and all that is new is read; one attempt. Raises Broken."""
        together = list(self.outbox.values())[:MOST_TOGETHER]
        is_more = True
        while is_more:
            self._cursor, is_more = self._exchange(together, self._cursor, self._phone.device_id, self._cursor is None)
            together = []

    def begin_anew(self) -> None:
        """Everything is read as a new phone of this person would; one attempt. Raises Broken."""
        cursor, is_more, name = None, True, ids.new_id()
        while is_more:
            cursor, is_more = self._exchange([], cursor, name, cursor is None)

    def _exchange(self, operations: list[Op], cursor: str | None, name: str, anew: bool) -> tuple[str | None, bool]:
        """One request of the phone of that name. The next cursor, and whether there is more to read. Raises Broken."""
        asked_at = time.monotonic()
        if operations:
            self._history.add(Sent(asked_at, tuple(one["op_id"] for one in operations)))
        answer = self._ask(operations, cursor)
        at = time.monotonic()
        for outcome in answer["outcomes"]:
            if outcome["status"] == "retry":
                self.odd.append(f"retry: {outcome}")
            else:
                self._history.add(telling.told(outcome, at))
                if outcome["op_id"] in self.outbox:
                    self._ring[outcome["op_id"]] = self.outbox.pop(outcome["op_id"])
        if self._epoch not in (None, answer["epoch"]):
            self.outbox, self._ring, self._cursor, self._epoch = self._ring | self.outbox, {}, None, answer["epoch"]
            return None, True
        self._epoch = answer["epoch"]
        self._history.add(telling.read(self._phone.person_id, name, answer, asked_at, at, anew))
        return answer["cursor"], answer["more"]

    def _ask(self, operations: list[Op], cursor: str | None) -> dict[str, Any]:
        body = {
            "protocol": 1, "person_id": self._phone.person_id, "device_id": self._phone.device_id, "epoch": None,
            "app_version": "crowd", "sent_at": clock.wire(clock.now()), "cursor": cursor, "operations": operations,
        }  # fmt: skip
        headers = {"Content-Type": "application/json", "X-Rundtur-Client": "crowd", "Cookie": self._phone.cookie}
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._running.port, timeout=40)
                self._line.connect()
        except OSError:
            self.hang_up()
            raise self._ended("refused") from None
        try:
            self._line.request("POST", "/api/sync", json.dumps(body), headers)
            self.has_sent.set()
            response = self._line.getresponse()
            said = response.read()
            if response.will_close:
                self.hang_up()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            if operations:
                self.broken.append((time.time(), tuple(one["op_id"] for one in operations)))
            raise self._ended("broken") from None
        return self._understood(response, said)

    def hang_up(self) -> None:
        if self._line:
            self._line.close()
            self._line = None

    def _understood(self, response: http.client.HTTPResponse, said: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(said)
        if response.status == 200:
            self.met["200"] += 1
            return answer
        self.codes[answer.get("code", "")] += 1
        if response.status != 503 or not response.headers["Retry-After"]:
            self.odd.append(f"{response.status}: {answer}")
        raise self._ended(str(response.status))

    def _ended(self, how: str) -> Broken:
        self.met[how] += 1
        return Broken(how)


class Crowd:
    """So many phones that act and send until they are told to be quiet; then each sends until it has nothing left to tell."""

    def __init__(self, running: Server, phones: list[Phone], seed: int = 1) -> None:
        self.history = History()
        learns = courses_of(running)
        self.talkers = [
            Talker(running, phone, learns, self.history, seed * 1_000 + index) for index, phone in enumerate(phones)
        ]
        self._quiet = threading.Event()
        self._threads = [threading.Thread(target=self._live, args=(one,), daemon=True) for one in self.talkers]
        self._failed: list[BaseException] = []

    def start(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def _live(self, talker: Talker) -> None:
        try:
            while not self._quiet.is_set():
                for _ in range(talker.random.randint(1, 8)):
                    talker.act()
                self._until_done(talker.visit)
                if talker.random.random() < 0.05:
                    self._until_done(talker.begin_anew)
            while talker.outbox:
                self._until_done(talker.visit)
            self._until_done(talker.begin_anew)
        except BaseException as error:
            self._failed.append(error)
            raise
        finally:
            talker.hang_up()

    def _until_done(self, attempt: Callable[[], None]) -> None:
        while True:
            try:
                return attempt()
            except Broken:
                time.sleep(random.uniform(0.02, MOST_WAIT_S))

    def end(self, patience_s: float = 60) -> None:
        """Every phone has told everything."""
        self._quiet.set()
        for thread in self._threads:
            thread.join(patience_s)
        assert not self._failed, self._failed
        assert not any(thread.is_alive() for thread in self._threads), "a phone is not answered"

    def until(self, meets: str, times: int = 20, patience_s: float = 30) -> None:
        """The crowd has met this so many times more."""
        before, deadline = self.met[meets], time.monotonic() + patience_s
        while self.met[meets] < before + times:
            assert time.monotonic() < deadline, f"nobody meets {meets}: {self.met}"
            time.sleep(0.01)

    @property
    def people(self) -> set[str]:
        return {one.person_id for one in self.talkers}

    @property
    def met(self) -> Counter[str]:
        return sum((one.met for one in self.talkers), Counter())

    @property
    def codes(self) -> Counter[str]:
        return sum((one.codes for one in self.talkers), Counter())

    @property
    def odd(self) -> list[str]:
        return [one for talker in self.talkers for one in talker.odd]


def asked(running: Server, path: str, cookie: str) -> http.client.HTTPResponse:
    """The answer to one question, read to its end."""
    line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    try:
        line.request("GET", path, headers={"Cookie": cookie})
        answer = line.getresponse()
        answer.read()
        return answer
    finally:
        line.close()
