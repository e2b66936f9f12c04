"""A command that may not happen, said so that a person can mend it."""

from __future__ import annotations


class Rejected(Exception):
    """A rule or a form check refused a command; nothing has happened.

    `code` is a stable identifier for programs (`unknown_branch`), `field` the JSON path of what was wrong
    (`absences.0.reason`), `problem` and `expected` are sentences in Chinese for the person at the screen.
    """

    def __init__(self, code: str, field: str, problem: str, expected: str, *, value: str | None = None) -> None:
        super().__init__(f"{code} at {field}")
        self.code = code
        self.field = field
        self.problem = problem
        self.expected = expected
        self.value = value
