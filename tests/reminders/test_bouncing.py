"""A mail that comes back as a mail: read from a report, by the mark that we gave the mail, and by nothing else."""

import os
import subprocess
import sys
from dataclasses import replace
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from config import ROOT
from server.foundation.database import db, writing
from server.people import addresses
from server.reminders import bouncing
from server.reminders.letters import GONE
from server.reminders.mail import Mail
from server.reminders.models import ContactAddress, ReminderDelivery
from server.reminders.reaching import escalate, is_reachable
from server.reminders.ticking import tick

from .letters import a_letter
from .making import ZONE, do, send_all, start
from .post_office import post_office
from .reports import of_exim, of_qmail, report

SECRET = "a secret of the tests alone"


@pytest.fixture
def returned(app, ada, bruno, settings, clock):
    """Ada and Bruno got a mail each, by a real mail server: the mails as they went, Ada's first."""
    app.config["SECRET_KEY"] = SECRET
    start(clock.now.date(), "due")
    clock.move(days=1)
    tick(db.engine, clock.now, ZONE, ["mail"])
    with post_office() as office:
        sending = replace(
            settings, smtp_url=f"smtp://127.0.0.1:{office.port}", mail_from="Rundtur <rundtur@kommun.example>"
        )
        send_all(Mail(sending, SECRET), clock.now, "mail")
    return sorted(office.mails, key=lambda mail: str(mail["To"]))


def told(raw, now):
    with writing(), db.engine.begin() as connection:
        return bouncing.note(connection, raw, now, SECRET)


def state_of(actor):
    """Of the person's mail, and whether they can be reached by mail alone."""
    with db.engine.connect() as connection:
        mine = ReminderDelivery.person_id == actor.person_id
        found = connection.execute(sa.select(ReminderDelivery.state, ReminderDelivery.failure).where(mine)).one()
    return tuple(found)


def is_on_the_list(actor, now):
    from server.people.models import Person

    with db.engine.connect() as connection:
        reached = sa.select(is_reachable(now, ("push", "mail"))).where(Person.id == actor.person_id)
        return not connection.execute(reached).scalar_one()


def fails(phone):
    (self,) = phone.pull().rows("self").values()
    return self["mail_fails"]


@pytest.mark.parametrize("whole", [True, False])
def test_an_address_that_is_no_more_is_known_its_person_is_told_and_the_coordinator_s_list_names_them(
    returned, ada, bruno, clock, whole
):
    phone = ada.phone()
    assert fails(phone) is None
    assert told(report(returned[0], whole=whole), clock.now) == "bounced"
    assert state_of(ada) == ("failed", "gone")
    assert is_on_the_list(ada, clock.now)
    assert fails(phone) == {"address": ada.email, "until": "2026-12-25"}, "the phone hears it at its next exchange"
    assert (state_of(bruno), is_on_the_list(bruno, clock.now)) == (("sent", None), False)
    assert told(report(returned[0], whole=whole), clock.now) == "bounced", "again"


def test_a_new_address_has_not_bounced_and_what_came_back_goes_there(returned, ada, clock, count):
    phone = ada.phone()
    told(report(returned[0]), clock.now)
    do(addresses.change_address, person_id=ada.person_id, to="ada.ny@prov.example", at=clock.now, actor_id=None)
    assert not is_on_the_list(ada, clock.now)
    assert fails(phone) is None
    for more in (1, 0):
        with writing(), db.engine.begin() as connection:
            assert escalate(connection, clock.now, ZONE, ["mail"]) == more
    assert count(sa.select(ReminderDelivery).where(ReminderDelivery.address == "ada.ny@prov.example")) == 1
    assert told(report(returned[0]), clock.now) == "bounced"
    assert fails(phone) is None, "the old one, once more: nobody's any more"


@pytest.mark.parametrize(
    ("status", "action", "outcome", "state"),
    [
        ("4.4.1", "delayed", "nothing_failed", ("sent", None)),
        ("5.1.1", "delayed", "nothing_failed", ("sent", None)),
        ("2.0.0", "delivered", "nothing_failed", ("sent", None)),
        ("2.1.5", "relayed", "nothing_failed", ("sent", None)),
        ("4.4.7", "failed", "did_not_arrive", ("failed", "bounced_4.4.7")),
        ("5.2.2", "failed", "did_not_arrive", ("failed", "bounced_5.2.2")),
        ("5.7.1", "failed", "did_not_arrive", ("failed", "bounced_5.7.1")),
        ("5.4.1", "failed", "bounced", ("failed", "gone")),
        ("5.0.0", "FAILED", "bounced", ("failed", "gone")),
    ],
)
def test_what_is_not_for_good_or_not_about_the_address_marks_nobody(
    returned, ada, clock, status, action, outcome, state
):
    assert told(report(returned[0], status, action), clock.now) == outcome
    assert state_of(ada) == state
    assert is_on_the_list(ada, clock.now) == (outcome == "bounced")


