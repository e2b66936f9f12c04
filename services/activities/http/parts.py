"""What the routes of `activities` need, whoever builds it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

import asyncpg

from shared.acts import CommandDeps
from shared.calendar import load_calendar, workdays_between
from shared.contracts.activities import ActivityFacts, Entry, ObligationKey
from shared.contracts.joint import Party


class Parts(Protocol):
    """`site` is the root of the organisation paths, `court` its full name, `deps` the command path's."""

    @property
    def site(self) -> str: ...

    @property
    def court(self) -> str: ...

    @property
    def deps(self) -> CommandDeps: ...

    @property
    def pool(self) -> asyncpg.Pool: ...

    @property
    def late_entry_after_workdays(self) -> int: ...

    async def refuse_unknown_unit(self, unit: ActivityFacts | ObligationKey, field: str) -> None:
        """Raise `Rejected` (`unknown_…`) if this court has no such unit; `field` is where it stands in the request."""

    async def refuse_unknown_people(self, named: Sequence[tuple[str, str | None]]) -> None:
        """Raise `Rejected` (`unknown_person`) naming the first id that belongs to nobody; each with its field."""

    async def refuse_unknown_parties(self, parties: Sequence[tuple[str, Party]]) -> None:
        """Raise `Rejected` at the first party that nobody may name any more; each comes with its field."""


def entry_of(facts: ActivityFacts, day: date, late_after_workdays: int) -> Entry:
    """`late_entry` (补录) if more working days than that lie between the activity and `day`."""
    passed = workdays_between(load_calendar(), _last_day(facts.date), day)
    return "late_entry" if passed.days > late_after_workdays else "timely"


def _last_day(partial: str) -> date:
    if len(partial) == len("2024-02-20"):
        return date.fromisoformat(partial)
    year, month = (int(partial[:4]), int(partial[5:7])) if len(partial) > len("2024") else (int(partial), 12)
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)
