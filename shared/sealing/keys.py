"""Ed25519 keys and the signature line (design §4)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = "ed25519"
SEED_BYTES: Final = 32

_LINE: Final = re.compile(r"([a-z][a-z0-9]{1,15}) ([0-9a-f]{16}) ([A-Za-z0-9+/]{1,400}={0,2})", re.ASCII)


class BadSignatureLine(ValueError):
    """A line that is not `<algorithm> <key-id> <base64>`."""


@dataclass(frozen=True)
class Signature:
    """One signature line, taken apart."""

    algorithm: str
    key_id: str
    value: bytes

    @property
    def line(self) -> str:
        return f"{self.algorithm} {self.key_id} {b64encode(self.value).decode()}"


class PublicKey:
    """Who may have signed; `raw` are 32 bytes."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.key_id = key_id(raw)
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    @property
    def text(self) -> str:
        """The raw bytes as standard base64."""
        return b64encode(self.raw).decode()

    def verifies(self, signature: Signature, signed: bytes) -> bool:
        """True if `signature` is this key's over exactly these bytes."""
        if signature.algorithm != ED25519 or signature.key_id != self.key_id:
            return False
        try:
            self._key.verify(signature.value, signed)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A service's own key, from its 32-byte seed. Never shown, never logged."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(self._key.public_key().public_bytes_raw())
        self.succession: tuple[str, ...] = ()

    def sign(self, signed: bytes) -> Signature:
        return Signature(ED25519, self.public.key_id, self._key.sign(signed))


class Signer(Protocol):
    """Who signs: a key, or the one of several that is in force; `succession` shows how it follows on the first."""

    @property
    def public(self) -> PublicKey: ...

    @property
    def succession(self) -> tuple[str, ...]: ...

    def sign(self, signed: bytes) -> Signature: ...


def key_id(raw: bytes) -> str:
    """The first 16 hex digits of SHA-256 of the raw public key."""
    return sha256(raw).hexdigest()[:16]


def public_key(text: str) -> PublicKey:
    """The key written as base64 of its 32 raw bytes; `ValueError` for anything else."""
    raw = b64decode(text, validate=True)
    if len(raw) != SEED_BYTES:
        raise ValueError(f"public key: {len(raw)} bytes given; 32 are wanted")
    return PublicKey(raw)


def parse_signature(line: str) -> Signature:
    """One signature line without its LF; raises `BadSignatureLine`."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadSignatureLine("a signature line is <algorithm> <key-id of 16 hex digits> <base64>")
    try:
        signature = Signature(match[1], match[2], b64decode(match[3], validate=True))
    except ValueError:
        raise BadSignatureLine("the signature is not base64 with padding") from None
    if signature.line != line:
        raise BadSignatureLine("the signature's base64 has spare bits")
    return signature
