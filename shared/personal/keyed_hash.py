"""Keyed hashes of personal values, to find them again without keeping them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.canonical import canonical_bytes

KeyedHash: TypeAlias = Callable[..., str]
RequestHash: TypeAlias = Callable[[str, bytes], bytes]


def keyed_hash(hash_key: bytes, label: str) -> KeyedHash:
    """HMAC-SHA-256 as hex over the canonical array of the parts, under a key of `label` alone (HKDF-SHA-256).

    Hashes of different labels cannot be compared with each other.
    """
    key = HKDF(hashes.SHA256(), 32, salt=None, info=b"lianjian/keyed-hash/v1/" + label.encode()).derive(hash_key)

    def hashed(*parts: str) -> str:
        return hmac.digest(key, canonical_bytes(list(parts)), "sha256").hex()

    return hashed


def request_hash(hash_key: bytes) -> RequestHash:
    """What stands for a request (its line, its content) in tables that are never emptied.

    Keyed: a request holds names, and whoever reads a table must not be able to try them out.
    """
    hashed = keyed_hash(hash_key, "request")
    return lambda line, content: bytes.fromhex(hashed(line, hashlib.sha256(content).hexdigest()))
