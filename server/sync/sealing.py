"""Opening a sealed box: what a phone keeps for somebody who has signed out, readable to this server alone.

P-256 with a key of the box's own, HKDF-SHA256, AES-256-GCM; the ticket lies inside. Whoever holds the phone can hand the
box in or throw it away; they can neither read it, nor change it, nor hand in anything else with it.
"""

import logging
from base64 import urlsafe_b64decode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.foundation.errors import BadRequest
from server.foundation.point_keys import SEALING, ring
from server.protocol.sync import SealedBox

log = logging.getLogger(__name__)
INFO = b"rundtur sealed box 1"


def unsealed(box: SealedBox, data: Path) -> bytes:
    """What lies in the box. Raises BadRequest where it was not sealed to a key of ours, or is not as it was sealed."""
    key = next((one for one in ring(data, SEALING) if one.id == box.key_id), None)
    if key is None:
        raise BadRequest
    private = serialization.load_pem_private_key(key.pem.encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    try:
        point = _bytes(box.point)
        shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
        derived = HKDF(hashes.SHA256(), 32, salt=point + _bytes(key.public), info=INFO).derive(shared)
        return AESGCM(derived).decrypt(_bytes(box.nonce), _bytes(box.text), box.key_id.encode())
    except (ValueError, InvalidTag):
        log.warning("a sealed box is not as it was sealed")
        raise BadRequest from None


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
