"""Reading the cells of one row, with every error and remark kept beside its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from shared.ledgers.cells import Cell, Refused, Remark, RowError, Unreadable
from shared.ledgers.dates import clock_time, first_day, partial_date
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
            raise Refused(sorted(self.errors, key=lambda error: error.row or 0), self.remarks)


@dataclass
class RowReading:
    """One row being read. A cell that cannot be taken is an error or a remark, and None.

    `unplaced` are the words that found no place in a field of their own, each after its heading: they go into the
    record's remark (`with_unplaced`), so that nothing that was written is lost.
    """

    findings: Findings
    row: Row
    codes: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)

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

    def text(self, name: str) -> str | None:
        """The words of a cell in one line, shortened if they are too long."""
        words = self.row.text(name)
        if words is None or len(words) <= SHORT:
            return words
        self._remark_shortened(name)
        return shortened(words)

    def lines(self, name: str) -> str | None:
        """The words of a cell with its line breaks; more than any field takes refuse the row."""
        cell = self.row.cells.get(name)
        lines = [tidy(line) for line in cell.text.splitlines()] if cell and self.row.text(name) else []
        return self.bounded(name, "\n".join(line for line in lines if line))

    def listed(self, name: str, ends: str, most: int) -> tuple[str, ...]:
        """The parts of a cell between any of the characters `ends`, each once; at most `most`."""
        found = [tidy(part) for part in re.split(f"[{ends}\n]+", self.lines(name) or "")]
        parts = tuple(dict.fromkeys(part for part in found if part))
        taken = tuple(shortened(part) for part in parts[:most])
        if taken != parts:
            self._remark_shortened(name)
        return taken

    def date(self, name: str, year: int | None = None) -> str | None:
        """A date in the precision written; one that the calendar does not have refuses the row.

        What is no date is None, with a remark; of several days the first counts. `year` is that of a day without one.
        """
        cell = self.row.cells.get(name)
        if cell is None or says_nothing(cell.text):
            return None
        try:
            return self._date(name, cell, year)
        except Unreadable as unread:
            self.error(name, unread.code, unread.problem, unread.expected)
            return None

    def keep(self, name: str, words: str) -> None:
        """Words of a cell for the record's remark."""
        self.unplaced.append(f"{self.findings.ledger.heading(name)}：{words}")

    def with_unplaced(self, name: str, remark: str | None) -> str | None:
        """The record's remark with what found no place elsewhere; more than it takes refuses the row at `name`."""
        return self.bounded(name, "\n".join(filter(None, (remark, *self.unplaced))))

    def bounded(self, name: str, text: str) -> str | None:
        """The text, None where it is empty or longer than any field takes."""
        if len(text) <= LONG:
            return text or None
        self.error(name, "text_too_long", f"文字有 {len(text)} 字", f"不超过 {LONG} 字", value=text[:20] + "…")
        return None

    def time(self, name: str) -> str | None:
        """A time; what is none is left out with a remark."""
        return self._tolerant(name, clock_time)

    def count(self, name: str) -> int | None:
        """A number; what is none is left out with a remark."""
        return self._tolerant(name, whole_number)

    def _date(self, name: str, cell: Cell, year: int | None) -> str | None:
        try:
            return partial_date(cell, year)
        except Unreadable as unread:
            if unread.code == "impossible_date":
                raise
            if (first := first_day(cell.text, year)) is not None:
                self.remark(name, "several_days", "写了几天，按第一天导入，原文记入备注")
            elif unread.code == "month_uncertain":
                first = cell.text[: len("1998")]
                self.remark(name, unread.code, f"{unread.problem}，只按年份导入，原文记入备注；应为{unread.expected}")
            else:
                self.remark(name, unread.code, f"{unread.problem}，没有采用，原文记入备注；应为{unread.expected}")
            self.keep(name, cell.words)
            return first

    def _remark_shortened(self, name: str) -> None:
        self.remark(name, "text_shortened", "内容过长，缩短后导入，全文记入备注")
        self.keep(name, self.row.text(name) or "")

    def _tolerant(self, name: str, parse: Callable[[Cell], T]) -> T | None:
        try:
            return self._parsed(name, parse)
        except Unreadable as cell:
            self.remark(name, cell.code, f"{cell.problem}，没有采用，原文记入备注；应为{cell.expected}")
            self.keep(name, self.row.text(name) or "")
            return None

    def _parsed(self, name: str, parse: Callable[[Cell], T]) -> T | None:
        cell = self.row.cells.get(name)
        return None if cell is None or says_nothing(cell.text) else parse(cell)


def shortened(text: str) -> str:
    """The text as a short field takes it."""
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def masked(name: str, text: str) -> str:
    """A cell as an error may show it: ID numbers and telephones without their middle."""
    if name not in _SECRET:
        return text[:60]
    first, last = _SECRET[name]
    plain = text.strip()
    if len(plain) <= first + last:
        return "*" * len(plain)
    return plain[:first] + "*" * (len(plain) - first - last) + plain[-last:]
