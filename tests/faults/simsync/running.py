"""Runs stories: seed by seed, each over a fresh database in memory, and judges them."""

import gc
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from server.foundation import clock
from server.learning import published

from . import world
from .checker import judge
from .oracle import Violation
from .phone import Phone
from .reordering import tell_again
from .server import Server
from .store import waiting
from .story import Size, Story
from .times import MINUTE

QUIET_ROUNDS = 40
SAMPLE = 8
"""every how many-th story is told a second time in another order"""


@dataclass
class Report:
    operations: int = 0
    lost: int = 0
    doubled: int = 0
    cpu_s: float = 0.0
    fired: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Report") -> None:
        self.operations += other.operations
        self.lost += other.lost
        self.doubled += other.doubled
        self.cpu_s += other.cpu_s
        self.fired.update(other.fired)


class Failed(AssertionError):
    """A story that broke a promise, with the command that plays it again. Finds its way out of a process of its own."""

    def __init__(self, words: str, rule: str) -> None:
        super().__init__(words, rule)
        self.words, self.rule = words, rule

    def __str__(self) -> str:
        return self.words


def _failed(violation: BaseException, seed: int, size: Size, mutant: str | None) -> Failed:
    given = {
        name: value for name, value in vars(size).items() if value != getattr(Size(), name)
    } | {"mutant": mutant}  # fmt: skip
    options = " ".join(f"--{name} {value}" for name, value in given.items() if value is not None)
    command = f"python -m tests.faults.simsync --seed {seed} {options}".strip()
    rule = violation.rule if isinstance(violation, Violation) else type(violation).__name__
    return Failed(f"{violation!r}\nseed {seed}; again: {command}", rule)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="simsync-")


@cache
def _server(name: str) -> Server:
    """This process's; what its engine has compiled stays so from story to story."""
    return Server(Path(_folder().name) / name)


@cache
def _template() -> Server:
    server = _server("template")
    server.fill()
    return server


def _fresh(name: str) -> Server:
    """Nothing has happened there."""
    server = _server(name)
    server.forget()
    server.copy_from(_template().raw)
    return server


def _blank() -> Any:
    """Room for a backup."""
    return _template().raw.__class__(":memory:", check_same_thread=False)


def tell(seed: int, size: Size, mutant: str | None = None) -> Report:
    """One story from its beginning to its end. Raises Failed."""
    begun = time.process_time()
    gc.disable()  # the story holds many small things until its end: looking through them all the time costs a seventh
    server = _fresh("one")
    story = Story(seed, size, server, _blank)
    before = clock.set_source(story.clock)
    try:
        with server.seams(size.page):
            report = _play(story)
        if seed % SAMPLE == 0:
            tell_again(server, _fresh("other"), random.Random(seed))
    except Exception as error:
        raise _failed(error, seed, size, mutant) from error
    finally:
        clock.set_source(before)
        published.forget()
        gc.enable()
    report.cpu_s = time.process_time() - begun
    return report


def _play(story: Story) -> Report:
    story.play(story.ends)
    story.weather.is_calm = True
    _mend(story)
    story.play()
    for _ in range(QUIET_ROUNDS):
        busy = sum(_look_at(story, phone) for phone in story.phones)
        if not busy:
            break
    _mend(story)
    for phone in story.phones:
        _look_at(story, phone)
    verdict = judge(story)
    if story.chronicle:
        _judge_again(story)
    return Report(*verdict, fired=story.fired)


def _judge_again(story: Story) -> None:
    """By the history alone, without a word of the product."""
    people = {world.person(number) for number in range(world.PEOPLE)}
    aside = {op_id for phone in story.phones for store in phone.stores.values() for op_id in store.attention}
    found = story.chronicle.judge(story.server.raw, people, story.oracle.excused | aside, story.now)
    if found:
        raise Violation(f"history: {found[0].name}", f"{len(found)}: {found[:3]}")


def _mend(story: Story) -> None:
    """Defects are mended, the newest release runs, and what was put aside is tried again."""
    story.fired["quarantined"] += len(story.oracle.quarantined)
    story.oracle.quarantined.clear()
    story.server.defective.clear()
    story.server.knows_notes(knows=True)
    story.server.replay()
    story.offline_until.clear()


def _look_at(story: Story, phone: Phone) -> int:
    """Each of its people signs in again and looks; how many acts still wait then."""
    for person_id in list(phone.stores):
        phone.person_id = person_id
        phone.restart()
        story.run(phone)
        story.play(story.now + MINUTE)
    return sum(len(waiting(store)) for store in phone.stores.values())
