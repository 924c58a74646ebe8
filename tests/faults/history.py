"""Judges what phones saw by what stands in the end. It knows nothing of the product: only the words of this file.

An act is made on a phone, goes with others in a request, is answered, and is read back by its person's phones. A row is
either a fact, which is there or not, or holds the value of its latest act: `order` says which of two that is. All times are
of one clock, the judge's. What is wrong has one of five names:

- lost: it was answered or stands in the ledger, and its row does not; or, once all is quiet, it never arrived
- doubled: it stands twice, took effect twice, or was answered in two ways
- phantom: it stands or was read, and nobody made it (or not yet, or somebody else)
- stale: a phone that asked after the answer was told everything, and not this; or an older value stands over a later one
- half: of one request some acts stand and some do not
"""

import json
import threading
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Made:
    """A phone said that it has saved this act; `value` is what its row then holds, None where the row is a fact.

    `row` is None where it leaves none that anybody watches; `may` are facts that it may bring with it.
    """

    at: float
    op_id: str
    person: str
    row: str | None
    value: str | None = None
    may: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """These went together in one request."""

    at: float
    op_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The final answer to an act, whole; `counts` is False where it was refused, None where that is decided later."""

    at: float
    op_id: str
    answer: str
    counts: bool | None = True
    order: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What came to a phone that asked at `asked_at`: rows with their values, True for a fact, None for a row that is gone.

    `anew`: it begins from nothing. `is_all`: there is no more to tell.
    """

    asked_at: float
    at: float
    phone: str
    person: str
    rows: tuple[tuple[str, str | bool | None], ...]
    anew: bool = False
    is_all: bool = True


@dataclass(frozen=True, slots=True)
class Excused:
    """This act may be missing: the only phone that knew of it is gone, or its person."""

    at: float
    op_id: str


@dataclass(frozen=True, slots=True)
class Forgot:
    """The server was put back to what it was before: it has neither these acts nor its answers to them."""

    at: float
    op_ids: tuple[str, ...]


Event = Made | Sent | Told | Read | Excused | Forgot
EVENTS = {one.__name__: one for one in (Made, Sent, Told, Read, Excused, Forgot)}


class Row(NamedTuple):
    person: str
    row: str
    value: str | bool = True


@dataclass(frozen=True)
class Standing:
    """What stands: read by a fresh phone, or by plain SQL. What could not be read is None."""

    ledger: Sequence[tuple[str, str]] | None
    """(act, person), one for each entry"""
    rows: Sequence[Row] | None
    effects: Sequence[str] | None = None
    """the act of each writing of a row, by something that bears no repetition"""
    at: float = inf
    """looked at in the midst, then; else in the end, when every phone has been answered"""


class Fault(NamedTuple):
    name: str
    what: str
    words: str


class History:
    """What happened, told by as many threads as there are."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events = list(events)
        self._guard = threading.Lock()

    def add(self, *events: Event) -> None:
        with self._guard:
            self._events.extend(events)

    @property
    def events(self) -> list[Event]:
        with self._guard:
            return sorted(self._events, key=lambda one: one.at)

    def write(self, path: Path) -> None:
        """The raw log: one event a line."""
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps([type(one).__name__, asdict(one)]) + "\n" for one in self.events)

    @classmethod
    def of(cls, path: Path) -> "History":
        lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
        return cls(_event(name, fields) for name, fields in lines)


def _event(name: str, fields: dict[str, Any]) -> Event:
    for several in {"op_ids", "may"} & fields.keys():
        fields[several] = tuple(fields[several])
    if "rows" in fields:
        fields["rows"] = tuple((row, value) for row, value in fields["rows"])
    return EVENTS[name](**fields)


@dataclass
class _Phone:
    rows: dict[str, str | bool] = field(default_factory=dict)
    heard: int = 0
    """so many of its person's answers it must know of"""
    best: dict[str, Told] = field(default_factory=dict)
    """of each row the latest act of those"""


