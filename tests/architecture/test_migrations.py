"""Migrations are numbered 0001, 0002, … without a gap, and say what they do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, name

FOLDERS = sorted({path.parent for path in ROOT.glob("s*/**/migrations/*.sql")})


def test_the_event_store_has_migrations() -> None:
    assert ROOT / "shared" / "eventstore" / "migrations" in FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_migrations_are_numbered_without_gaps(folder: Path) -> None:
    names = sorted(path.name for path in folder.glob("*.sql"))
    assert [n for n in names if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", n)] == []
    assert [int(n[:4]) for n in names] == list(range(1, len(names) + 1))
