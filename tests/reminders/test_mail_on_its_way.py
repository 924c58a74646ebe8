"""From what no phone has heard to a mail server on this machine: down and up again, killed in between, and a bounce."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.reminders import delivering
from server.reminders.delivering import claim, deliver, letters_of
from server.reminders.mail import Mail
from server.reminders.models import ContactAddress, ReminderDelivery
from server.reminders.reaching import escalate
from server.reminders.ticking import tick
from tests.office.pages import crowd, statements

from .making import ZONE, start
from .post_office import free_port, post_office

SECRET = "a secret of the tests alone"


@pytest.fixture
def channel(settings):
    """Mail by a server that is not there yet, on a port of its own."""
    port = free_port()
    sending = replace(settings, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="Rundtur <rundtur@kommun.example>")
    made = Mail(sending, SECRET)
    made.port = port  # type: ignore[attr-defined]
    return made


@pytest.fixture
def due(world, clock):
    """Ada and Bruno are to be reminded of a course, and no phone of theirs is."""
    start(clock.now.date(), "due")
    clock.move(days=1)
    tick(db.engine, clock.now, ZONE, ["mail"])
    return clock


def sent(channel, clock):
    return deliver(db.engine, clock.now, ZONE, {"mail": channel})


def states():
    with db.engine.connect() as connection:
        found = sa.select(ReminderDelivery.state, ReminderDelivery.failure).order_by(ReminderDelivery.address)
        return [tuple(row) for row in connection.execute(found)]


def test_while_the_server_is_down_everything_waits_and_then_goes_once(ada, bruno, due, channel):
    for _ in range(3):
        sent(channel, due)
        due.move(minutes=3)
    assert states() == [("waiting", "smtp_down")] * 2
    with post_office(port=channel.port) as office:
        for _ in range(20):
            due.move(minutes=3)
            sent(channel, due)
    assert states() == [("sent", None)] * 2
    assert sorted(mail["To"] for mail in office.mails) == [ada.email, bruno.email]


def test_killed_between_sending_and_recording_it_is_sent_again_as_the_same_mail(ada, bruno, due, channel):
    with post_office(port=channel.port) as office:
        with writing(), db.engine.begin() as connection:
            claimed = claim(connection, due.now, 10, ["mail"])
            letters = letters_of(connection, claimed, due.now, ZONE)
            send = channel.prepare(connection, letters)
        for letter in letters:
            send(letter)  # and here the worker is killed
        assert sent(channel, due) == 0
        due.now += delivering.LEASE + timedelta(seconds=1)
        assert sent(channel, due) == 2
    ids = [mail["Message-ID"] for mail in office.mails]
    assert len(ids) == 4
    assert len(set(ids)) == 2
    assert states() == [("sent", None)] * 2


def test_a_bounce_is_known_and_the_next_reminder_does_not_go_there(ada, bruno, due, channel, count):
    with post_office(port=channel.port) as office:
        office.at_address = lambda address: "550 5.1.1 unknown" if address == ada.email else None
        sent(channel, due)
        assert states() == [("failed", "gone"), ("sent", None)]
        assert count(sa.select(ContactAddress).where(ContactAddress.mail_bounced_at.is_not(None))) == 1
        with writing(), db.engine.begin() as connection:
            connection.execute(sa.delete(ReminderDelivery))
            assert escalate(connection, due.now, ZONE, ["mail"]) == 1
        assert sent(channel, due) == 1
    assert [mail["To"] for mail in office.mails] == [bruno.email] * 2


def test_escalating_takes_as_many_statements_for_a_thousand_as_for_ten(hugo, world, clock):
    start(clock.now.date(), "overdue")
    counts = []
    for first, many in ((0, 40), (40, 400)):
        crowd(world, many, first=first)
        tick(db.engine, clock.now, ZONE)
        with statements() as said, writing(), db.engine.begin() as connection:
            assert escalate(connection, clock.now, ZONE, ["mail", "sms"]) > 0
        counts.append(len(said))
    assert counts[0] == counts[1] == 3