class _Judge:
    def __init__(self, events: Sequence[Event]) -> None:
        self.faults: list[Fault] = []
        self.made = {one.op_id: one for one in events if isinstance(one, Made)}
        self.told: dict[str, Told] = {}
        self.excused = {one.op_id for one in events if isinstance(one, Excused)}
        self.sent: dict[tuple[str, ...], float] = {}
        self.of_row: dict[tuple[str, str], list[Made]] = {}
        self._giving: dict[tuple[str, str, str | None], list[Made]] = {}
        self._may_bring: dict[tuple[str, str], list[Made]] = {}
        for one in self.made.values():
            if one.row is not None:
                self.of_row.setdefault((one.person, one.row), []).append(one)
                self._giving.setdefault((one.person, one.row, one.value), []).append(one)
            for fact in one.may:
                self._may_bring.setdefault((one.person, fact), []).append(one)
        self._told_to: dict[str, list[Told]] = {}
        self._phones: dict[str, _Phone] = {}
        for event in events:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        match event:
            case Sent():
                self.sent.setdefault(event.op_ids, event.at)
            case Told():
                self._hear(event)
            case Read():
                self._read(event)
            case Forgot():
                self._forget(set(event.op_ids))

    def blame(self, name: str, what: str, words: str) -> None:
        self.faults.append(Fault(name, what, words))

    def _hear(self, told: Told) -> None:
        before = self.told.setdefault(told.op_id, told)
        if told.op_id not in self.made:
            self.blame("phantom", told.op_id, "nobody made what was answered")
        elif before.answer != told.answer:
            self.blame("doubled", told.op_id, f"answered in two ways: {before.answer} and {told.answer}")
        elif before is told and told.counts and self.made[told.op_id].row is not None:
            self._told_to.setdefault(self.made[told.op_id].person, []).append(told)

    def _forget(self, gone: set[str]) -> None:
        for op_id in gone:
            self.told.pop(op_id, None)
        for person, told in self._told_to.items():
            self._told_to[person] = [one for one in told if one.op_id not in gone]
        for phone in self._phones.values():
            phone.heard, phone.best = 0, {}

    def giver(
        self, person: str, row: str, value: str | bool, before: float = inf, among: Container[str] | None = None
    ) -> Made | None:
        """An act before that moment, among those, which gives the row this value and was not refused."""
        here = self._giving.get((person, row, None if value is True else str(value)), [])
        for act in [*here, *self._may_bring.get((person, row), ())] if value is True else here:
            if act.at <= before and self._counts(act) and (among is None or act.op_id in among):
                return act
        return None

    def _read(self, read: Read) -> None:
        phone = self._phones.setdefault(read.phone, _Phone())
        changed = {row for row, _ in read.rows}
        if read.anew:
            phone.rows, phone.heard, phone.best = {}, 0, {}
        for row, value in read.rows:
            if value is None:
                phone.rows.pop(row, None)
                continue
            phone.rows[row] = value
            if self.giver(read.person, row, value, read.at) is None:
                self.blame("phantom", row, f"{read.phone} read {value}, which nobody of theirs had made")
        if read.is_all:
            self._is_fresh(read, phone, changed)

    def _is_fresh(self, read: Read, phone: _Phone, changed: set[str]) -> None:
        """What was answered before the phone asked is there, by its own value or a later one."""
        told = self._told_to.get(read.person, [])
        while phone.heard < len(told) and told[phone.heard].at < read.asked_at:
            one = told[phone.heard]
            row = self.made[one.op_id].row or ""
            phone.heard += 1
            if one.op_id not in self.excused and (row not in phone.best or phone.best[row].order < one.order):
                phone.best[row] = one
                changed.add(row)
        for row in changed & phone.best.keys():
            words = self._older(phone.best[row], phone.rows.get(row))
            if words:
                self.blame("stale", phone.best[row].op_id, f"{read.phone} asked after its answer: {row} {words}")

    def _older(self, best: Told, value: str | bool | None) -> str | None:
        """Why a row does not hold this act or a later one; None where it does, or where nobody can know."""
        if value is None:
            return "is not there"
        act = self.made[best.op_id]
        if value is True or act.value == value:
            return None
        givers = self._giving.get((act.person, act.row or "", str(value)), ())
        told = [self.told.get(one.op_id) for one in givers if self._counts(one)]
        if not told or not all(one and one.order < best.order for one in told):
            return None
        return f"holds the older {value}"

    def stands(self, standing: Standing) -> None:
        if standing.ledger is not None:
            self._ledger(standing.ledger, standing.at)
        if standing.effects is not None:
            self._effects(standing.effects, standing.ledger)
        if standing.rows is not None:
            self._rows(standing.rows, standing.ledger, standing.at)

    def _ledger(self, ledger: Sequence[tuple[str, str]], at: float) -> None:
        there = dict(ledger)
        for op_id, count in Counter(op_id for op_id, _ in ledger).items():
            if op_id not in self.made or self.made[op_id].person != there[op_id]:
                self.blame("phantom", op_id, "it stands in the ledger, and nobody there made it")
            if count > 1:
                self.blame("doubled", op_id, f"it stands in the ledger {count} times")
        for op_id in self.made.keys() - there.keys() - self.excused:
            if self._is_told(op_id, at):
                self.blame("lost", op_id, f"it was answered with {self.told[op_id].answer}, and is not in the ledger")
            elif at == inf:
                self.blame("lost", op_id, "it was saved on a phone, and never arrived")
        self._halves(there, at)

    def _halves(self, there: Container[str], at: float) -> None:
        for together, sent_at in self.sent.items():
            missing = [one for one in together if one not in there and one not in self.excused]
            if sent_at < at and 0 < len(missing) < len(together):
                self.blame("half", missing[0], f"of {len(together)} in one request {len(missing)} are missing")

    def _is_told(self, op_id: str, before: float) -> bool:
        return op_id in self.told and self.told[op_id].at < before

    def _effects(self, effects: Sequence[str], ledger: Sequence[tuple[str, str]] | None) -> None:
        there = None if ledger is None else {op_id for op_id, _ in ledger}
        for op_id, count in Counter(effects).items():
            if count > 1:
                self.blame("doubled", op_id, f"it took effect {count} times")
            if there is not None and op_id not in there:
                self.blame("phantom", op_id, "it took effect, and the ledger knows nothing of it")

    def _rows(self, rows: Sequence[Row], ledger: Sequence[tuple[str, str]] | None, at: float) -> None:
        held = {(one.person, one.row): one.value for one in rows}
        there = None if ledger is None else {op_id for op_id, _ in ledger}
        for (person, row), count in Counter((one.person, one.row) for one in rows).items():
            if count > 1:
                self.blame("doubled", row, f"the row stands {count} times")
            if self.giver(person, row, held[person, row], among=there) is None:
                self.blame("phantom", row, f"{held[person, row]} stands, and nobody there made it")
        for key, acts in self.of_row.items():
            told = [self.told[one.op_id] for one in acts if self._is_told(one.op_id, at) and self._is_sure(one)]
            true = (
                {one.op_id for one in told}
                if there is None
                else {one.op_id for one in acts if self._is_sure(one)} & there
            )
            if key not in held and true - self.excused:
                self.blame("lost", min(true - self.excused), f"its row {key[1]} is not there")
            elif told and key in held:
                best = max(told, key=lambda one: one.order)
                words = self._older(best, held[key])
                if words:
                    self.blame("stale", best.op_id, f"{key[1]} {words}")

    def _counts(self, act: Made) -> bool:
        """True unless it was refused."""
        return act.op_id not in self.told or self.told[act.op_id].counts is not False

    def _is_sure(self, act: Made) -> bool:
        """True where nobody has still to decide."""
        return act.op_id not in self.told or self.told[act.op_id].counts is True


def judge(history: History, *standings: Standing) -> list[Fault]:
    """Everything that is wrong. An act that stands and was never answered is taken for one that counts."""
    judging = _Judge(history.events)
    for standing in standings:
        judging.stands(standing)
    return judging.faults
