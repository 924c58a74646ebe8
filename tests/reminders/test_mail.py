"""A reminder by mail: what a real mail server is given, and what becomes of it where the server will not have it."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.reminders.letters import GONE, OK, Words
from server.reminders.mail import Mail
from server.reminders.models import ContactAddress
from server.reminders.unsubscribing import person_of
from server.starting import Unfit, check

from .letters import LEAVING, NUDGE, a_duty, a_letter
from .post_office import free_port, post_office

SECRET = "a secret of the tests alone"


@pytest.fixture
def office():
    with post_office() as running:
        yield running


@pytest.fixture
def mailing(settings, office):
    return replace(
        settings, smtp_url=f"smtp://127.0.0.1:{office.port}", mail_from="Rundtur <rundtur@kommun.example>",
        public_url="https://rundtur.kommun.example",
    )  # fmt: skip


def send(settings, *letters):
    """The letters go as one batch. Returns what became of each, as it was noted."""
    channel = Mail(settings, SECRET)
    with db.engine.connect() as connection:
        to = channel.prepare(connection, letters)
    results = [(letter, to(letter)) for letter in letters]
    with writing(), db.engine.begin() as connection:
        channel.note(connection, results, product_clock.now())
    return [sent for _, sent in results]


def bounced():
    with db.engine.connect() as connection:
        found = sa.select(ContactAddress.person_id).where(ContactAddress.mail_bounced_at.is_not(None))
        return set(connection.execute(found).scalars())


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_mail_says_it_in_the_person_s_language_as_text_and_as_html(ada, office, mailing, language):
    letter = a_letter(ada.person_id, ada.email, language)
    assert send(mailing, letter) == [OK]
    (mail,) = office.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["Content-Language"] == language
    text, html = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    assert f'<html lang="{language}">' in html
    for part in (text, html):
        assert NUDGE[language].title in part
        assert NUDGE[language].body.splitlines()[1] in part
        assert f"https://rundtur.kommun.example/reminders/{letter.reminder_id}" in part


def test_the_headers_are_those_of_a_machine_that_means_well(ada, office, mailing, clock):
    letter = a_letter(ada.person_id, ada.email)
    send(mailing, letter)
    (mail,) = office.mails
    assert office.envelopes == [("rundtur@kommun.example", [ada.email])]
    assert str(mail["From"]) == "Rundtur <rundtur@kommun.example>"
    assert mail["Date"].datetime == clock.now
    assert re.fullmatch(rf"<{letter.delivery_id}\.[0-9a-f]{{32}}@kommun\.example>", str(mail["Message-ID"]))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not mail.defects


def test_what_is_sent_again_after_a_kill_is_known_to_be_the_same(ada, office, mailing, clock):
    letter = a_letter(ada.person_id, ada.email)
    send(mailing, letter)
    clock.move(minutes=5)
    send(mailing, letter)
    one, other = office.mails
    assert one["Message-ID"] == other["Message-ID"]


def test_a_subject_and_the_first_line_say_nothing_of_what_it_is_about(ada, office, mailing):
    send(mailing, a_letter(ada.person_id, ada.email))
    (mail,) = office.mails
    assert mail["Subject"] == "Du har en påminnelse från Rundtur"
    for kind in ("plain", "html"):
        body = mail.get_body((kind,)).get_content().partition("<body>")[2] or mail.get_body((kind,)).get_content()
        seen = re.sub(r"<[^>]+>", "", body)
        assert 0 <= seen.index("Du har en påminnelse från Rundtur, din arbetsgivares") < seen.index("Hygien")


def test_an_administrator_may_open_the_subject(ada, office, mailing):
    send(replace(mailing, open_reminders=True), a_letter(ada.person_id, ada.email))
    assert office.mails[0]["Subject"] == NUDGE["sv"].title


def test_a_mail_holds_no_name_no_remote_picture_and_no_trace(ada, office, mailing):
    send(mailing, a_letter(ada.person_id, ada.email), a_duty(ada.person_id, ada.email))
    for raw, mail in zip(office.taken, office.mails, strict=True):
        html = mail.get_body(("html",)).get_content()
        assert "Ada" not in raw.decode() + html
        assert not re.findall(r"<(img|script|link|iframe|table)|\bsrc=|url\(", html)
        assert set(re.findall(r"https?://([^/\"]+)", html)) == {"rundtur.kommun.example"}


def test_only_nudges_can_be_stopped_by_one_click(ada, office, mailing):
    send(mailing, a_letter(ada.person_id, ada.email), a_duty(ada.person_id, ada.email))
    nudge, duty = office.mails
    assert nudge["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<https://rundtur\.kommun\.example/unsubscribe/([\w-]+)>", nudge["List-Unsubscribe"])
    assert person_of(link[1], SECRET) == ada.person_id
    assert link[1] in nudge.get_body(("plain",)).get_content()
    assert duty["List-Unsubscribe"] is duty["List-Unsubscribe-Post"] is None
    assert "/unsubscribe/" not in duty.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: eve@evil.example", "x\nSubject: y", "x\r\n\r\nbody", "x\0y", "x\u2028Bcc: z"]
)
def test_no_text_and_no_address_becomes_a_header(ada, office, mailing, evil):
    words = Words(evil, evil)
    sent = send(
        replace(mailing, open_reminders=True), a_letter(ada.person_id, ada.email, words=words),
        a_letter(ada.person_id, f"ada@prov.example{evil[1:]}"), a_letter(ada.person_id, evil),
    )  # fmt: skip
    assert sent == [OK, GONE, GONE]
    (mail,) = office.mails
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject")) == 1
    assert office.envelopes[0][1] == [ada.email]


@pytest.mark.parametrize(
    "address", ["@", "ada@", "åsa@prov.example", "a b@prov.example", "<a@b.example>", "a@[10.0.0.1]"]
)
def test_an_address_that_is_none_is_known_as_one_that_bounced(ada, bruno, office, mailing, address):
    assert send(mailing, a_letter(ada.person_id, address), a_letter(bruno.person_id, bruno.email)) == [GONE, OK]
    assert bounced() == {ada.person_id}


def test_a_domain_in_our_own_letters_is_written_as_the_network_does(ada, office, mailing):
    assert send(mailing, a_letter(ada.person_id, "ada@mälaren.example")) == [OK]
    assert office.mails[0]["To"] == "ada@xn--mlaren-bua.example"
    assert office.envelopes[0][1] == ["ada@xn--mlaren-bua.example"]


def test_a_batch_takes_one_connection(ada, bruno, carla, office, mailing):
    send(mailing, *(a_letter(one.person_id, one.email) for one in (ada, bruno, carla)))
    assert (len(office.taken), office.connections) == (3, 1)


def test_a_connection_that_the_server_ends_is_opened_again(ada, bruno, office, mailing):
    answers = iter([None, "421 4.7.0 enough for one connection", None])
    office.at_address = lambda _: next(answers)
    sent = send(mailing, a_letter(ada.person_id, ada.email), a_letter(bruno.person_id, bruno.email))
    assert sent == [OK, OK]
    assert office.connections == 2


AT_ADDRESS = {
    "550 5.1.1 no such user": ("gone", None),
    "550 unknown": ("gone", None),
    "553 5.1.3 bad address": ("gone", None),
    "550 5.2.1 mailbox disabled": ("gone", None),
    "552 5.2.2 mailbox full": ("later", "smtp_552"),
    "450 4.2.0 greylisted": ("later", "smtp_450"),
    "550 5.7.1 we do not relay for you": ("refused", "smtp_550"),
    "554 5.7.1 rejected": ("refused", "smtp_554"),
    "554 no": ("refused", "smtp_554"),
}


@pytest.mark.parametrize("answer", AT_ADDRESS)
def test_what_the_server_says_of_an_address_is_told_apart(ada, bruno, office, mailing, answer):
    office.at_address = lambda address: answer if address == ada.email else None
    first, second = send(mailing, a_letter(ada.person_id, ada.email), a_letter(bruno.person_id, bruno.email))
    assert (first.how, first.reason) == AT_ADDRESS[answer]
    assert second == OK
    assert bounced() == ({ada.person_id} if first == GONE else set())


@pytest.mark.parametrize(
    ("answer", "how", "reason"),
    [("451 4.3.0 try later", "later", "smtp_451"), ("554 5.6.0 not like this", "refused", "smtp_554")],
)
def test_what_the_server_says_of_the_message_says_nothing_of_the_person(ada, office, mailing, answer, how, reason):
    office.at_message = lambda _: answer
    (sent,) = send(mailing, a_letter(ada.person_id, ada.email))
    assert (sent.how, sent.reason) == (how, reason)
    assert bounced() == set()


def test_a_server_that_is_down_is_asked_once_a_batch_and_the_letters_wait(ada, bruno, mailing, monkeypatch):
    down = replace(mailing, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    asked = []
    from server.reminders import smtp

    connected = smtp._connected
    monkeypatch.setattr(smtp, "_connected", lambda route: asked.append(route) or connected(route))
    sent = send(down, *(a_letter(one.person_id, one.email) for one in (ada, bruno, ada)))
    assert [(one.how, one.reason) for one in sent] == [("later", "smtp_down")] * 3
    assert len(asked) == 1
    assert bounced() == set()


@pytest.mark.parametrize(("password", "outcome"), [("hemligt/ord", ("ok", None)), ("fel", ("later", "smtp_sign_in"))])
def test_it_signs_in_and_a_wrong_password_loses_nothing(ada, mailing, password, outcome):
    with post_office("hemligt/ord") as office:
        url = f"smtp://rundtur:{password.replace('/', '%2F')}@127.0.0.1:{office.port}"
        (sent,) = send(replace(mailing, smtp_url=url), a_letter(ada.person_id, ada.email))
    assert (sent.how, sent.reason) == outcome


def test_a_server_that_cannot_talk_in_secret_is_told_nothing(ada, office, mailing):
    (sent,) = send(replace(mailing, smtp_url=mailing.smtp_url + "?starttls=1"), a_letter(ada.person_id, ada.email))
    assert (sent.how, office.taken) == ("later", [])


UNFIT = {
    "no mail server": {"smtp_url": "mail.kommun.se"},
    "a port that is none": {"smtp_url": "smtp://mail.kommun.se:mail"},
    "a sender that is none": {"mail_from": "Rundtur"},
    "a sender with two lines": {"mail_from": "Rundtur <a@kommun.se>\nBcc: b@kommun.se"},
    "a placeholder": {"mail_from": "Rundtur <rundtur@example.invalid>"},
    "another placeholder": {"mail_from": "rundtur@kommun.example"},
    "a password in the open": {"smtp_url": "smtp://a:b@mail.kommun.se"},
}


@pytest.mark.parametrize("wrong", UNFIT)
def test_production_does_not_start_with(settings, wrong):
    from server.reminders import mail

    sound = replace(
        settings, environment="production", secret_key="k" * 32, public_url="https://rundtur.kommun.se",
        smtp_url="smtps://a:b@mail.kommun.se", mail_from="Rundtur <rundtur@kommun.se>",
        push_subject="mailto:it@kommun.se",
    )  # fmt: skip
    check(sound)
    mail.check(sound)
    with pytest.raises(Unfit, match="RUNDTUR_"):
        mail.check(replace(sound, **UNFIT[wrong]))


def test_a_placeholder_does_not_matter_where_nothing_is_mailed(settings):
    from server.reminders import mail

    mail.check(replace(settings, environment="production", smtp_url=""))


def test_a_duty_says_what_it_is_about(ada, office, mailing):
    send(mailing, a_duty(ada.person_id, ada.email, "en"))
    assert LEAVING["en"].body in office.mails[0].get_body(("plain",)).get_content()
