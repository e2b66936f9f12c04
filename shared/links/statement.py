"""What both sites sign when they are linked, and the fingerprint that both screens show."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from shared.canonical import canonical_bytes
from shared.contracts.links import LinkStatement
from shared.sealing.keys import BadSignatureLine, PublicKey, Signer, parse_signature

_GROUPS: Final = 5
_GROUP: Final = 4


def statement_bytes(statement: LinkStatement) -> bytes:
    """The canonical JSON that is signed."""
    return canonical_bytes(statement.model_dump(mode="json"))


def fingerprint(statement: LinkStatement) -> str:
    """The first 80 bits of SHA-256 over the statement, as `1a2b-3c4d-5e6f-7081-92a3`; the same on both sides."""
    digits = sha256(statement_bytes(statement)).hexdigest()
    return "-".join(digits[place * _GROUP : (place + 1) * _GROUP] for place in range(_GROUPS))


def sign_statement(statement: LinkStatement, key: Signer) -> str:
    """A signature line."""
    return key.sign(statement_bytes(statement)).line


def is_statement_signed(statement: LinkStatement, line: str, keys: Sequence[PublicKey]) -> bool:
    """Whether one of `keys` signed the statement."""
    try:
        signature = parse_signature(line)
    except BadSignatureLine:
        return False
    return any(key.verifies(signature, statement_bytes(statement)) for key in keys)
