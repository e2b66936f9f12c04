"""Exporting a ledger: which rows, from which service, as which file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from shared.ledgers.columns import LAYOUTS, LedgerKind
from shared.ledgers.writing import Cells, write_workbook
from shared.meta import Actor

Export = Callable[[Actor, int, frozenset[str]], Awaitable[Sequence[Cells]]]
"""The rows of a year, under the rights of who exports, with these columns that are otherwise left out."""

Note = Callable[[Actor, Sequence[Cells]], Awaitable[None]]

log = structlog.get_logger()


@dataclass(frozen=True)
class Exporting:
    """What exports need of their service: the ledgers it owns, and how it writes down who read extra columns."""

    court: str
    by_kind: dict[LedgerKind, Export] = field(default_factory=dict)
    note: Note | None = None


@dataclass(frozen=True)
class Exported:
    """A workbook and what it holds."""

    filename: str
    data: bytes
    rows: int


async def export(
    exporting: Exporting, kind: LedgerKind, year: int, actor: Actor, extra: frozenset[str], at: datetime
) -> Exported:
    """The ledger of a year as a workbook; who took it out, and which, goes to the log."""
    rows = await exporting.by_kind[kind](actor, year, extra)
    if extra and exporting.note is not None:
        await exporting.note(actor, rows)
    printed = f"{actor.subject} 导出于 {at:%Y-%m-%d %H:%M}".replace("&", "&&")
    data = await asyncio.to_thread(write_workbook, kind, exporting.court, year, rows, printed)
    log.info("ledger_exported", ledger=kind, year=year, rows=len(rows), by=actor.subject, extra=sorted(extra))
    return Exported(f"{LAYOUTS[kind].name}.xlsx", data, len(rows))
