"""The two secret keys of a service that lie in files outside PostgreSQL, readable by nobody else.

`kek.key` is the key-encryption key in force. While it is being changed, the former one lies beside it as
`kek-<id>.key`, until nothing is wrapped by it any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

KEK_FILE: Final = "kek.key"
HASH_FILE: Final = "hash.key"
FORMER_FILES: Final = "kek-*.key"
_BYTES: Final = 32


class KeyFileRefused(Exception):
    """A key file is missing, open to others, or not a key; the message says what to do."""


class WrongKeyEncryptionKey(Exception):
    """A key in a table is wrapped by a key-encryption key that no file holds."""


@dataclass(frozen=True)
class KeyEncryptionKey:
    """Wraps the keys of persons and records; `id` names it without telling anything about it."""

    id: str
    key: bytes = field(repr=False)
    folder: Path | None = field(default=None, repr=False, compare=False)


def make_key_files(key_dir: Path) -> None:
    """Make the files that are missing; existing ones stay as they are."""
    key_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (KEK_FILE, HASH_FILE):
        _make(key_dir / name)


def read_key_encryption_key(key_dir: Path) -> KeyEncryptionKey:
    """The key in `kek.key`; raises `KeyFileRefused`."""
    return _kek(key_dir / KEK_FILE)


def key_encryption_keys(key_dir: Path) -> dict[str, KeyEncryptionKey]:
    """The one in force and those that are being replaced, by id."""
    found = [_kek(path) for path in (key_dir / KEK_FILE, *sorted(key_dir.glob(FORMER_FILES)))]
    return {kek.id: kek for kek in found}


def former_at_hand(key_dir: Path) -> bool:
    """Whether a change of the key was begun and is not over."""
    return any(key_dir.glob(FORMER_FILES))


def in_force(kek: KeyEncryptionKey) -> KeyEncryptionKey:
    """What `kek.key` holds now, where `kek` was read from a folder."""
    return kek if kek.folder is None else read_key_encryption_key(kek.folder)


def at_hand(kek: KeyEncryptionKey) -> list[KeyEncryptionKey]:
    """All keys of the folder from which `kek` was read, the one in force first."""
    return [kek] if kek.folder is None else list(key_encryption_keys(kek.folder).values())


def unwrapping(kek: KeyEncryptionKey, kek_id: str) -> KeyEncryptionKey:
    """The key of that id: `kek`, or another of its folder; raises `WrongKeyEncryptionKey`."""
    for one in (kek, *at_hand(kek)):
        if one.id == kek_id:
            return one
    raise WrongKeyEncryptionKey(f"wrapped by {kek_id}, which no file of this service holds")


def replace_key_encryption_key(key_dir: Path) -> KeyEncryptionKey:
    """Put a new key in force; the former one stays beside it. A process killed here leaves one or the other."""
    former = read_key_encryption_key(key_dir)
    put_aside = key_dir / f"kek-{former.id}.key"
    if not put_aside.exists():
        os.link(key_dir / KEK_FILE, put_aside)
    draft = _draft(key_dir / KEK_FILE)
    draft.replace(key_dir / KEK_FILE)
    return read_key_encryption_key(key_dir)


def destroy_former(key_dir: Path, kek_id: str) -> None:
    """Overwrite and remove a former key. Copies that a file system or a backup of the disk keeps are not reached."""
    path = key_dir / f"kek-{kek_id}.key"
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(secrets.token_hex(_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def read_hash_key(key_dir: Path) -> bytes:
    """The key in `hash.key`, from which keyed hashes are derived; it outlives a change of the other one."""
    return _read(key_dir / HASH_FILE)


def _kek(path: Path) -> KeyEncryptionKey:
    key = _read(path)
    return KeyEncryptionKey(hashlib.sha256(b"lianjian/kek/v1\n" + key).hexdigest()[:16], key, path.parent)


def _make(path: Path) -> None:
    draft = _draft(path)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(path: Path) -> Path:
    """A new key in a file beside `path`: complete before it has its name, so that no kill leaves an empty one."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft


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
