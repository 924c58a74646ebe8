"""A phone that seals: tickets, and boxes made as the app makes them, without a line of the product's code for it."""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from werkzeug.test import TestResponse

from server.foundation import clock
from tests.cast import HEADERS, Phone

Ticket = dict[str, str]
Box = dict[str, Any]


def to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def ticket_of(phone: Phone) -> Ticket:
    """What the phone is given while its person is signed in."""
    asked = {"device_id": phone.device_id, "label": "test", "wants_ticket": True}
    given: Ticket = phone.actor.post("/api/devices", asked).get_json()["ticket"]
    return given


def contents(phone: Phone, ticket: Ticket, operations: list[Any], **other: Any) -> dict[str, Any]:
    return {
        "ticket": ticket["secret"], "person_id": phone.actor.person_id, "device_id": phone.device_id,
        "app_version": "test", "operations": operations,
    } | other  # fmt: skip


def sealed(inside: Any, ticket: Ticket, sent_at: str | None = None) -> Box:
    own, theirs = ec.generate_private_key(ec.SECP256R1()), to_bytes(ticket["key"])
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    key = HKDF(hashes.SHA256(), 32, salt=point + theirs, info=b"rundtur sealed box 1").derive(shared)
    nonce = os.urandom(12)
    text = AESGCM(key).encrypt(nonce, json.dumps(inside).encode(), ticket["key_id"].encode())
    return {
        "protocol": 1, "sent_at": sent_at or clock.wire(clock.now()), "key_id": ticket["key_id"],
        "point": to_text(point), "nonce": to_text(nonce), "text": to_text(text),
    }  # fmt: skip


def hand_in(app: Flask, box: Any) -> TestResponse:
    """From a phone that nobody is signed in on."""
    return app.test_client().post("/api/sync/sealed", json=box, headers=HEADERS)


def push(app: Flask, ticket: str, envelope: Any) -> TestResponse:
    return app.test_client().post("/api/sync", json=envelope, headers=HEADERS | {"Authorization": f"Ticket {ticket}"})
