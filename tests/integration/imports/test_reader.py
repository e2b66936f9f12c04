"""Workbooks read in a child process: what is none, or is too much, is said by name."""

import io
import sys
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from shared.ledgers import workbook as reading
from shared.ledgers.cells import Unreadable
from shared.ledgers.workbook import read_workbook
from tests.integration.imports.given import MEETINGS, changed, workbook

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_sheet(sheet_xml: bytes) -> bytes:
    """A good workbook whose sheet is replaced."""
    good = workbook("2024年", MEETINGS)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return packed(parts | {"xl/worksheets/sheet1.xml": sheet_xml})


def sheet(rows: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def blank_rows() -> bytes:
    return with_sheet(sheet("".join(f'<row r="{n}" ht="{n % 97}" s="{n % 7}"/>' for n in range(1, 1_000_001))))


def far_value() -> bytes:
    return with_sheet(sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "not_a_workbook"),
        (lambda: "姓名,支部".encode(), "not_a_workbook"),
        (lambda: packed({"word/document.xml": b"<a/>"}), "not_a_workbook"),
        (lambda: workbook("2024年", MEETINGS)[:2000], "not_a_workbook"),
        (lambda: with_sheet(b"<worksheet><broken"), "not_a_workbook"),
        (lambda: _OLE + bytes(600), "old_format"),
        (lambda: _OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (lambda: packed({"xl/workbook.bin": b"x"}), "old_format"),
        (lambda: packed({"xl/workbook.xml": b"<a/>", "xl/vbaProject.bin": b"x"}), "macros"),
        (lambda: packed({"xl/workbook.xml": b"<a/>", "xl/worksheets/sheet1.xml": bytes(60_000_000)}), "archive_bomb"),
        (lambda: packed({f"xl/{n}.xml": b"" for n in range(1500)}), "archive_bomb"),
        (lambda: bytes(11 * 1024 * 1024), "file_too_large"),
        (far_value, "far_cell"),
        (blank_rows, "too_many_rows"),
    ],
)
async def test_what_is_no_ledger_of_an_office_is_refused_by_name(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        await read_workbook(make())
    assert refused.value.code == code
    assert refused.value.problem != ""
    assert refused.value.expected != ""


async def test_a_value_far_outside_is_named_by_its_cell() -> None:
    with pytest.raises(Unreadable, match="far_cell") as refused:
        await read_workbook(changed(workbook("2024年", MEETINGS), ("XFD1048576", 1)))
    assert "XFD1048576" in refused.value.problem


async def test_a_child_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WALL_CLOCK_SECONDS", 0.0)
    with pytest.raises(Unreadable, match="too_large"):
        await read_workbook(workbook("2024年", MEETINGS))


async def test_a_child_that_dies_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unreadable, match="too_large"):
        await read_workbook(workbook("2024年", MEETINGS))


async def test_cells_come_with_their_kinds() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet("一")
    page.write_row(0, 0, ["文字", 16, 3000.5, True])
    page.write_number(1, 0, 45342, book.add_format({"num_format": "yyyy-mm-dd"}))
    page.write_number(1, 1, 0.375, book.add_format({"num_format": "hh:mm"}))
    page.write_formula(1, 2, "=A1", None, 16)
    page.merge_range(3, 0, 5, 0, "合并")
    page.write_string(4, 1, "下一行")
    book.close()
    (sheet_read,) = await read_workbook(buffer.getvalue())
    read = [cell for row in sheet_read.rows.values() for cell in row.values()]
    kinds = {cell.place: (cell.kind, cell.text) for cell in read}
    assert kinds == {
        "A1": ("text", "文字"),
        "B1": ("number", "16"),
        "C1": ("number", "3000.5"),
        "D1": ("bool", "TRUE"),
        "A2": ("day", "2024-02-20"),
        "B2": ("time", "09:00:00"),
        "C2": ("formula", "=A1"),
        "A4": ("text", "合并"),
        "A5": ("text", "合并"),
        "B5": ("text", "下一行"),
    }
