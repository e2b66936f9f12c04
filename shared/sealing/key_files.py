"""The file a service keeps its signing key in."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from shared.sealing.keys import SEED_BYTES, PublicKey, SigningKey, public_key

FILE: Final = "signing.key"
PUBLIC_FILE: Final = "signing.pub"


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


def load_signing_key(directory: Path) -> SigningKey:
    """The key in `signing.key`; raises `KeyFileRefused` if others may read it or it is no key."""
    path = directory / FILE
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFileRefused(f"{FILE} may be read by others; its mode must be 0600")
            seed = file.read(SEED_BYTES + 1)
    except FileNotFoundError:
        raise KeyFileRefused(f"{FILE} is missing; the role `migrate` makes it") from None
    if len(seed) != SEED_BYTES:
        raise KeyFileRefused(f"{FILE} does not hold 32 bytes; put the service's own key back")
    return SigningKey(seed)


def load_public_key(directory: Path) -> PublicKey:
    """The public half, as another service of the same site reads it."""
    return public_key((directory / PUBLIC_FILE).read_text("ascii").strip())


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
