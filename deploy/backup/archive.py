"""A file of a backup: a zip whose last entry is the manifest; complete under its name, or not there at all."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pydantic import ValidationError

from deploy.backup.manifest import Kind, Manifest
from deploy.cli.running import CannotDo

MANIFEST: Final = "manifest.json"
_ZLIB_ERROR: Final = zlib.error
BLOCK: Final = 1024 * 1024


class Damaged(CannotDo):
    """A file that is not, or no longer, what a backup wrote."""

    def __init__(self, path: Path, problem: str, field: str) -> None:
        super().__init__(f"{field}：{path.name} {problem}；应为 lianjian backup 写出的完整文件，请换一份再试。", 1)


class Writer:
    """Puts files into an archive and remembers their checksums."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.checksums: dict[str, str] = {}

    @contextmanager
    def file(self, name: str) -> Iterator[Entry]:
        with self._archive.open(name, "w", force_zip64=True) as stream:
            entry = Entry(stream)
            yield entry
        self.checksums[name] = entry.digest.hexdigest()

    def put(self, name: str, content: bytes) -> None:
        with self.file(name) as entry:
            entry.write(content)

    def end(self, manifest: Manifest) -> None:
        self._archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))


class Entry:
    """One file under way into an archive."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, block: bytes) -> None:
        self.digest.update(block)
        self._stream.write(block)


@contextmanager
def written(stream: IO[bytes]) -> Iterator[Writer]:
    """An archive written into `stream`, which need not be seekable."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        yield Writer(archive)


@contextmanager
def draft(path: Path) -> Iterator[IO[bytes]]:
    """A new 0600 file beside `path`; the caller gives it its name when all is well, else it is gone."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


class Archive:
    """An archive that is open for reading, its manifest checked."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest, field: str) -> None:
        self.path = path
        self.manifest = manifest
        self._archive = archive
        self.field = field

    def blocks(self, name: str) -> Iterator[bytes]:
        """The content of a file in blocks; raises `Damaged` where it is not the one that was written."""
        digest = hashlib.sha256()
        try:
            with self._archive.open(name) as stream:
                while block := stream.read(BLOCK):
                    digest.update(block)
                    yield block
        except (KeyError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError, ValueError, _ZLIB_ERROR) as error:
            raise Damaged(self.path, f"已损坏（{name}：{type(error).__name__}）", self.field) from None
        if digest.hexdigest() != self.manifest.checksums.get(name):
            raise Damaged(self.path, f"已损坏（{name} 的校验值不符）", self.field)

    def content(self, name: str) -> bytes:
        return b"".join(self.blocks(name))

    def check(self) -> None:
        """Read everything once; raises `Damaged`."""
        for name in self.manifest.checksums:
            for _ in self.blocks(name):
                pass


@contextmanager
def opened(path: Path, kind: Kind, field: str, stream: IO[bytes] | None = None) -> Iterator[Archive]:
    """The archive in `path` (or in `stream`, where it had to be decrypted first); raises `Damaged`."""
    try:
        archive = zipfile.ZipFile(path if stream is None else stream)
    except FileNotFoundError:
        raise CannotDo(f"{field}：没有文件 {path}；应为 lianjian backup 写出的文件。", 1) from None
    except (OSError, zipfile.BadZipFile) as error:
        raise Damaged(path, f"打不开（{type(error).__name__}）", field) from None
    with archive:
        yield Archive(path, archive, _manifest(path, archive, kind, field), field)


def _manifest(path: Path, archive: zipfile.ZipFile, kind: Kind, field: str) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except (KeyError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError, _ZLIB_ERROR):
        raise Damaged(path, "没有可读的清单 manifest.json", field) from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise Damaged(path, f"的清单不合格式（{where}）", field) from None
    if manifest.kind != kind:
        names = {"data": "数据文件（…-data.zip）", "keys": "密钥包（…-keys.zip 或 …-keys.enc）"}
        raise CannotDo(f"{field}：{path.name} 是{names[manifest.kind]}；应为{names[kind]}。", 1)
    return manifest
