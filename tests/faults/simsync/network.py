"""The scheduler of time, and the way of a request: asked, on its way, served together with others, answered or not."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from .chronicle import SHARE, Chronicle
from .oracle import Oracle, Violation
from .phone import Phone, Question
from .server import Reply, Request, Server
from .store import Killed
from .times import DAY, HOUR, MINUTE, SECOND, at
from .weather import Weather

TOGETHER_MS, TIMEOUT_MS, MOST_TOGETHER = 15 * SECOND, 30 * SECOND, 32
Back = Callable[[Reply], None]


class Stage:
    """What happens when, by one seed."""

    def __init__(self, seed: int, now_ms: int) -> None:
        self.rng, self.now = random.Random(seed), now_ms
        self._count, self._queue = itertools.count(), []

    _queue: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]]

    def at(self, when_ms: int, act: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._queue, (when_ms, next(self._count), act, arguments))

    def after(self, ms: int, act: Callable[..., None], *arguments: Any) -> None:
        self.at(self.now + ms, act, *arguments)

    def play(self, until_ms: int | None = None) -> None:
        """All that was planned happens, in its order."""
        while self._queue and (until_ms is None or self._queue[0][0] <= until_ms):
            when, _, act, arguments = heapq.heappop(self._queue)
            self.now = max(self.now, when)
            act(*arguments)
        self.now = max(self.now, until_ms or 0)

    def clock(self) -> Any:
        return at(self.now)


class Network(Stage):
    """Between the phones and the server."""

    def __init__(self, seed: int, now_ms: int, server: Server, clear: int) -> None:
        super().__init__(seed, now_ms)
        self.server, self.oracle, self.weather = server, Oracle(), Weather(self.rng, clear)
        self.chronicle = Chronicle() if seed % SHARE == 0 else None
        self.fired: Counter[str] = Counter()
        self.offline_until: dict[int, int] = {}
        self._inbox: list[tuple[Request, Back]] = []
        self._newest_sent: dict[str, int] = {}
        self._timers: dict[int, int] = {}

    def run(self, phone: Phone, timer: int | None = None) -> None:
        """A trigger: the phone asks, unless it does already, or the server wants to be left alone."""
        if timer is not None and timer != self._timers.get(phone.name):
            return
        if phone.in_flight or phone.is_stopped or self.now < self.offline_until.get(phone.name, 0):
            return
        wait = phone.leaves_alone_ms(self.now)
        if wait:
            self.later(phone, wait)
        else:
            self.ask(phone)

    def later(self, phone: Phone, ms: int) -> None:
        self._timers[phone.name] = timer = self._timers.get(phone.name, 0) + 1
        self.after(ms, self.run, phone, timer)

    def ask(self, phone: Phone, *, is_second: bool = False) -> None:
        question = phone.question(self.now, is_second=is_second)
        phone.in_flight = phone.in_flight or not is_second
        fate = "clear" if is_second else self.weather.fate()
        self.fired[fate] += 1
        self.after(TIMEOUT_MS, self.reply, phone, question, Reply(0))
        getattr(self, f"_{fate}", self._clear)(phone, question)

    def _deliver(self, phone: Phone, question: Question, ms: int, back_ms: int | None, change: Any = None) -> None:
        """It arrives after `ms`; the answer comes after another `back_ms`, or never."""

        def back(reply: Reply) -> None:
            if back_ms is not None:
                self.after(back_ms, self.reply, phone, question, change(reply) if change else reply)

        self.after(ms, self._arrive, question.request, back)

    def _clear(self, phone: Phone, question: Question) -> None:
        self._deliver(phone, question, self.rng.randrange(500), self.rng.randrange(2_000))

    def _request_lost(self, phone: Phone, question: Question) -> None:
        pass

    def _answer_lost(self, phone: Phone, question: Question) -> None:
        self._deliver(phone, question, 300, None)

    def _cut(self, phone: Phone, question: Question) -> None:
        share = self.rng.random()
        self._deliver(
            phone, question, 300, 300, lambda reply: Reply(reply.status, reply.body[: int(len(reply.body) * share)])
        )

    def _portal(self, phone: Phone, question: Question) -> None:
        self.after(500, self.reply, phone, question, Reply(200, b"<html>Log in to HotelNet</html>"))

    def _stale(self, phone: Phone, question: Question) -> None:
        self.after(500, self.reply, phone, question, Reply(200, phone.last_reply))

    def _busy(self, phone: Phone, question: Question) -> None:
        reply = Reply(503, code="busy", retry_after_s=self.rng.randint(1, 60))
        self.after(500, self.reply, phone, question, reply)

    def _delayed(self, phone: Phone, question: Question) -> None:
        self._deliver(phone, question, self.rng.randrange(40 * SECOND, 6 * HOUR), None)

    def _doubled_at_once(self, phone: Phone, question: Question) -> None:
        self._deliver(phone, question, 300, 500)
        self._deliver(phone, question, 300, None)

    def _doubled_later(self, phone: Phone, question: Question) -> None:
        self._clear(phone, question)
        self._deliver(phone, question, self.rng.randrange(MINUTE, 3 * DAY), None)

    def _slow_answer(self, phone: Phone, question: Question) -> None:
        """Meanwhile the worker, without Web Locks, asks as well."""
        self._deliver(phone, question, 300, 14 * SECOND)
        self.after(11 * SECOND, self._ask_beside, phone)

    def _ask_beside(self, phone: Phone) -> None:
        if not phone.is_stopped:
            self.ask(phone, is_second=True)

    def _killed_storing(self, phone: Phone, question: Question) -> None:
        question.store.dies = True
        self._clear(phone, question)

    def _crash(self, phone: Phone, question: Question, moment: str) -> None:
        question.request.dies = moment
        self._deliver(phone, question, 300, 300)

    def _crash_before(self, phone: Phone, question: Question) -> None:
        self._crash(phone, question, "before")

    def _crash_between(self, phone: Phone, question: Question) -> None:
        self._crash(phone, question, "between")

    def _crash_last(self, phone: Phone, question: Question) -> None:
        self._crash(phone, question, "last")

    def _crash_after(self, phone: Phone, question: Question) -> None:
        self._crash(phone, question, "after")

    def _arrive(self, request: Request, back: Back) -> None:
        if not self._inbox:
            self.at((self.now // TOGETHER_MS + 1) * TOGETHER_MS, self._serve)
        self._inbox.append((request, back))

    def _serve(self) -> None:
        batch, self._inbox = self._inbox[:MOST_TOGETHER], self._inbox[MOST_TOGETHER:]
        if self._inbox:
            self.after(SECOND, self._serve)
        requests = [request for request, _ in batch]
        self.fired["together"] += len([one for one in requests if one.op_ids]) > 1
        for (request, back), reply in zip(batch, self.server.take(requests), strict=True):
            request.dies = None  # a copy of it that comes later finds a server that lives
            newest = self._newest_sent.get(request.device_id, 0)
            self.fired["reordered"] += bool(request.op_ids) and request.sent_ms < newest
            self._newest_sent[request.device_id] = max(newest, request.sent_ms)
            self.oracle.heard(request, reply, self.now)
            if self.chronicle:
                self.chronicle.answered(request, reply, self.now)
            back(reply)

    def reply(self, phone: Phone, question: Question, reply: Reply) -> None:
        """An answer has come to the phone, or the half minute is over."""
        if question.is_over:
            return
        question.is_over = True
        if not question.is_second:
            phone.in_flight = False
        if phone.stores.get(question.store.person_id) is not question.store:
            return  # wiped meanwhile
        answer = phone.read(reply, question) if reply.status == 200 else None
        if answer is None:
            self._refused(phone, question, reply)
        else:
            self._taken(phone, question, reply, answer)

    def _refused(self, phone: Phone, question: Question, reply: Reply) -> None:
        if reply.code in ("device_taken", "wrong_person"):
            self.fired[reply.code] += 1
        wait = phone.refused(question, reply, self.now)
        if wait is not None:
            self.later(phone, wait)

    def _taken(self, phone: Phone, question: Question, reply: Reply, answer: dict[str, Any]) -> None:
        try:
            taken = phone.take(question, answer, self.now)
        except Killed:
            phone.restart()
            self.later(phone, 5 * SECOND)
            return
        phone.last_reply = reply.body
        self.oracle.taken(phone, question, answer, taken)
        if self.chronicle and taken.how == "stored":
            self.chronicle.taken(question, answer, self.now)
        self.fired[taken.how] += 1
        self.fired["reset"] += bool(answer["reset"]) and question.asked.cursor is not None
        if question.is_second and taken.how != "new_epoch":
            return
        if taken.how == "new_epoch" or answer["more"] or question.left:
            self.run(phone)
        elif phone.put_off:
            self.later(phone, max(500, min(phone.put_off.values()) - phone.wall(self.now)))

    def check_probe(self, request: Request) -> None:
        """Somebody sends an id with other content, or somebody else's: it is refused, and tells nothing."""
        (reply,) = self.server.take([request])
        body = reply.body.decode()
        if reply.status != 200 or '"status":"rejected","code":"id_reuse"' not in body:
            raise Violation("id_reuse", f"{request.op_ids} was taken: {reply.status} {body[:200]}")
