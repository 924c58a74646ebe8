"""What mail servers report of a mail that they could not deliver, written after the public descriptions."""

from email.message import EmailMessage


def report(mail: EmailMessage, status: str = "5.1.1", action: str = "failed", whole: bool = True) -> bytes:
    """What a mail server reports of this mail, as Postfix and Exchange write it (RFC 3464)."""
    kind, inside = ("message/rfc822", mail.as_string()) if whole else ("text/rfc822-headers", heads(mail))
    head = (
        "From: MAILER-DAEMON@mx.example\nTo: rundtur@kommun.example\nSubject: Undelivered Mail Returned to Sender\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n boundary="x"\n'
    )
    parts = (
        "Content-Type: text/plain\n\nI'm sorry to have to inform you.\n",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {mail['To']}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 no\n",
        f"Content-Type: {kind}\n\n{inside}",
    )
    return "\n--x\n".join([head, *parts, ""]).removesuffix("--x\n").encode() + b"--x--\n"


def heads(mail: EmailMessage) -> str:
    return "".join(f"{name}: {value}\n" for name, value in mail.items())


def of_qmail(mail: EmailMessage, said: str = "Sorry, no mailbox here by that name. (#5.1.1)", head: str = "") -> bytes:
    """What qmail-send writes (QSBMF): words, a line, and the mail as it was."""
    return (
        f"{head}Date: 24 Nov 2026 09:00:00 -0000\nFrom: MAILER-DAEMON@mx.example\nTo: rundtur@kommun.example\n"
        "Subject: failure notice\n\n"
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{mail['To']}>:\n{said}\n\n"
        "--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <rundtur@kommun.example>\nReceived: (qmail 123 invoked by uid 7)\n{mail.as_string()}"
    ).encode()


def of_exim(mail: EmailMessage, said: str = "550 5.1.1 unknown user", head: str = "", whole: bool = True) -> bytes:
    """What Exim writes, and gateways that are made of it."""
    copy = "a copy of the message, including all the headers" if whole else "a copy of the message's headers"
    return (
        f"{head}X-Failed-Recipients: {mail['To']}\nAuto-Submitted: auto-replied\n"
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\nTo: rundtur@kommun.example\n"
        "Subject: Mail delivery failed: returning message to sender\n\n"
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {mail['To']}\n    host mx.prov.example [192.0.2.25]\n    after RCPT TO:\n    {said}\n\n"
        f"------ This is {copy}. ------\n\n"
        f"Return-path: <rundtur@kommun.example>\n{mail.as_string() if whole else heads(mail)}"
    ).encode()
