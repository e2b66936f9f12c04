"""Questions about branches and groups, answered from the directory."""

from __future__ import annotations

from typing import Any, Final

import asyncpg

_BRANCHES: Final = """
    with latest as (
        select distinct on (person_id) person_id, branch_id, group_id, member_kind
          from directory_memberships where effective_from <= $1 order by person_id, effective_from desc
    )
    select b.branch_id::text, b.name, b.branch_kind, b.official_order, b.effective_from,
           b.committee_from is not null and b.committee_from <= $1
               and coalesce(b.committee_to, $1) >= $1 as has_committee,
           (select count(*) from latest l where l.branch_id = b.branch_id) as members,
           (select count(*) from latest l where l.branch_id = b.branch_id
               and l.member_kind = 'full_member') as full_members
      from directory_branches b where b.effective_from <= $1 order by b.official_order, b.name
"""
_GROUPS: Final = """
    with latest as (
        select distinct on (person_id) person_id, group_id
          from directory_memberships where effective_from <= $1 order by person_id, effective_from desc
    )
    select g.group_id::text, g.branch_id::text, g.name, g.official_order,
           (select count(*) from latest l where l.group_id = g.group_id) as members
      from directory_groups g
     where g.effective_from <= $1 and coalesce(g.effective_to, $1) >= $1 order by g.official_order, g.name
"""


async def branches(pool: asyncpg.Pool, day: str) -> list[dict[str, Any]]:
    """The branches as of a day in 建制序, each with its groups and its numbers of members."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in await pool.fetch(_GROUPS, day):
        group = dict(row)
        groups.setdefault(group.pop("branch_id"), []).append(group)
    return [dict(row) | {"groups": groups.get(row["branch_id"], [])} for row in await pool.fetch(_BRANCHES, day)]
