"""The keys by which push services know this server: made once, kept to itself, and turned without losing anyone."""

from concurrent.futures import ThreadPoolExecutor

from server.foundation.database import db
from server.reminders import vapid

from .pushing import a_letter, newest_key, row_of, taking


def test_the_first_start_makes_one_key_that_only_this_user_reads(tmp_path):
    made = vapid.ring(tmp_path)
    assert [key.id for key in made] == [key.id for key in vapid.ring(tmp_path)]
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("push-1.key", 0o600)
    assert len(made[0].id) == 12


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        ids = {keys[0].id for keys in pool.map(lambda _: vapid.ring(tmp_path), range(8))}
    assert len(ids) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_rotation_makes_a_new_key_and_keeps_the_old(tmp_path):
    old = vapid.ring(tmp_path)[0]
    new = vapid.rotate(tmp_path)
    assert [key.id for key in vapid.ring(tmp_path)] == [new.id, old.id]
    for _ in range(9):
        tenth = vapid.rotate(tmp_path)
    assert vapid.ring(tmp_path)[0] == tenth  # push-11 comes after push-9


def test_after_a_rotation_nobody_is_lost(app, ada, service, clock):
    """A phone that has not come by since hears from us by its old key; one that has, by the new."""
    settings = app.config["SETTINGS"]
    stays, moves = taking(ada, service), taking(ada, service)
    old = newest_key(settings)
    new = vapid.rotate(settings.data)
    moved = taking(ada, service, moves.phone)
    assert (row_of(stays.phone.device_id).key_id, row_of(moves.phone.device_id).key_id) == (old.id, new.id)
    for taker in (stays, moved):
        assert send(app, a_letter(taker, clock)).how == "ok"
    assert [one.token for one in service.taken] == [stays.held.token, moved.held.token]


def send(app, letter):
    with db.engine.connect() as connection:
        post = app.extensions["push"].prepare(connection, [letter])
    return post(letter)


def test_each_message_makes_claims_of_its_own(tmp_path, clock):
    one = vapid.claims("mailto:it@ekero.se", "https://fcm.googleapis.com", clock.now)
    other = vapid.claims("mailto:it@ekero.se", "https://web.push.apple.com", clock.now)
    assert (one["aud"], other["aud"]) == ("https://fcm.googleapis.com", "https://web.push.apple.com")
    assert 0 < one["exp"] - clock.now.timestamp() <= 86_400
