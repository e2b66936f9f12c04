"""What a workbook gives: cells with their places, and the errors and remarks that name them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from shared.ledgers.words import column_letter, compact, tidy

CellKind = Literal["text", "number", "day", "time", "formula", "error", "bool"]


class Unreadable(Exception):
    """A file or a cell that cannot be taken as it is: a stable code, what is wrong, what would be right."""

    def __init__(self, code: str, problem: str, expected: str) -> None:
        super().__init__(code)
        self.code = code
        self.problem = problem
        self.expected = expected


@dataclass(frozen=True)
class Cell:
    """One cell that holds something. `text` is ISO 8601 for a day or time, plain digits for a number."""

    row: int
    column: int
    kind: CellKind
    text: str

    @cached_property
    def words(self) -> str:
        """The text tidied; empty for white space."""
        return tidy(self.text)

    @cached_property
    def compact(self) -> str:
        return compact(self.text)

    @property
    def place(self) -> str:
        """A1 notation."""
        return f"{column_letter(self.column)}{self.row}"


@dataclass(frozen=True)
class Sheet:
    """One worksheet: its filled cells by row and column, both from 1."""

    name: str
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)


@dataclass(frozen=True)
class RowError:
    """Why a workbook is refused; `column` is the header's word, or a letter where there is none."""

    sheet: str
    row: int | None
    column: str | None
    value: str | None
    code: str
    problem: str
    expected: str


@dataclass(frozen=True)
class Remark:
    """Something odd that was imported as written."""

    sheet: str
    row: int | None
    column: str | None
    code: str
    sentence: str


class Refused(Exception):
    """A workbook that changes nothing, with every reason that was found, and what merely looks odd."""

    def __init__(self, errors: list[RowError], remarks: list[Remark] | None = None) -> None:
        super().__init__(f"{len(errors)} error(s)")
        self.errors = errors
        self.remarks = remarks or []
