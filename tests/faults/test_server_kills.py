"""The web processes are killed under load, each time in the middle of something (FAULTS 12, 13)."""

from bench.ground import phones

from .server_killing import Killer

KILLS, MOST, PHONES = 10, 80, 6


def test_web_processes_killed_before_and_after_the_commit_lose_nothing_and_double_nothing(running):
    killer = Killer(running, phones(running, PHONES), seed=7)
    while killer.kills < KILLS or not all(killer.cut()):
        assert killer.kills < MOST, f"no kill fell on both sides of a commit: {killer.cut()}"
        killer.kill()
        killer.look()
    assert killer.judge() == []
    assert killer.crowd.odd == []
