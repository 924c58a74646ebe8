"""What becomes of a request on its way, by chance; and what else befalls phones, people and the server."""

import random

FATES = {
    "request_lost": 6, "answer_lost": 6, "cut": 3, "portal": 3, "stale": 2, "busy": 3, "delayed": 4,
    "doubled_at_once": 2, "doubled_later": 3, "slow_answer": 4, "killed_storing": 1,
    "crash_before": 1, "crash_between": 1, "crash_last": 1, "crash_after": 1,
}  # fmt: skip
"""of a request that is not simply answered: fate → its share"""
HAPPENINGS = (
    "second_phone", "offline", "tunnel", "clock_ahead", "clock_behind", "clock_1970", "clock_2099", "clock_corrected",
    "reinstalled", "storage_lost", "restarted", "cloned", "copied_to_another", "switched", "restored", "published",
    "retired", "moved", "defect", "old_server", "tampered", "stolen", "erased",
)  # fmt: skip
CONSEQUENCES = ("reordered", "together", "late", "new_epoch", "device_taken", "wrong_person", "reset", "quarantined")
"""what must have come of it at least once, so that the faults are known to bite"""
FAULTS = (*FATES, *HAPPENINGS, *CONSEQUENCES)


class Weather:
    """Bad until it is calm."""

    def __init__(self, rng: random.Random, clear: int) -> None:
        self.rng, self.clear, self.is_calm = rng, clear / 100, False
        self._fates, self._shares = list(FATES), list(FATES.values())

    def fate(self) -> str:
        """clear: it arrives, and the answer, too"""
        if self.is_calm or self.rng.random() < self.clear:
            return "clear"
        return self.rng.choices(self._fates, self._shares)[0]
