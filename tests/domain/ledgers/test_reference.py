"""The reference page names every code and every usual heading of the program."""

import re
from pathlib import Path

import pytest

from shared.ledgers.archive import MAX_FILE_BYTES, MAX_UNPACKED_BYTES
from shared.ledgers.columns import LAYOUTS
from shared.ledgers.reader import CPU_SECONDS, MAX_COLUMN, MAX_ROW, MEMORY_BYTES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "ledgers.md").read_text("utf-8")
SOURCES = [
    path
    for folder in ("shared/ledgers", "services/members/imports", "services/activities/imports")
    for path in sorted((ROOT / folder).glob("*.py"))
]
_CODE = re.compile(r'"([a-z]+(?:_[a-z]+)+|encrypted|macros|formula|error|interrupted)"')
_SAID = re.compile(r"(?:Unreadable|RowError|Remark|error|remark)\((?:[^()]|\([^()]*\))*\)", re.DOTALL)


def codes() -> set[str]:
    """Every word in the place of a code: in what is raised, refused or remarked."""
    said = [call for path in SOURCES for call in _SAID.findall(path.read_text("utf-8"))]
    fields = {field for layout in LAYOUTS.values() for field in layout.columns}
    return {code for call in said for code in _CODE.findall(call)} - fields


def test_every_code_is_on_the_page() -> None:
    found = codes()
    assert {"unknown_branch", "archive_bomb", "person_outside_roster"} <= found
    assert [code for code in sorted(found) if f"`{code}`" not in PAGE] == []


@pytest.mark.parametrize("kind", list(LAYOUTS))
def test_every_column_is_on_the_page(kind: str) -> None:
    layout = LAYOUTS[kind]  # type: ignore[index] # one of its keys
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {layout.name} |")]
    assert [layout.heading(field) for field in layout.columns if layout.heading(field) not in line] == []


def test_the_limits_are_those_of_the_program() -> None:
    mib = 1024 * 1024
    limits = (MAX_FILE_BYTES // mib, MAX_UNPACKED_BYTES // mib, MAX_ROW, MAX_COLUMN, MEMORY_BYTES // mib, CPU_SECONDS)
    assert limits == (10, 100, 20_000, 200, 768, 20)
    assert "10 MB, 100 MB unpacked, 20,000 rows, 200 columns" in PAGE
    assert "768 MiB of memory and 20 s" in PAGE
