"""The activities behind a figure, page by page."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import asyncpg
import orjson

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from services.reporting.queries.joint import partner_ids
from shared.contracts.periods import period_span
from shared.projection.schema import Connection
from shared.rules.packs import load_rules

PAGE: Final = 50
MOST: Final = 200
_PERIOD: Final = re.compile(r"(19|20|21)[0-9]{2}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?|2200(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?")

_LIST: Final = """
select activity_id, unit_kind, unit_id, branch_id, kind, also_serves, title, date, starts, ends, place, expected,
       present, at_least, at_least_words, campaigns, tags, partners, joint_modes, number, joint, state,
       entry, remarks, first_day
  from proj_activities.activities
 where site = $1 and facts_at > 0 and (first_day, activity_id) > ($2, $3)
   and first_day >= $4 and last_day <= $5
   and ($6::text is null or kind = $6)
   and ($7::text[] is null or (at_least is null and (also_serves ?| $7 or kind = any($7))))
   and ($8::text is null or unit_id = $8) and ($9::text is null or branch_id = $9)
   and ($10::text is null or campaigns ? $10)
   and state = any($11::text[])
   and ($12::jsonb[] is null or joint->'participations' @> any($12))
   and ($13::jsonb[] is null or joint->'participations' @> any($13))
   and ($14::text is null or joint->>'agreement_id' = $14)
   and ($15::text is null or joint_modes ? $15 or ($15 = 'unstated' and joint_modes = '[]'))
 order by first_day, activity_id limit $16
"""


@dataclass(frozen=True)
class Filter:
    """What to list. `period` is a year, quarter or month and wants the whole date inside; `serves` an obligation
    that is fulfilled. Planned and cancelled activities only where `state` asks for them. `party` is an own unit that
    took part, `partner` another one under whatever name; `mode` is one of 四联, or `unstated`.
    """

    period: str
    kind: str | None = None
    serves: str | None = None
    unit: str | None = None
    branch: str | None = None
    campaign: str | None = None
    state: str | None = None
    after: str | None = None
    limit: int = PAGE
    party: str | None = None
    partner: str | None = None
    agreement: str | None = None
    mode: str | None = None


async def activities_of(connection: Connection, site: str, asked: Filter) -> list[dict[str, Any]]:
    """Up to `limit` + 1 activities; raises `ValueError` naming what is wrong with the filter."""
    first, last = _span(asked.period)
    day, activity_id = _after(asked.after)
    states = ["held", "recorded"] if asked.state is None else [asked.state]
    party = None if asked.party is None else [_taking_part(asked.party)]
    partner = (
        None if asked.partner is None else [_taking_part(x) for x in await partner_ids(connection, site, asked.partner)]
    )
    rows = await connection.fetch(
        _LIST, site, day, activity_id, first, last, asked.kind, _fulfilling(asked.serves), asked.unit,
        asked.branch, asked.campaign, states, party, partner, asked.agreement, asked.mode, min(asked.limit, MOST) + 1,
    )  # fmt: skip
    return [_row(row) for row in rows]


async def activities(pool: asyncpg.Pool, site: str, asked: Filter) -> Answer:
    """Activities by date, and `next` for the following page (null on the last); `ValueError` for a bad filter."""
    _span(asked.period)
    _after(asked.after)
    async with snapshot(pool) as connection:
        rows = await activities_of(connection, site, asked)
        origins = await completeness(connection, site)
    shown, following = page_of(rows, asked)
    return answer({"filter": asdict(asked), "activities": shown, "next": following}, origins)


def _fulfilling(obligation: str | None) -> list[str] | None:
    """The kinds that fulfil an obligation: those its rule names, else the kind itself."""
    if obligation is None:
        return None
    named = [rule.fulfilled_by for rule in load_rules() if rule.obligation == obligation]
    return [kind for kinds in named for kind in kinds] or [obligation]


def page_of(rows: list[dict[str, Any]], asked: Filter) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of this page and where the next one begins."""
    limit = min(asked.limit, MOST)
    shown = rows[:limit]
    following = f"{shown[-1]['first_day']}~{shown[-1]['activity_id']}" if len(rows) > limit else None
    return shown, following


def _row(row: asyncpg.Record) -> dict[str, Any]:
    found = dict(row)
    for column in ("also_serves", "campaigns", "tags", "partners", "joint_modes", "remarks"):
        found[column] = orjson.loads(found[column] or "[]")
    found["joint"] = orjson.loads(found["joint"] or "null")
    found["first_day"] = found["first_day"].isoformat()
    return found


def _taking_part(party_id: str) -> str:
    return orjson.dumps([{"party": {"party_id": party_id}}]).decode()


def _after(after: str | None) -> tuple[date, str]:
    if after is None:
        return date(1, 1, 1), ""
    day, _, activity_id = after.partition("~")
    return date.fromisoformat(day), activity_id


def _span(name: str) -> tuple[date, date]:
    if not _PERIOD.fullmatch(name):
        raise ValueError(f"period {name!r}: 2024, 2024-H1, 2024-Q3 or 2024-02 is the form")
    return period_span(name)
