"""What a file is before anything parses it: a workbook, or something else, said by name."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from shared.ledgers.cells import Unreadable

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 100 * 1024 * 1024
MAX_RATIO: Final = 200
MAX_ENTRIES: Final = 1_000
_RATIO_MATTERS_FROM: Final = 1024 * 1024
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_XLSX: Final = "Excel 工作簿(.xlsx)"


def check_archive(data: bytes) -> None:
    """Raise `Unreadable` unless `data` looks like an .xlsx of reasonable size; nothing is unpacked for it."""
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable("file_too_large", f"文件有 {len(data) // 1024 // 1024} MB", "不超过 10 MB 的台账文件")
    if data[:8] == _OLE:
        raise _old_or_encrypted(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Unreadable(
            "not_a_workbook", "文件不是 Excel 工作簿，或已损坏", f"{_XLSX}，能用 Excel 或 WPS 打开"
        ) from None


def _old_or_encrypted(data: bytes) -> Unreadable:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Unreadable("encrypted", "工作簿设有打开密码", "取消密码后另存的 " + _XLSX)
    return Unreadable("old_format", "文件是旧格式(.xls、.et 或其他)", f"在 Excel 或 WPS 中另存为 {_XLSX}")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise Unreadable(
            "archive_bomb", f"压缩包内有 {len(entries)} 个部件", f"台账工作簿，部件不超过 {MAX_ENTRIES} 个"
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unreadable("encrypted", "压缩包设有密码", "不设密码的 " + _XLSX)
    _check_sizes(entries)
    _check_parts({entry.filename.lower() for entry in entries})


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    expected = f"展开后不超过 {MAX_UNPACKED_BYTES // 1024 // 1024} MB；请删除多余的空白行、空白列后另存"
    if unpacked > MAX_UNPACKED_BYTES:
        raise Unreadable("archive_bomb", f"文件展开后有 {unpacked // 1024 // 1024} MB", expected)
    for entry in entries:
        if entry.file_size > _RATIO_MATTERS_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise Unreadable("archive_bomb", f"部件 {entry.filename} 的压缩比超过 {MAX_RATIO} 倍", expected)


def _check_parts(names: set[str]) -> None:
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Unreadable("macros", "工作簿含有宏", "另存为不含宏的 " + _XLSX)
    if "xl/workbook.bin" in names:
        raise Unreadable("old_format", "文件是二进制工作簿(.xlsb)", "另存为 " + _XLSX)
    if "xl/workbook.xml" not in names:
        raise Unreadable("not_a_workbook", "压缩包内没有工作簿", _XLSX)
