"""Upload tickets: who has signed out, or was signed out, still hands in what they did, and nothing else (FAULTS 46–49)."""

import random

import pytest
import sqlalchemy as sa

from server.foundation import ids
from server.foundation.database import db, writing
from server.foundation.limits import limiter
from server.learning.models import Note, StepCompletion
from server.people import enlisting, signing_in
from server.people.models import AuditEntry, UploadTicket
from server.people.tickets import MOST_OF_A_DEVICE
from server.sync.models import SyncOperation
from tests.cast import HEADERS, check_shape
from tests.support.sealed import contents, hand_in, push, sealed, ticket_of


@pytest.fixture
def phone(ada):
    return ada.phone()


@pytest.fixture
def ticket(phone):
    return ticket_of(phone)


def audited(action):
    with db.engine.connect() as connection:
        found = sa.select(AuditEntry.actor_id, AuditEntry.detail).where(AuditEntry.action == action)
        return connection.execute(found).all()


def signed_out(phone):
    phone.actor.delete("/api/session")


def test_forty_acts_go_up_by_ticket_after_the_session_has_ended(app, phone, ticket, world, count):
    acts = [phone.op(one) for one in (world.done("tvatta"), world.noted("Hej"))]
    acts += [phone.op(world.placed("film", float(second))) for second in range(38)]
    signed_out(phone)
    assert phone.send(*acts).code == "sign_in_needed"
    answer = push(app, ticket["secret"], phone.envelope(acts))
    assert answer.status_code == 200
    check_shape(answer.data)
    body = answer.get_json()
    assert [one["op_id"] for one in body["outcomes"]] == [one["op_id"] for one in acts]
    assert {one["status"] for one in body["outcomes"]} <= {"applied", "merged"}
    assert (body["changes"], body["reset"], body["reached"], body["cursor"], body["more"]) == ([], [], {}, "", False)
    assert count(sa.select(SyncOperation)) == 40
    assert audited("uploaded_by_ticket") == [(phone.actor.person_id, {"device_id": phone.device_id, "operations": 40})]


def test_only_the_hash_of_a_ticket_is_kept_and_its_issue_is_audited(phone, ticket):
    assert len(ticket["secret"]) == 43
    with db.engine.connect() as connection:
        row = connection.execute(sa.select(UploadTicket)).one()
    assert ticket["secret"] not in repr(row)
    assert row.token_hash == ids.hash_of(ticket["secret"])
    assert audited("upload_ticket_issued") == [(phone.actor.person_id, {"device_id": phone.device_id})]


def test_a_phone_has_no_more_than_its_newest_tickets(phone, clock):
    for _ in range(MOST_OF_A_DEVICE + 2):
        clock.move(hours=1)
        newest = ticket_of(phone)
    with db.engine.connect() as connection:
        kept = connection.execute(sa.select(UploadTicket.token_hash)).scalars().all()
    assert len(kept) == MOST_OF_A_DEVICE
    assert ids.hash_of(newest["secret"]) in kept


def closed(ada, clock):
    enlisting.deactivate(db.session(), email=ada.email, at=clock.now)


def new_password(ada, clock):
    code, _ = signing_in.issue_code(
        db.session(), person_id=ada.person_id, purpose="password", issued_by=ada.person_id, at=clock.now
    )
    signing_in.by_code(db.session(), email=ada.email, code=code, new_password="ett-nytt-lösenord", at=clock.now)


DEAD = {
    "unknown": lambda phone, clock: None,
    "over": lambda phone, clock: clock.move(days=45),
    "of a phone taken off the list": lambda phone, clock: phone.actor.delete(f"/api/devices/{phone.device_id}"),
    "of before a new password": lambda phone, clock: in_writing(new_password, phone.actor, clock),
    "of somebody erased": lambda phone, clock: in_writing(erased, phone.actor, clock),
}


def erased(ada, clock):
    db.session.execute(
        sa.text("UPDATE person SET erased_at = :at WHERE id = :id"), {"at": clock.now, "id": ada.person_id}
    )


def taken_on(ada, clock):
    enlisting.enlist(db.session(), email=ada.email, name="Ada Lärare", at=clock.now)


def in_writing(act, *about):
    with writing():
        act(*about)
        db.session.commit()
        db.session.remove()


@pytest.mark.parametrize("kill", [pytest.param(kill, id=name) for name, kill in DEAD.items()])
def test_a_ticket_that_is_no_more_is_answered_like_one_that_never_was(app, phone, world, count, clock, kill):
    given = ticket_of(phone)
    act = phone.op(world.done("tvatta"))
    kill(phone, clock)
    secret = ids.new_secret() if kill is DEAD["unknown"] else given["secret"]
    plain = push(app, secret, phone.envelope([act]))
    box = hand_in(app, sealed(contents(phone, given | {"secret": secret}, [act]), given))
    assert plain.status_code == box.status_code == 401
    assert plain.get_json() == box.get_json() == push(app, "", phone.envelope([act])).get_json()
    assert count(sa.select(SyncOperation)) == 0


