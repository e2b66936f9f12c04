"""The signed note about a run: `lianjian/seal/v1` (design §4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.sealing.keys import PublicKey, Signature, Signer, parse_signature
from shared.sealing.origin import Origin, parse_origin

FORMAT: Final = "lianjian/seal/v1"
MAX_SIGNATURES: Final = 16

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)


class BadNote(ValueError):
    """The text is no note; `field` names the first line that is wrong."""

    def __init__(self, field: str, wanted: str) -> None:
        super().__init__(f"note, {field}: {wanted}")
        self.field = field


@dataclass(frozen=True)
class Seal:
    """Positions `first` to `last` of an origin take its root from `previous_root` to `root`."""

    origin: Origin
    first: int
    last: int
    previous_root: bytes
    root: bytes
    sealed_at: str

    @property
    def signed(self) -> bytes:
        """The bytes that are signed: every line up to and including the empty one."""
        lines = (
            FORMAT,
            self.origin.text,
            str(self.first),
            str(self.last),
            self.previous_root.hex(),
            self.root.hex(),
            self.sealed_at,
            "",
        )
        return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True)
class Note:
    """A seal and the signatures under it."""

    seal: Seal
    signatures: tuple[Signature, ...]

    @property
    def text(self) -> str:
        return self.seal.signed.decode() + "".join(f"{signature.line}\n" for signature in self.signatures)

    def is_signed_by(self, keys: Iterable[PublicKey]) -> bool:
        """True if one of the signatures is by one of `keys`."""
        signed = self.seal.signed
        return any(key.verifies(signature, signed) for key in keys for signature in self.signatures)


def sealed(seal: Seal, keys: Sequence[Signer]) -> Note:
    """The note of `seal`, one signature line for each key."""
    signed = seal.signed
    return Note(seal, tuple(key.sign(signed) for key in keys))


def parse_note(text: str) -> Note:
    """The note that `text` is, byte for byte; raises `BadNote`."""
    lines = text.split("\n")
    if len(lines) < 10 or lines[-1]:
        raise BadNote("lines", "seven lines, an empty line and at least one signature, each ended by LF")
    if lines[0] != FORMAT:
        raise BadNote("format", f"{FORMAT} is wanted")
    if lines[7]:
        raise BadNote("empty line", "the eighth line is empty")
    first, last = _number("first", lines[2]), _number("last", lines[3])
    if last < first:
        raise BadNote("last", "it is not before first")
    if not _TIME.fullmatch(lines[6]):
        raise BadNote("time", "2024-02-20T01:30:00.123456Z is the form")
    try:
        datetime.fromisoformat(lines[6])
    except ValueError:
        raise BadNote("time", "a day and an hour that exist are wanted") from None
    seal = Seal(_origin(lines[1]), first, last, _hash("previous root", lines[4]), _hash("root", lines[5]), lines[6])
    return Note(seal, _signatures(lines[8:-1]))


def _signatures(lines: Sequence[str]) -> tuple[Signature, ...]:
    if len(lines) > MAX_SIGNATURES:
        raise BadNote("signatures", f"at most {MAX_SIGNATURES} are allowed")
    try:
        return tuple(parse_signature(line) for line in lines)
    except ValueError as error:
        raise BadNote("signatures", str(error)) from None


def _origin(line: str) -> Origin:
    try:
        return parse_origin(line)
    except ValueError as error:
        raise BadNote("origin", str(error)) from None


def _number(field: str, line: str) -> int:
    if not _NUMBER.fullmatch(line) or int(line) > 2**53 - 1:
        raise BadNote(field, "a position from 1, without leading zeros")
    return int(line)


def _hash(field: str, line: str) -> bytes:
    if not _HASH.fullmatch(line):
        raise BadNote(field, "64 lower-case hex digits")
    return bytes.fromhex(line)
