"""Which ledger a file is, to know which service takes it and in which order files go in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.ledgers.columns import LAYOUTS, SERVICE_OF, LedgerKind
from shared.ledgers.recognise import recognise
from shared.ledgers.workbook import read_workbook

IN_ORDER: Final[tuple[LedgerKind, ...]] = (
    *("member_roster", "meeting_records", "theme_days"),
    *("joint_agreements", "joint_activities", "brands"),
)
"""The roster first: the others name its branches, groups and people; agreements before what happens under them."""


@dataclass(frozen=True)
class Sorted:
    """What a file is: its ledger, the service that takes it, the year of its title."""

    kind: LedgerKind
    name: str
    service: str
    year: int


async def sort_workbook(data: bytes) -> Sorted:
    """What a file is; raises `Unreadable` or `Refused` as an import would."""
    ledger = recognise(await read_workbook(data))
    return Sorted(ledger.kind, LAYOUTS[ledger.kind].name, SERVICE_OF[ledger.kind], ledger.year)


def place(kind: LedgerKind) -> int:
    """The place of a kind in the order of import."""
    return IN_ORDER.index(kind)
