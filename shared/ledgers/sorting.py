"""Which ledger a file is, to know which service takes it and in which order files go in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.ledgers.columns import LAYOUTS, SERVICE_OF, LedgerKind
from shared.ledgers.recognise import not_yet_of, recognise
from shared.ledgers.workbook import read_workbook

IN_ORDER: Final[tuple[LedgerKind, ...]] = ("member_roster", "meeting_records", "theme_days")
"""The roster first: the others name its branches, groups and people."""


@dataclass(frozen=True)
class Sorted:
    """`kind` and `service` are None for a ledger that is known but cannot be imported yet."""

    kind: LedgerKind | None
    name: str
    service: str | None
    year: int | None


async def sort_workbook(data: bytes) -> Sorted:
    """What a file is; raises `Unreadable` or `Refused` as an import would."""
    sheets = await read_workbook(data)
    if (name := not_yet_of(sheets)) is not None:
        return Sorted(None, name, None, None)
    ledger = recognise(sheets)
    return Sorted(ledger.kind, LAYOUTS[ledger.kind].name, SERVICE_OF[ledger.kind], ledger.year)


def place(kind: LedgerKind | None) -> int:
    """The place of a kind in the order of import."""
    return len(IN_ORDER) if kind is None else IN_ORDER.index(kind)
