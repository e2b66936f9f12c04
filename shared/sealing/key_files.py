"""The files a service keeps its signing keys in: the first one, and beside it later ones, named by their ids."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Final

from shared.crash import crash_point
from shared.sealing.keys import SEED_BYTES, PublicKey, SigningKey, public_key

FILE: Final = "signing.key"
PUBLIC_FILE: Final = "signing.pub"
LATER: Final = "signing-*.key"
AFTER_KEY_FILE: Final = "keys.after-file"


class KeyFileRefused(Exception):
    """The key file cannot be used as it is; the message says what to do."""


def create_signing_key(directory: Path) -> bool:
    """Make `signing.key` (0600, 32 raw bytes) and `signing.pub` where there is none; False if there was one."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    created = not (directory / FILE).exists()
    if created:
        _write_new(directory / FILE, secrets.token_bytes(SEED_BYTES), 0o600)
    public = directory / PUBLIC_FILE
    if not public.exists():
        _write_new(public, load_signing_key(directory).public.text.encode() + b"\n", 0o644)
    return created


def make_next_key(directory: Path, used: Collection[str]) -> PublicKey:
    """The key that may follow those of the ids `used`: one left over from an attempt before, or a new one."""
    for path in sorted(directory.glob(LATER)):
        left = path.stem.removeprefix("signing-")
        if left not in used:
            return load_signing_key(directory, left).public
    seed = secrets.token_bytes(SEED_BYTES)
    made = SigningKey(seed).public
    _write_new(directory / file_of(made.key_id), seed, 0o600)
    crash_point(AFTER_KEY_FILE)
    return made


def file_of(key_id: str) -> str:
    """The file of a later key."""
    return f"signing-{key_id}.key"


def load_signing_key(directory: Path, key_id: str | None = None) -> SigningKey:
    """The first key, or the later one of `key_id`; raises `KeyFileRefused` if others may read it or it is no key."""
    name = FILE if key_id is None else file_of(key_id)
    try:
        with (directory / name).open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileRefused(f"{name} may be read by others; its mode must be 0600")
            seed = file.read(SEED_BYTES + 1)
    except FileNotFoundError:
        wanted = "the role `migrate` makes it" if key_id is None else "the log names it; bring it back from a backup"
        raise KeyFileRefused(f"{name} is missing; {wanted}") from None
    if len(seed) != SEED_BYTES:
        raise KeyFileRefused(f"{name} does not hold 32 bytes; put the service's own key back")
    key = SigningKey(seed)
    if key_id not in (None, key.public.key_id):
        raise KeyFileRefused(f"{name} holds the key {key.public.key_id}; put the one back that it is named by")
    return key


def load_public_key(directory: Path) -> PublicKey:
    """The public half, as another service of the same site reads it."""
    return public_key((directory / PUBLIC_FILE).read_text("ascii").strip())


def own_public_keys(directory: Path) -> list[PublicKey]:
    """Every key of this service that lies here: the first, and the later ones."""
    later = (path.stem.removeprefix("signing-") for path in sorted(directory.glob(LATER)))
    return [load_public_key(directory), *(load_signing_key(directory, key_id).public for key_id in later)]


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write all or nothing; a file that somebody else made in the meantime stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
