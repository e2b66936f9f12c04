"""Decision records are half a page and name the check that guards them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, name

RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_records_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=name)
def test_a_record_is_half_a_page_and_names_an_existing_check(record: Path) -> None:
    text = record.read_text("utf-8")
    assert len(text.splitlines()) <= 40
    checks = re.findall(r"`((?:tests|deploy|shared|services)/[\w./-]+\.(?:py|sql|toml))", text) + re.findall(
        r"`(pyproject\.toml)`", text
    )
    assert checks, "names no check"
    assert [check for check in checks if not (ROOT / check).exists()] == []
