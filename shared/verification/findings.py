"""What a verification finds: differences, things it could not check, and how much it looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Finding:
    """One difference. `where` is an origin or a table, `at` the first position or the key of the first row."""

    check: str
    where: str
    at: str
    problem: str


@dataclass
class Verdict:
    """`code` is the exit code: 0 everything agrees, 1 something differs, 2 something could not be checked."""

    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)

    @property
    def code(self) -> int:
        if self.findings:
            return 1
        return 2 if self.unchecked else 0

    def differs(self, check: str, where: str, at: object, problem: str) -> None:
        """Note a difference; of each check only the first in each place, for what follows it is its consequence."""
        if not any(found.check == check and found.where == where for found in self.findings):
            self.findings.append(Finding(check, where, str(at), problem))


class Progress(Protocol):
    """Called now and then with what is being checked, how much of it is done, and of how much."""

    def __call__(self, what: str, done: int, total: int, /) -> Any: ...


def silent(_what: str, _done: int, _total: int, /) -> None:
    """No progress wanted."""
