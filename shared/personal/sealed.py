"""One encrypted value: `{"enc":"A256GCM","key":…,"iv":…,"ct":…}` (design §3).

Associated data are the UTF-8 bytes of `<event_id>/<pointer>`, where the pointer is the RFC 6901 pointer of the field
relative to the event's `data` and keeps its own leading slash: field `name` of event E is bound to `E//name`. The
plaintext is the canonical JSON of the value.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.canonical import canonical_bytes, parse

ALGORITHM: Final = "A256GCM"
KEY_BYTES: Final = 32
_IV_BYTES: Final = 12
_MEMBERS: Final = {"enc", "key", "iv", "ct"}


class Unreadable(ValueError):
    """An encrypted value was changed, moved to another event or field, or is under another key."""


def is_sealed(value: Any) -> bool:
    """Whether a part of stored data is an encrypted value."""
    return isinstance(value, dict) and value.keys() == _MEMBERS and value["enc"] == ALGORITHM


def seal_value(value: Any, key_id: str, key: bytes, event_id: UUID, pointer: str, iv: bytes | None = None) -> Any:
    """`value` encrypted for one field of one event; `iv` is given only by test vectors."""
    iv = os.urandom(_IV_BYTES) if iv is None else iv
    sealed = AESGCM(key).encrypt(iv, canonical_bytes(value), _bound_to(event_id, pointer))
    return {"enc": ALGORITHM, "key": key_id, "iv": b64encode(iv).decode(), "ct": b64encode(sealed).decode()}


def open_value(sealed: dict[str, str], key: bytes, event_id: UUID, pointer: str) -> Any:
    """The value; `Unreadable` names the field and never the contents."""
    try:
        iv, text = b64decode(sealed["iv"], validate=True), b64decode(sealed["ct"], validate=True)
        return parse(AESGCM(key).decrypt(iv, text, _bound_to(event_id, pointer)))
    except (InvalidTag, ValueError) as error:
        raise Unreadable(f"{event_id}{pointer}: the encrypted value does not open under key {sealed['key']}") from error


def _bound_to(event_id: UUID, pointer: str) -> bytes:
    return f"{event_id}/{pointer}".encode()
