"""Names of keys that tell nothing about them: a file of a backup says by them which keys it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from shared.personal.key_files import HASH_FILE
from shared.sealing.key_files import FILE, PUBLIC_FILE


def hash_key_id(key: bytes) -> str:
    """Names the key of keyed hashes without telling anything about it; it stays the same for a court's whole life."""
    return hashlib.sha256(b"lianjian/hash-key/v1\n" + key).hexdigest()[:16]


def kek_ids(files: Mapping[str, bytes]) -> set[str]:
    """The ids of the key-encryption keys among a service's key files."""
    return set(keks(files))


def keks(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The key-encryption keys among a service's key files, by id."""
    found = {}
    for name, content in files.items():
        if name not in (HASH_FILE, FILE, PUBLIC_FILE):
            try:
                key = bytes.fromhex(content.decode("ascii"))
            except ValueError:
                continue
            found[hashlib.sha256(b"lianjian/kek/v1\n" + key).hexdigest()[:16]] = key
    return found
