"""Reading the cells of one row, with every error and remark kept beside its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from shared.ledgers.cells import Cell, Refused, Remark, RowError, Unreadable
from shared.ledgers.dates import clock_time, partial_date
from shared.ledgers.numbers import says_nothing, whole_number
from shared.ledgers.recognise import Ledger, Row
from shared.ledgers.words import tidy

T = TypeVar("T")

SHORT: Final = 255
LONG: Final = 20_000
_SECRET: Final = {"id_number": (6, 4), "phone": (3, 4)}


@dataclass
class Findings:
    """What a whole ledger's rows came up with."""

    ledger: Ledger
    errors: list[RowError] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def refuse_if_any(self) -> None:
        """Raise `Refused` with all errors, in the order of the rows."""
        if self.errors:
            raise Refused(sorted(self.errors, key=lambda error: error.row or 0))


@dataclass
class RowReading:
    """One row being read. A cell that cannot be taken is an error or a remark, and None."""

    findings: Findings
    row: Row
    codes: list[str] = field(default_factory=list)

    def error(self, name: str, code: str, problem: str, expected: str, value: str | None = None) -> None:
        """Refuse the row; the value shown is the cell's unless one is given."""
        ledger, cell = self.findings.ledger, self.row.cells.get(name)
        shown = value if value is not None else masked(name, cell.text) if cell else None
        self.findings.errors.append(
            RowError(ledger.sheet, self.row.number, ledger.heading(name), shown, code, problem, expected)
        )

    def remark(self, name: str | None, code: str, sentence: str) -> None:
        """Import as written, and say so."""
        ledger = self.findings.ledger
        self.codes.append(code)
        self.findings.remarks.append(Remark(ledger.sheet, self.row.number, ledger.heading(name), code, sentence))

    def text(self, name: str, longest: int = SHORT) -> str | None:
        """The words of a cell in one line."""
        return self._bounded(name, self.row.text(name), longest)

    def lines(self, name: str) -> str | None:
        """The words of a cell with its line breaks."""
        cell = self.row.cells.get(name)
        lines = [tidy(line) for line in cell.text.splitlines()] if cell else []
        return self._bounded(name, "\n".join(line for line in lines if line) or None, LONG)

    def date(self, name: str) -> str | None:
        """A date in the precision written; one that is none refuses the row."""
        try:
            return self._parsed(name, partial_date)
        except Unreadable as cell:
            self.error(name, cell.code, cell.problem, cell.expected)
            return None

    def time(self, name: str) -> str | None:
        """A time; what is none is left out with a remark."""
        return self._tolerant(name, clock_time)

    def count(self, name: str) -> int | None:
        """A number; what is none is left out with a remark."""
        return self._tolerant(name, whole_number)

    def _tolerant(self, name: str, parse: Callable[[Cell], T]) -> T | None:
        try:
            return self._parsed(name, parse)
        except Unreadable as cell:
            self.remark(name, cell.code, f"{cell.problem}，没有采用；应为{cell.expected}")
            return None

    def _parsed(self, name: str, parse: Callable[[Cell], T]) -> T | None:
        cell = self.row.cells.get(name)
        return None if cell is None or says_nothing(cell.text) else parse(cell)

    def _bounded(self, name: str, text: str | None, longest: int) -> str | None:
        if text is not None and len(text) > longest:
            self.error(name, "text_too_long", f"文字有 {len(text)} 字", f"不超过 {longest} 字", value=text[:20] + "…")
            return None
        return text


def masked(name: str, text: str) -> str:
    """A cell as an error may show it: ID numbers and telephones without their middle."""
    if name not in _SECRET:
        return text[:60]
    first, last = _SECRET[name]
    plain = text.strip()
    if len(plain) <= first + last:
        return "*" * len(plain)
    return plain[:first] + "*" * (len(plain) - first - last) + plain[-last:]
