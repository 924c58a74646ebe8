"""What can happen, rule by rule; Hypothesis puts the story together, and shortens it where a promise is broken."""

import json
import random
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.foundation import clock as product_clock
from server.foundation import ids
from server.foundation.changefeed import Touch, audience_stream, publish, publish_session
from server.foundation.database import db, writing
from server.learning import published
from server.learning.models import Course
from server.people import enlisting
from server.sync import exchange
from server.sync.models import SyncOperation
from tests.cast import Actor, Answer, Clock, World
from tests.content.packing import publish_again
from tests.databases import NOW, Store, running

from ..erased import traces
from .backups import Copy, copy_of, restore
from .canary import singing
from .erasing import NAME, erase, forget_songs, take_on
from .expected import expected, shown
from .oracle import Oracle
from .pocket import Pocket

FATES = [
    "heard",
    "heard",
    "heard",
    "request lost",
    "answer lost",
    "killed before commit",
    "killed after commit",
    "twice",
]
SOON, NOW_AND_THEN = 0.4, 0.2
"""so often an act is followed by an exchange, of what is new and of what was told before, in any order; and by one that is forged"""
POCKETS = st.integers(0, 4)
SENT_WHOLE = 100
NAMES = {"ada": "Ada Lärare", "bruno": "Bruno Bengtsson"}


class Killed(Exception):
    """The process is gone in the middle of a request."""


@contextmanager
def killed(when: str):
    """The next push dies before its transaction commits, or after it and before the answer."""
    name = {"killed before commit": "receive", "killed after commit": "pull"}.get(when)
    if name is None:
        yield
        return
    sound = getattr(exchange, name)

    def die(*arguments):
        sound(*arguments)
        raise Killed

    setattr(exchange, name, die)
    try:
        yield
    finally:
        setattr(exchange, name, sound)