def test_who_is_taken_on_again_has_no_ticket_of_before(app, phone, ticket, world, clock):
    in_writing(closed, phone.actor, clock)
    clock.move(days=1)
    in_writing(taken_on, phone.actor, clock)
    assert push(app, ticket["secret"], phone.envelope([phone.op(world.done("tvatta"))])).status_code == 401


def test_a_revocation_is_audited(phone, ticket):
    phone.actor.delete(f"/api/devices/{phone.device_id}")
    assert audited("upload_tickets_revoked") == [(phone.actor.person_id, {"device_id": phone.device_id})]


def test_a_closed_account_makes_nothing_true_and_what_was_done_before_waits(app, phone, ticket, world, count, clock):
    signed_out(phone)
    before = phone.op(world.done("tvatta"))
    newer = phone.op({"kind": "sang"})
    clock.move(hours=1)
    in_writing(closed, phone.actor, clock)
    clock.move(hours=1)
    after = phone.op(world.noted("Efteråt"))
    answer = push(app, ticket["secret"], phone.envelope([before, newer, after])).get_json()
    said = [(one["status"], one["code"]) for one in answer["outcomes"]]
    assert said == [("review", "account_closed"), ("review", "account_closed"), ("rejected", "account_closed")]
    assert count(sa.select(StepCompletion)) == count(sa.select(Note)) == 0


def test_a_ticket_speaks_for_one_person_and_one_phone(app, ada, bruno, phone, ticket, world, count, caplog):
    theirs, second = bruno.phone(), ada.phone()
    for other in (theirs, second):
        act = other.op(world.done("tvatta"))
        for envelope in (
            other.envelope([act]),
            phone.envelope([act], person_id=other.actor.person_id, device_id=other.device_id),
        ):
            assert push(app, ticket["secret"], envelope).get_json()["code"] == "wrong_person"
        assert hand_in(app, sealed(contents(other, ticket, [act]), ticket)).get_json()["code"] == "wrong_person"
    assert count(sa.select(SyncOperation)) == 0
    assert phone.device_id in caplog.text
    assert ticket["secret"] not in caplog.text


def test_a_ticket_opens_nothing_but_the_exchange(app, phone, ticket):
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if "anyone" in view.policy or rule.rule == "/api/sync" or rule.rule.startswith("/office/"):
            continue
        path = rule.rule.replace("<digest>", "0" * 64).replace("<name>", "0" * 64 + ".svg")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            headers = HEADERS | {"Authorization": f"Ticket {ticket['secret']}"}
            assert client.open(path, method=method, headers=headers, json={}).status_code == 401, path


def test_beside_anothers_session_a_ticket_speaks_for_its_own_person(app, bruno, phone, ticket, world, count):
    act = phone.op(world.noted("Hej"))
    box = sealed(contents(phone, ticket, [act]), ticket)
    assert bruno.post("/api/sync/sealed", box).status_code == 200
    with db.engine.connect() as connection:
        assert connection.execute(sa.select(Note.person_id)).scalars().all() == [phone.actor.person_id]


def test_a_thousand_tampered_tickets_write_nothing(app, phone, ticket, world, count):
    limiter.enabled = False
    chance, act = random.Random(20261125), phone.op(world.done("tvatta"))
    statuses = set()
    for _ in range(1_000):
        letters = list(ticket["secret"])
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(letters) + 1)
            letters[at : at + chance.randint(0, 2)] = chance.choice(
                ["", "a", "Z-", " ", '"', "ö", "=", "\x7f", "x" * 90]
            )
        spoilt = "".join(letters)
        if spoilt.strip() != ticket["secret"]:
            statuses.add(push(app, spoilt, phone.envelope([act])).status_code)
    limiter.enabled = True
    assert statuses == {401}
    assert count(sa.select(SyncOperation)) == 0
    assert push(app, ticket["secret"], phone.envelope([act])).status_code == 200


def test_who_tries_tickets_is_slowed_down(app, phone, ticket, world):
    act = phone.op(world.done("tvatta"))
    tries = [push(app, ids.new_secret(), phone.envelope([act])).status_code for _ in range(70)]
    assert tries.count(401) == 60
    assert set(tries[60:]) == {429}
    assert phone.send(act).said == ["applied"], "who has a session asks at another door"
