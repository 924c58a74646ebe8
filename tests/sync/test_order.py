"""Any order and any batching gives the same state; a set gives what its operations give one by one (SYNC.md §7, I5)."""

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from server.activities.models import Departure
from server.foundation.database import db, writing
from server.sync.receive import receive
from tests.cast import an_id
from tests.content.packing import publish_again
from tests.databases import NOW

from .state import Writer, facts, words

STEPS = st.sampled_from(["tvatta", "film", "tanka", "ova", "nowhere"])
VERSIONS = st.sampled_from([1, 2, 2, 7])
STOPS = st.sampled_from(["torget", "kyrkan", "skolan"])
DEPARTURES = st.sampled_from(["rundan-i-dag", "rundan-i-dag", "rundan-i-morgon"])
STATEMENTS = st.one_of(
    st.tuples(st.just("done"), STEPS, st.just("hygien"), VERSIONS),
    st.tuples(st.just("done"), st.sampled_from(["larma", "ut"]), st.just("brand"), st.just(1)),
    st.tuples(
        st.just("tried"), st.sampled_from(["ova", "prova"]),
        st.sampled_from([{"tid": ["b"]}, {"flera": ["b", "a"]}, {"flera": ["c"]}, {}]), st.just("hygien"), VERSIONS,
    ),
    st.tuples(st.just("placed"), STEPS, st.sampled_from([None, 1.5])),
    st.tuples(st.just("placed"), STEPS, st.none(), st.sampled_from(["skolvagen", "rundan", an_id(7)])),
    st.tuples(st.just("noted"), st.just("tre"), st.just("ga"), st.sampled_from(["skolvagen", an_id(7)])),
    st.tuples(st.just("noted"), st.sampled_from(["ett", "två", ""]), st.sampled_from(["tanka", "tvatta"])),
    st.tuples(st.sampled_from(["chose", "left"]), st.sampled_from(["brand", "hygien", "skolvagen"])),
    st.tuples(st.just("by_place"), STOPS, DEPARTURES),
    st.tuples(st.just("by_code"), STOPS, DEPARTURES, st.sampled_from([None, None, "00000000"])),
    st.tuples(st.just("prefers"), st.sampled_from(["sv", "en", "fi"])),
)  # fmt: skip
ACTS = st.lists(st.tuples(STATEMENTS, st.integers(0, 2), st.integers(0, 6)), min_size=2, max_size=14)
"""(what is said, on which of three phones, at which minute)"""


@pytest.fixture
def tell(ada, carla, world, settings):
    """Tells a story: takes pushes in, reads what is true, and lets all of it be undone."""
    publish_again(settings, "courses/hygien/sv/film.md", "En annan film.")
    people = (ada.person_id, ada.person_id, carla.person_id)
    writers = [Writer(number, person, NOW) for number, person in enumerate(people)]

    def read(acts):
        return [
            (writers[phone], writers[phone].op(index, getattr(world, said[0])(*said[1:]), minute))
            for index, (said, phone, minute) in enumerate(acts)
        ]

    def take(groups):
        with writing(), db.engine.connect() as connection, connection.begin() as transaction:
            outcomes = [
                outcome for pushes in groups for answer in receive(connection, pushes) for outcome in answer.outcomes
            ]
            state = facts(connection)
            transaction.rollback()
        return state, sorted(map(words, outcomes))

    return read, take


@given(acts=ACTS, order=st.randoms(use_true_random=False))
def test_any_order_and_any_batching_gives_the_same_state(tell, acts, order):
    read, take = tell
    told = read(acts)
    shuffled = order.sample(told, len(told))
    cuts = sorted(order.sample(range(len(told) + 1), order.randint(0, len(told))))
    batches = [shuffled[start:end] for start, end in itertools.pairwise([0, *cuts, len(told)])]
    assert take(by_phone(batches)) == take(by_phone([told]))


@given(acts=ACTS)
def test_a_set_gives_what_its_operations_give_one_by_one(tell, acts):
    read, take = tell
    told = read(acts)
    assert take(by_phone([told])) == take([[writer.push([op])] for writer, op in told])


@given(acts=ACTS)
def test_the_reverse_order_gives_the_same_state(tell, acts):
    read, take = tell
    told = read(acts)
    one_by_one = [[writer.push([op])] for writer, op in told]
    assert take(one_by_one) == take(one_by_one[::-1])


@given(acts=ACTS)
def test_telling_everything_twice_changes_nothing(tell, acts):
    read, take = tell
    told = by_phone([read(acts)])
    state, outcomes = take(told)
    assert take(told + told) == (state, sorted(outcomes * 2))


def by_phone(batches):
    """Each batch as one group of pushes, one a phone."""
    groups = []
    for batch in batches:
        phones = {writer: [op for other, op in batch if other is writer] for writer, _ in batch}
        if phones:
            groups.append([writer.push(ops) for writer, ops in phones.items()])
    return groups


def test_the_version_that_was_completed_does_not_depend_on_the_order(tell):
    """Two versions complete at the same moment: the earlier one counts, whichever was heard of first."""
    read, take = tell
    steps = [("tvatta", 1), ("film", 1), ("film", 2)]
    acts = [((("done"), step, "hygien", version), 0, 1) for step, version in steps]
    acts += [(("tried", "ova", {"tid": ["b"]}, "hygien", 1), 0, 1)]
    acts += [(("tried", "prova", {"flera": ["a", "b"]}, "hygien", 1), 0, 5)]
    told = read(acts)
    late = [told[2], told[0], told[3], told[4], told[1]]
    assert take([[writer.push([op])] for writer, op in late]) == take(by_phone([told]))


@pytest.mark.parametrize("minutes", [(5, 2), (2, 5)])
def test_a_tour_ridden_twice_is_completed_by_the_first_time_whichever_is_told_first(tell, world, minutes):
    read, take = tell
    with writing():
        again = sa.update(Departure).where(Departure.id == world.departures["rundan-i-morgon"]).values(starts_at=NOW)
        db.session.execute(again)
        db.session.commit()
    stops = [("torget", None), ("kyrkan", None)]
    acts = [
        (("by_code", stop, departure, code), 0, minute)
        for departure, minute in zip(("rundan-i-dag", "rundan-i-morgon"), minutes, strict=True)
        for stop, code in stops
    ]
    told = read(acts)
    state, _ = take(by_phone([told]))
    assert state == take(by_phone([told[2:], told[:2]]))[0] == take(by_phone([told[:2], told[2:]]))[0]
    assert repr(NOW + timedelta(minutes=2)) in state["item_completion"][0]