class Municipality(RuleBasedStateMachine):
    """Two people with two phones each, one with one who may be erased, and a server that is restored now and then."""

    store: Store

    @initialize(luck=st.integers(0, 2**32))
    def open(self, luck):
        self.luck = random.Random(luck)
        self.end, self.oracle, self.clock = ExitStack(), Oracle(), Clock(NOW)
        before = product_clock.set_source(self.clock)
        self.end.callback(product_clock.set_source, before)
        folder = Path(tempfile.mkdtemp(prefix="rundtur-machine-"))
        self.end.callback(shutil.rmtree, folder, ignore_errors=True)
        published.forget()
        self.settings = self.store.copy(folder / "data")
        self.end.callback(self.store.drop, self.settings, is_copy=True)
        self.app = self.end.enter_context(running(self.settings))
        self.world = World()
        take_on(self.world, self.clock.now)
        self.end.enter_context(singing(db.engine))
        self.people = [Actor(self.app, self.world, name) for name in ("ada", "bruno")]
        self.disa = Pocket(Actor(self.app, self.world, "disa"))
        self.pockets = [*(Pocket(actor) for actor in self.people for _ in range(2)), self.disa]
        self.texts: list[str] = []
        self.backup: tuple[Copy, int] = (copy_of(db.engine), 0)

    # What people do

    def say(self, number, statement):
        self.clock.move(seconds=7)
        pocket = self.pockets[number % len(self.pockets)]
        self.oracle.entered(pocket, pocket.act(statement))
        if self.luck.random() < SOON:
            self.sync(number, self.luck.choice(FATES), self.luck)
        if self.luck.random() < NOW_AND_THEN:
            self.tell_a_known_id(number, self.luck.random() < 0.5)

    @rule(number=POCKETS, step=st.sampled_from(["tvatta", "film", "tanka"]), newest=st.booleans())
    def complete(self, number, step, newest):
        self.say(number, self.world.done(step, version=1 + len(self.texts) * newest))

    @rule(number=POCKETS, passes=st.booleans())
    def attempt(self, number, passes):
        self.say(number, self.world.passed() if passes else self.world.failed())

    @rule(number=POCKETS)
    def write_note(self, number):
        person = self.pockets[number % len(self.pockets)].actor
        words = f"{person.name} tänker {len(self.oracle.said)} för sig"
        self.oracle.secrets.setdefault(person.person_id, set()).add(words)
        self.say(number, self.world.noted(words))

    @rule(number=POCKETS, second=st.integers(0, 90))
    def keep_place(self, number, second):
        self.say(number, self.world.placed("film", float(second)))

    @rule(number=POCKETS, stop=st.sampled_from(["torget", "kyrkan"]), code=st.sampled_from([None, "00000000"]))
    def check_in(self, number, stop, code):
        self.say(number, self.world.by_code(stop, code=code))

    @rule(number=POCKETS, chooses=st.booleans())
    def choose(self, number, chooses):
        self.say(number, (self.world.chose if chooses else self.world.left)("brand"))

    @rule(number=POCKETS, language=st.sampled_from(["sv", "en"]))
    def prefer(self, number, language):
        self.say(number, self.world.prefers(language))

    @rule(number=POCKETS)
    def act_in_a_newer_way(self, number):
        self.say(number, {"kind": "sang"})

    # What phones and networks do

    @rule(number=POCKETS, fate=st.sampled_from(FATES), chance=st.integers(0, 2**32).map(random.Random))
    def sync(self, number, fate, chance):
        """Any part of the outbox and of what was told before, in any order."""
        pocket = self.pockets[number % len(self.pockets)]
        told = list((pocket.outbox | pocket.ring).values())
        self.exchange(pocket, chance.sample(told, chance.randint(0, len(told))), fate)

    @rule(number=POCKETS, fate=st.sampled_from(FATES))
    def send_all(self, number, fate):
        pocket = self.pockets[number % len(self.pockets)]
        self.exchange(pocket, list(pocket.outbox.values()), fate)

    def exchange(self, pocket: Pocket, operations, fate: str) -> Answer | None:
        self.clock.move(seconds=3)
        if fate == "request lost":
            return None
        operations = operations[:SENT_WHOLE]
        for _ in range(1 + (fate == "twice")):
            with killed(fate):
                said = pocket.ask(operations)
            self.oracle.heard(pocket, operations, said)
        if pocket.actor.person_id in self.oracle.erased:
            assert said.status == 410, f"I15: {said.body}"
        else:
            assert said.status in (200, 403) or (fate.startswith("killed") and said.status == 500), said.body
        if fate in ("heard", "twice"):
            pocket.take(said)
        return said

    @rule(number=POCKETS, hours=st.sampled_from([-26, -1, 1, 26]))
    def set_clock(self, number, hours):
        self.pockets[number % len(self.pockets)].wrong = timedelta(hours=hours)

    @rule(number=POCKETS)
    def lose_storage(self, number):
        self.oracle.excused |= self.pockets[number % len(self.pockets)].lose() - self.in_ledger()

    @rule(number=POCKETS)
    def hand_to_another(self, number):
        """The session of one, the installation of the other: nothing moves (docs/sync.md)."""
        pocket = self.pockets[number % len(self.pockets)]
        other = next(one for one in self.pockets if one.actor is not pocket.actor)
        if pocket.actor.person_id in self.oracle.erased:
            return  # the device of somebody who was erased is anybody's
        op = pocket.phone.op(self.world.done("tvatta"))
        pocket.phone.seq -= 1
        envelope = pocket.phone.envelope([op])
        for change in ({}, {"person_id": other.actor.person_id}):
            said = other.bring(json.dumps(envelope | change).encode())
            assert (said.status, said.code) in ((409, "wrong_person"), (409, "device_taken"), (403, "disabled")), (
                said.body
            )
            self.oracle.is_of_nobody_else(other.actor.person_id, said.response.text)

    @rule(number=POCKETS, by_another=st.booleans())
    def tell_a_known_id(self, number, by_another):
        """With other words, or as somebody else: it is refused, and nothing of it comes true."""
        there = self.in_ledger()
        known = [(pocket, op) for pocket in self.pockets for op_id, op in pocket.ring.items() if op_id in there]
        if not known:
            return
        pocket, op = known[number % len(known)]
        if not by_another:
            op = op | {"occurred_at": "2020-01-01T00:00:00.000Z"}
        teller = next(one for one in self.pockets if one.actor is not pocket.actor) if by_another else pocket
        # from a phone of its own: on its person's, the act's number would count as told
        said = teller.ask([op], **({"device_id": ids.new_id()} if by_another else {}))
        assert said.status in (403, 410) or said.said == ["rejected:id_reuse"], f"I9: {op}: {said.body}"

    # What happens in the municipality

    @precondition(lambda self: len(self.texts) < 2)
    @rule()
    def publish_version(self):
        self.texts.append(f"Tvätta {len(self.texts)}.")
        publish_again(self.settings, "courses/hygien/sv/tvatta.md", self.texts[-1])

    @rule()
    def retire(self):
        course = self.world.courses["brand"]
        with writing(), db.engine.begin() as connection:
            connection.execute(sa.update(Course).where(Course.id == course).values(retired_at=self.clock.now))
            top = audience_stream(self.world.units["kommun"])
            publish(connection, [Touch(top, "catalogue_entry", course, deleted=True)])
        published.forget()

    @rule(number=st.integers(0, 1), leaves=st.booleans())
    def deactivate(self, number, leaves):
        self.employ(self.people[number], leaves)

    def employ(self, actor: Actor, leaves: bool):
        with writing():
            if leaves:
                enlisting.deactivate(db.session(), email=actor.email, at=self.clock.now)
            else:
                enlisting.enlist(db.session(), email=actor.email, name=NAMES[actor.name], at=self.clock.now)
            publish_session(db.session())
            db.session.commit()
            db.session.remove()

    @precondition(lambda self: not self.oracle.erased)
    @rule()
    def erase(self):
        person = self.disa.actor.person_id
        erase(self.settings, person, self.clock.now)
        self.oracle.erase(person)
        self.nothing_is_left()

    def nothing_is_left(self):
        """I15"""
        for person in self.oracle.erased:
            forget_songs(self.oracle.acts_of(person))
            with db.engine.connect() as connection:
                left = traces(connection, person, {NAME, *self.oracle.secrets.get(person, ())})
            assert not left, f"I15: {left}"

    @rule()
    def back_up(self):
        self.backup = copy_of(db.engine), len(self.texts)

    @rule()
    def restore(self):
        copy, texts = self.backup
        restore(self.settings, db.engine, copy, self.clock.now)
        self.nothing_is_left()
        self.oracle.restored(self.in_ledger(), self.pockets)
        for text in self.texts[texts:]:  # authors publish again what was lost: phones have acted on it
            publish_again(self.settings, "courses/hygien/sv/tvatta.md", text)

    # What holds

    def in_ledger(self) -> set[str]:
        with db.engine.connect() as connection:
            return set(connection.execute(sa.select(SyncOperation.op_id)).scalars())

    @invariant()
    def holds(self):
        self.oracle.check(db.engine)

    def teardown(self):
        if not hasattr(self, "end"):
            return
        try:
            self.quiet()
        finally:
            self.end.close()

    def quiet(self):
        """Everybody is let in, and every phone tells what it has and hears what there is (I1, I7, I11, I12, I14)."""
        for actor in self.people:
            self.employ(actor, False)
        for number in range(len(self.pockets)):  # a gap is seen where a later number is heard
            self.say(number, self.world.placed("film", 1.0))
        for _ in range(3):
            for pocket in self.pockets:
                self.told(pocket)
        self.holds()
        self.nothing_is_left()
        in_ledger = self.in_ledger()
        self.oracle.nothing_lost(in_ledger)
        self.oracle.hear_of_the_rest(db.engine)
        for pocket in self.pockets:
            if pocket.actor.person_id not in self.oracle.erased:
                self.everything_is_there(pocket, in_ledger)
        self.erased_in_the_end()

    def erased_in_the_end(self):
        """I15: whoever is erased, restored and pushes again is still gone."""
        held = list((self.disa.ring | self.disa.outbox).values())[:SENT_WHOLE]
        if not self.oracle.erased:
            self.erase()
        self.restore()
        self.exchange(self.disa, held, "heard")
        self.holds()
        self.nothing_is_left()

    def told(self, pocket: Pocket):
        """Its outbox in batches, then page by page (a new epoch fills it again)."""
        batch = random.Random(0).sample(list(pocket.outbox.values()), len(pocket.outbox))
        while (said := self.exchange(pocket, batch, "heard")) and said.status == 200 and said.body["more"]:
            batch = []

    def everything_is_there(self, pocket: Pocket, in_ledger: set[str]):
        assert not pocket.outbox, "I11"
        person = pocket.actor.person_id
        fresh = Pocket(pocket.actor).phone.pull()
        here, there = pocket.phone.replica, fresh.replica
        odd = [(key, here.get(key), there.get(key)) for key in here.keys() | there if here.get(key) != there.get(key)]
        assert not odd, f"I7, I14: {odd[:3]}"
        is_shown, counts = shown(here, person), expected(self.oracle, person)
        wrong = [(key, is_shown.get(key), counts.get(key)) for key in is_shown.keys() | counts]
        assert not [one for one in wrong if one[1] != one[2]], f"I5: {[one for one in wrong if one[1] != one[2]][:3]}"
        seqs = {
            said.op["seq"] for id_, said in self.oracle.said.items() if id_ in in_ledger and said.person_id == person
        }
        missed = {seq for first, last in pocket.missing for seq in range(first, last + 1)}
        assert pocket.lost - seqs <= missed, f"I12: {pocket.lost - seqs - missed}"