def test_nobody_has_another_s_address_taken_for_a_dead_one(returned, ada, bruno, clock, count):
    """Bruno knows his own mail's mark, and may know the id of Ada's."""
    with db.engine.connect() as connection:
        hers = sa.select(ReminderDelivery.id).where(ReminderDelivery.person_id == ada.person_id)
        delivery = connection.execute(hers).scalar_one()
    own = str(returned[1]["Message-ID"])
    for forged in (
        own.replace(own[1:37], delivery), f"<{delivery}@kommun.example>", f"<{delivery}.{'0' * 32}@kommun.example>",
        bouncing.message_id(delivery, "kommun.example", "another secret"), "<x@y>", "",
    ):  # fmt: skip
        del returned[1]["Message-ID"]
        returned[1]["Message-ID"] = forged
        assert told(report(returned[1]), clock.now) == "not_ours"
    assert count(sa.select(ContactAddress).where(ContactAddress.mail_bounced_at.is_not(None))) == 0


def test_a_report_of_an_old_mail_says_nothing_of_today(returned, ada, clock):
    clock.move(days=15)
    assert told(report(returned[0]), clock.now) == "not_ours"
    assert state_of(ada) == ("sent", None)


def test_who_answers_or_is_away_has_not_bounced(returned, ada, clock):
    away = EmailMessage()
    away["Subject"], away["Auto-Submitted"] = "Frånvaro", "auto-replied"
    away["In-Reply-To"] = str(returned[0]["Message-ID"])
    away.set_content("Jag är ledig. " + returned[0].as_string())
    assert told(away.as_bytes(), clock.now) == "no_report"
    assert state_of(ada) == ("sent", None)


NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))


@pytest.mark.parametrize(
    "junk", [b"", b"\0" * 99, b"Content-Type: multipart/report\n\n", b"\xff\xfe: \xff\n\n", NESTED, b"a" * 3_000_000]
)
def test_junk_is_no_report(app, clock, junk):
    assert told(junk, clock.now) == "no_report"


@pytest.mark.parametrize("form", [of_qmail, of_exim])
def test_what_is_written_in_words_counts_by_our_mark_alone(returned, ada, bruno, clock, form):
    forged = form(returned[0]).replace(
        returned[0]["Message-ID"].encode(), returned[1]["Message-ID"].encode()[:40] + b"@x>"
    )
    assert told(forged, clock.now) == "not_ours"
    assert told(form(returned[0], "552 the mailbox is full"), clock.now) == "did_not_arrive"
    assert state_of(ada) == ("failed", "bounced_5.2.2")
    assert told(form(returned[0]), clock.now) == "bounced"
    assert is_on_the_list(ada, clock.now)
    assert state_of(bruno) == ("sent", None)


def test_the_command_reads_a_message_and_says_what_became_of_it(app, returned, ada, settings, clock):
    def run(raw, **other):
        environment = os.environ | {
            "RUNDTUR_DATA": str(settings.data), "RUNDTUR_DATABASE_URL": settings.database_url, "RUNDTUR_DEMO": "0",
            "RUNDTUR_SECRET_KEY": SECRET, **other,
        }  # fmt: skip
        command = [sys.executable, "-m", "flask", "--app", "server.wsgi:app", "mail", "bounced"]
        done = subprocess.run(command, cwd=ROOT, env=environment, input=raw, capture_output=True, check=False)
        return done.returncode, done.stdout.decode().strip(), done.stderr.decode()

    with writing(), db.engine.begin() as connection:  # the command has the real clock
        connection.execute(sa.update(ReminderDelivery).values(sent_at=sa.func.now()))
    assert run(b"buy now")[:2] == (0, bouncing.SAID["no_report"])
    code, said, log = run(report(returned[0]))
    assert (code, said) == (0, bouncing.SAID["bounced"])
    assert ada.email not in said + log
    assert state_of(ada) == ("failed", "gone")


def test_a_refusal_while_sending_is_told_to_the_person_too(app, ada, settings, clock):
    phone = ada.phone()
    with post_office() as office:
        office.at_address = lambda _: "550 5.1.1 no such user"
        channel = Mail(replace(settings, smtp_url=f"smtp://127.0.0.1:{office.port}"), SECRET)
        letter = a_letter(ada.person_id, ada.email)
        with db.engine.connect() as connection:
            sent = channel.prepare(connection, [letter])(letter)
        assert sent == GONE
        with writing(), db.engine.begin() as connection:
            channel.note(connection, [(letter, sent)], clock.now)
    assert fails(phone)["address"] == ada.email
