"""What mail servers write in words of their own: read where they give our own mail back, and nowhere else."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.reminders import reports

from .reports import heads, of_exim, of_qmail, report

ID, MAC = "01900000-0000-7000-8000-000000000042", "a" * 32
FORMS = {"qmail": of_qmail, "exim": of_exim, "standard": report}


@pytest.fixture
def mail():
    made = EmailMessage()
    made["To"], made["Subject"], made["Message-ID"] = (
        "ada@prov.example",
        "En påminnelse",
        f"<{ID}.{MAC}@kommun.example>",
    )
    made.set_content("Hygien väntar på dig.")
    return made


@pytest.mark.parametrize("raw", [
    lambda mail: of_qmail(mail),
    lambda mail: of_qmail(mail).replace(b"\n", b"\r\n"),
    lambda mail: of_qmail(mail, head="Return-Path: <>\n"),
    lambda mail: of_qmail(mail, "192.0.2.25 does not like recipient.\nRemote host said: 550 5.1.1 <ada@x>: no\nGiving up."),
    lambda mail: of_exim(mail),
    lambda mail: of_exim(mail, whole=False),
])  # fmt: skip
def test_a_report_in_words_is_read_by_the_copy_of_our_mail(mail, raw):
    assert reports.read(raw(mail)) == (ID, MAC, "5.1.1")


@pytest.mark.parametrize("form", ["qmail", "exim"])
@pytest.mark.parametrize(("said", "status", "is_gone"), [
    ("550 No such user here", "5.1.1", True),
    ("553 sorry, that domain isn't allowed", "5.1.3", True),
    ("552 mailbox is full", "5.2.2", False),
    ("554 we do not like you", "unknown", False),
    ("550 5.7.1 rejected as spam", "5.7.1", False),
    ("452 4.2.2 over quota, given up", "4.2.2", False),
    ("421 go away", "unknown", False),
    ("it did not work", "unknown", False),
    ("mx5.1.1.7 and 10.5.1.1 and version 4.96.1 are no codes", "unknown", False),
])  # fmt: skip
def test_what_the_other_server_said_is_read_as_when_it_says_it_to_ourselves(mail, form, said, status, is_gone):
    assert reports.read(FORMS[form](mail, said)) == (ID, MAC, status)
    assert reports.is_gone(status) is is_gone


def test_a_mark_that_stands_in_words_and_not_in_the_copy_of_our_mail_proves_nothing(mail):
    mark = str(mail["Message-ID"])
    del mail["Message-ID"]
    for said in (f"550 5.1.1 {mark}", f"Message-ID: {mark}\n550 5.1.1 no"):
        assert reports.read(of_qmail(mail, said)) == ("", "", "5.1.1")
        assert reports.read(of_exim(mail, said)) == ("", "", "5.1.1")


def test_an_address_out_of_the_text_names_nobody(mail):
    del mail["Message-ID"]
    for form in (of_qmail, of_exim):
        found = reports.read(form(mail))
        assert found is not None
        assert "ada" not in "".join(str(one) for one in found)


@pytest.mark.parametrize("raw", [
    lambda mail: f"Subject: Frånvaro\nIn-Reply-To: {mail['Message-ID']}\n\nJag är ledig.\n\n--- \n{heads(mail)}".encode(),
    lambda mail: of_qmail(mail, head="Return-Path: <bruno@kommun.example>\n"),
    lambda mail: of_exim(mail, head="Return-Path: <bruno@kommun.example>\n"),
    lambda mail: of_qmail(mail).replace(b"Hi. This is the ", b"Hej! "),
    lambda mail: of_qmail(mail).replace(b"<ada@prov.example>:", b"Ada:"),
    lambda mail: of_exim(mail).replace(b"X-Failed-Recipients", b"X-Other"),
])  # fmt: skip
def test_who_answers_has_sent_no_report(mail, raw):
    assert reports.read(raw(mail)) is None


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 2000), st.binary(max_size=40))
def test_a_report_that_was_tampered_with_is_read_or_refused_and_never_an_error(form, at, bytes_):
    mail = EmailMessage()
    mail["To"], mail["Message-ID"] = "a@b.example", f"<{ID}.{MAC}@kommun.example>"
    raw = FORMS[form](mail)
    reports.read(raw[:at] + bytes_ + raw[at + len(bytes_) :])
