"""Keyed hashes of personal values, to find them again without keeping them."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.canonical import canonical_bytes

KeyedHash: TypeAlias = Callable[..., str]


def keyed_hash(hash_key: bytes, label: str) -> KeyedHash:
    """HMAC-SHA-256 as hex over the canonical array of the parts, under a key of `label` alone (HKDF-SHA-256).

    Hashes of different labels cannot be compared with each other.
    """
    key = HKDF(hashes.SHA256(), 32, salt=None, info=b"lianjian/keyed-hash/v1/" + label.encode()).derive(hash_key)

    def hashed(*parts: str) -> str:
        return hmac.digest(key, canonical_bytes(list(parts)), "sha256").hex()

    return hashed
