"""Whether a seeded bug is found: each by the smallest story that is known to find it, and that is healthy without it.

Where the code has changed so that a bug outlives its story: python -m tests.faults.simsync.killing NAME … looks for another.
"""

import sys

from .breaking import broken
from .mutants import MUTANTS
from .running import Failed, Size, tell

SEEDS = range(8, 73, 8)
"""of the sort that is told a second time in another order"""
SIZES = ((40, 1), (80, 1), (150, 1), (300, 2), (500, 3), (300, 12), (400, 16))
Tale = tuple[int, int, int]
"""a seed, how many operations, and how many happenings of each sort"""
STORIES: dict[str, Tale] = {
    "done_last_write_wins": (48, 40, 1),
    "doubt_passed_over": (24, 150, 1),
    "doubt_everywhere": (8, 40, 1),
    "first_time_is_the_last": (8, 300, 2),
    "confidence_of_the_last": (16, 80, 1),
    "attempts_added": (8, 40, 1),
    "attempt_has_no_key": (8, 40, 1),
    "note_by_arrival": (16, 80, 1),
    "choice_by_arrival": (48, 40, 1),
    "preference_by_arrival": (32, 150, 1),
    "put_off_by_arrival": (16, 300, 2),
    "evidence_of_the_first_alone": (8, 40, 1),
    "pinned_by_arrival": (8, 40, 1),
    "completed_by_arrival": (24, 300, 2),
    "effect_outside_the_transaction": (48, 80, 1),
    "nobody_looks_into_the_ledger": (8, 40, 1),
    "twice_in_one_push": (48, 40, 1),
    "no_hash_check": (40, 80, 1),
    "anybodys_id": (8, 80, 1),
    "outcome_made_anew": (8, 40, 1),
    "neighbours_spoiled": (8, 40, 1),
    "replayed_twice": (8, 40, 1),
    "answers_swapped": (16, 150, 1),
    "gaps_forgotten": (8, 40, 1),
    "skew_not_reckoned": (8, 40, 1),
    "skew_the_wrong_way": (8, 40, 1),
    "not_clamped": (8, 40, 1),
    "not_clamped_below": (32, 500, 3),
    "numbers_without_a_lock": (8, 40, 1),
    "head_taken_for_the_page": (8, 300, 2),
    "touch_forgotten": (8, 40, 1),
    "another_s_notes": (8, 40, 1),
    "everybody_guides": (8, 40, 1),
    "reset_not_told": (16, 40, 1),
    "deleted_when_sent": (8, 40, 1),
    "given_up_after_three_failures": (16, 40, 1),
    "portal_believed": (32, 40, 1),
    "any_answer_will_do": (40, 400, 16),
    "outcomes_by_their_place": (24, 150, 1),
    "ring_not_told_again": (8, 40, 1),
    "no_ring": (8, 40, 1),
    "answered_rows_not_told_again": (8, 40, 1),
    "overlay_dropped_when_answered": (8, 300, 2),
    "overlay_dropped_on_a_page": (8, 300, 2),
    "overlay_never_dropped": (8, 40, 1),
    "cursor_before_the_rows": (8, 40, 1),
    "reset_keeps_rows": (16, 40, 1),
    "old_rows_under_a_new_snapshot": (8, 40, 1),
    "refused_in_silence": (48, 40, 1),
    "retry_taken_for_told": (8, 40, 1),
    "shared_outbox": (19, 300, 12),
    "reused_ids": (24, 40, 1),
    "id_made_when_sent": (8, 40, 1),
    "stamped_when_sent": (8, 40, 1),
    "numbers_begin_again": (8, 40, 1),
    "wiped_with_acts_waiting": (3, 300, 12),
    "never_asks_again": (8, 40, 1),
    "erased_comes_back": (24, 40, 1),
    "ledger_is_kept": (8, 40, 1),
    "behind_the_erasure": (8, 40, 1),
}


def tell_it(tale: Tale, name: str | None = None) -> None:
    seed, operations, happenings = tale
    tell(seed, Size(operations=operations, happenings=happenings), name)


def killed_by(name: str) -> str | None:
    """The rule that it broke, or None: it lived."""
    return _rule(name, STORIES[name])


def _rule(name: str, tale: Tale) -> str | None:
    try:
        with broken(MUTANTS[name]):
            tell_it(tale, name)
    except Failed as failed:
        return failed.rule
    return None


def find(name: str) -> Tale | None:
    """The smallest story that finds it."""
    tried = ((seed, *size) for size in SIZES for seed in SEEDS)
    return next((tale for tale in tried if _rule(name, tale)), None)


if __name__ == "__main__":
    for each in sys.argv[1:] or MUTANTS:
        sys.stdout.write(f'    "{each}": {find(each)},\n')
