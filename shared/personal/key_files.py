"""The two secret keys of a service that lie in files outside PostgreSQL, readable by nobody else."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

KEK_FILE: Final = "kek.key"
HASH_FILE: Final = "hash.key"
_BYTES: Final = 32


class KeyFileRefused(Exception):
    """A key file is missing, open to others, or not a key; the message says what to do."""


@dataclass(frozen=True)
class KeyEncryptionKey:
    """Wraps the keys of persons and records; `id` names it without telling anything about it."""

    id: str
    key: bytes = field(repr=False)


def make_key_files(key_dir: Path) -> None:
    """Make the files that are missing; existing ones stay as they are."""
    key_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (KEK_FILE, HASH_FILE):
        _make(key_dir / name)


def read_key_encryption_key(key_dir: Path) -> KeyEncryptionKey:
    """The key in `kek.key`; raises `KeyFileRefused`."""
    key = _read(key_dir / KEK_FILE)
    return KeyEncryptionKey(hashlib.sha256(b"lianjian/kek/v1\n" + key).hexdigest()[:16], key)


def read_hash_key(key_dir: Path) -> bytes:
    """The key in `hash.key`, from which keyed hashes are derived; it outlives a change of the other one."""
    return _read(key_dir / HASH_FILE)


def _make(path: Path) -> None:
    # Complete before it has its name: a process killed here leaves no empty key behind.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read(path: Path) -> bytes:
    try:
        with path.open() as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeyFileRefused(f"{path.name} may be read by others; expected mode 0600: chmod 600 {path}")
            text = file.read(1000)
    except FileNotFoundError:
        raise KeyFileRefused(f"{path.name} is missing in {path.parent}; `migrate` makes it on a new site") from None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise KeyFileRefused(f"{path} is not a key; expected {2 * _BYTES} hexadecimal digits")
    return key
