"""Rows of an exported ledger that say what is recorded already: nothing has to be read or decided for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from shared.ledgers.cells import Cell
from shared.ledgers.columns import LAYOUTS
from shared.ledgers.recognise import Ledger, Row
from shared.ledgers.words import tidy
from shared.ledgers.writing import Cells, Out

_ABOUT_THE_ROW: Final = frozenset({"index", "record_id"})


def has_ids(ledger: Ledger) -> bool:
    """Whether a row names its record, as exported ones do."""
    return any("record_id" in row.cells for row in ledger.rows)


def nothing_new(ledger: Ledger) -> bool:
    """Whether the rows of a compared ledger are those that an export would write now, none edited, none left out."""
    return not ledger.rows and bool(ledger.kept) and ledger.kept == ledger.recorded


def compare(ledger: Ledger, recorded: Sequence[Cells]) -> Ledger:
    """Leave out each row whose cells are those that an export would write now for the record it names."""
    by_id = {str(cells["record_id"]): cells for cells in recorded}
    kept: set[str] = set()
    rest: list[Row] = []
    for row in ledger.rows:
        record_id = row.text("record_id") or ""
        cells = by_id.get(record_id)
        if cells is not None and record_id not in kept and _says(ledger, row, cells):
            kept.add(record_id)
        else:
            rest.append(row)
    if ledger.kind == "member_roster" and (rest or kept != by_id.keys()):
        # Branches and groups follow from all rows of a roster together.
        return replace(ledger, recorded=frozenset(by_id))
    return replace(ledger, rows=tuple(rest), recorded=frozenset(by_id), kept=frozenset(kept))


def _says(ledger: Ledger, row: Row, cells: Cells) -> bool:
    return all(_words(row.cells.get(name)) == _written(cells.get(name)) for name in _compared(ledger))


def _compared(ledger: Ledger) -> list[str]:
    columns = LAYOUTS[ledger.kind].columns
    running = _ABOUT_THE_ROW if "index" in columns else _ABOUT_THE_ROW | {"number"}
    return [name for name in columns if name not in running]


def _words(cell: Cell | None) -> str:
    return "" if cell is None else cell.words


def _written(value: Out) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else tidy(str(value))
