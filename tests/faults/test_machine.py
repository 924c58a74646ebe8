"""Whatever people, phones, networks and backups do: nothing is lost, nothing doubled, nobody reads another's (SYNC.md §7).

RUNDTUR_STORIES tells how many stories of how many steps: 2000x50 is for the night. A failure prints its steps and a blob
that plays it again.
"""

import os

from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from .machine.rules import Municipality

STORIES, STEPS = (int(part) for part in os.environ.get("RUNDTUR_STORIES", "6x25").split("x"))


def test_whatever_happens_nothing_is_lost_nothing_doubled_and_nobody_reads_anothers(store):
    class Here(Municipality):
        pass

    Here.store = store
    told = hypothesis_settings(
        max_examples=STORIES, stateful_step_count=STEPS, deadline=None, print_blob=True, database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip
    run_state_machine_as_test(Here, settings=told)
