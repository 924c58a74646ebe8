"""Typed codes: 7 Crockford characters and a check character by Luhn mod 32, so that a slip is found on the phone.

Crockford's own check symbol leaves the alphabet; Luhn mod N (ISO/IEC 7812's rule in base N) stays inside it.
The same rule stands in pwa/src/model/typed-code.ts; tests/vectors/typed_code.json ties them.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


def new_code() -> str:
    """A random code: 35 bits, kept on the server and on guides' phones only."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    total, factor = 0, 2
    for character in reversed(body):
        addend = factor * ALPHABET.index(character)
        total += addend // 32 + addend % 32
        factor = 3 - factor
    return ALPHABET[(32 - total % 32) % 32]


_MEANT = str.maketrans("OIL", "011", " -")


def tidy(typed: str) -> str:
    """What was meant: upper case, no spaces or hyphens, O as 0, I and L as 1."""
    return typed.upper().translate(_MEANT)


def is_well_formed(code: str) -> bool:
    return len(code) == LENGTH and all(c in ALPHABET for c in code) and check_character(code[:-1]) == code[-1]
