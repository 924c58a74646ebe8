"""What we send and what phones open is what the standards say, letter by letter."""

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.push_service import to_bytes, to_text

# RFC 8291, appendix A
TEXT = b"When I grow up, I want to be a watermelon"
AUTH = to_bytes("BTBZMqHH6r4Tts7J_aSIgg")
SALT = to_bytes("DGv6ra1nlYgDCS1FRnbzlw")
PHONE = ec.derive_private_key(int.from_bytes(to_bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")), ec.SECP256R1())
PHONE_PUBLIC = to_bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
SERVER = ec.derive_private_key(int.from_bytes(to_bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1())
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_message_to_a_phone_is_that_of_rfc_8291():
    made = http_ece.encrypt(TEXT, salt=SALT, private_key=SERVER, dh=PHONE_PUBLIC, auth_secret=AUTH, version="aes128gcm")
    assert to_text(made) == BODY


def test_the_phone_of_rfc_8291_reads_it():
    assert http_ece.decrypt(to_bytes(BODY), private_key=PHONE, auth_secret=AUTH, version="aes128gcm") == TEXT


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg", "yqdlZ-tYemfogSmv7Ws5PQ"),
        (
            "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA",
            "BO3ZVPxUlnLORbVGMpbT1Q",
        ),
    ],
    ids=["section 3.1, one record", "section 3.2, two records"],
)
def test_the_bodies_of_rfc_8188_are_read(body, key):
    assert http_ece.decrypt(to_bytes(body), key=to_bytes(key), version="aes128gcm") == b"I am the walrus"


@pytest.mark.parametrize("at", [0, 20, 30, 90, -17, -1], ids=["salt", "length", "key", "text", "text's end", "tag"])
def test_a_body_that_was_tampered_with_is_not_read(at):
    body = bytearray(to_bytes(BODY))
    body[at] ^= 1
    with pytest.raises((http_ece.ECEException, ValueError)):
        http_ece.decrypt(bytes(body), private_key=PHONE, auth_secret=AUTH, version="aes128gcm")


def test_a_body_that_was_cut_is_not_read():
    with pytest.raises(http_ece.ECEException):
        http_ece.decrypt(to_bytes(BODY)[:-1], private_key=PHONE, auth_secret=AUTH, version="aes128gcm")
