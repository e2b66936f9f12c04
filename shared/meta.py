"""The `meta` of every event: who, for whom, from where, by which command (design §2, 5)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.contracts.values import ShortText, Value

Role = Literal["operator", "party_office", "branch_secretary", "upper_court_officer", "member", "service", "system"]


class Actor(Value):
    """Who acts: `organisation` is the organisation path (`shi04`, `shi04.<branch id>`)."""

    subject: ShortText
    role: Role
    organisation: ShortText


class Source(Value):
    """Where a command came from; `run`, `sheet` and `row` only for an import, `letter` only for a letter."""

    kind: Literal["ui", "import", "letter", "clock", "setup"]
    run: str | None = None
    sheet: str | None = None
    row: int | None = Field(default=None, ge=1)
    letter: str | None = None


class Meta(Value):
    """What the command path writes beside `data`. Fields that are None are left out of the stored JSON."""

    actor: Actor
    on_behalf_of: str | None = None
    source: Source
    command_id: ShortText
    correlation: ShortText
    traceparent: str | None = None
    to: str | None = None

    def stored(self) -> dict[str, Any]:
        """The JSON object that is stored and hashed."""
        return self.model_dump(exclude_none=True)
