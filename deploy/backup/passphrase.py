"""A key bundle under a passphrase: scrypt, then AES-256-GCM block by block, so that no block can be left out or moved.

The file is `MAGIC`, 16 bytes of salt, and blocks of one byte (1: the last one, else 0), four bytes of length and the
ciphertext. The nonce of a block is its number, the last-block byte its associated data.
"""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from deploy.backup.archive import BLOCK, Damaged
from deploy.cli.running import CannotDo

MAGIC: Final = b"lianjian/keys/v1\n"
SHORTEST: Final = 12
_SALT: Final = 16
_HEAD: Final = struct.Struct(">BI")


def read_passphrase(path: Path) -> bytes:
    """The first line of the file; refuses one that is short."""
    try:
        phrase = path.read_bytes().split(b"\n")[0].strip()
    except OSError as error:
        raise CannotDo(f"--passphrase-file：读不了 {path}（{type(error).__name__}）；应为一个文本文件。") from None
    if len(phrase) < SHORTEST:
        raise CannotDo(f"--passphrase-file：口令只有 {len(phrase)} 个字节；应至少 {SHORTEST} 个。")
    return phrase


class Encrypting(io.RawIOBase):
    """A stream that encrypts what is written into another; `close` ends it and leaves the other open."""

    def __init__(self, stream: IO[bytes], passphrase: bytes) -> None:
        salt = os.urandom(_SALT)
        self._stream = stream
        self._cipher = AESGCM(_key(passphrase, salt))
        self._waiting = bytearray()
        self._number = 0
        stream.write(MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, block: object) -> int:
        data = bytes(memoryview(block))  # type: ignore[arg-type] # whatever holds bytes
        self._waiting += data
        while len(self._waiting) > BLOCK:
            self._put(bytes(self._waiting[:BLOCK]), last=False)
            del self._waiting[:BLOCK]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), last=True)
        super().close()

    def _put(self, block: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), block, bytes([last]))
        self._stream.write(_HEAD.pack(last, len(sealed)) + sealed)
        self._number += 1


def is_encrypted(path: Path) -> bool:
    """Whether a file is a bundle under a passphrase."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def decrypted(path: Path, passphrase: bytes, field: str) -> IO[bytes]:
    """The bundle in clear, in memory alone; refuses a wrong passphrase and a damaged file."""
    plain = io.BytesIO()
    with path.open("rb") as stream:
        stream.seek(len(MAGIC))
        cipher, number, last = AESGCM(_key(passphrase, stream.read(_SALT))), 0, 0
        while not last:
            head = stream.read(_HEAD.size)
            if len(head) < _HEAD.size:
                raise Damaged(path, "不完整", field)
            last, length = _HEAD.unpack(head)
            try:
                plain.write(cipher.decrypt(_nonce(number), stream.read(length), bytes([last])))
            except (InvalidTag, ValueError):
                if number == 0:
                    raise CannotDo(
                        f"--passphrase-file：口令打不开 {path.name}；应为做这份备份时用的口令（或文件已损坏）。", 1
                    ) from None
                raise Damaged(path, f"已损坏（第 {number + 1} 块）", field) from None
            number += 1
    plain.seek(0)
    return plain


def _key(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
