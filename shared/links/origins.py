"""What goes to an upper site: the own logs, and those of the sites below that it has been told of (design §7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

_AGREED: Final = """
select withheld from linked_sites where parent = $1 and site = $2 and role = 'upper' and state = 'joined'
"""
# A site below is followed as long as its link is not revoked: what it recorded until then has been received. An epoch
# that was given up ends where the next one follows on it.
_TREE: Final = """
with recursive tree (site, parent, depth, joined_in, joined_at) as (
    select $1::text collate "C", null::text collate "C", 0, null::text collate "C", null::bigint
    union
    select below.site, below.parent, tree.depth + 1, below.origin, below.position
      from linked_sites as below join tree on below.parent = tree.site
     where below.role = 'lower' and below.state <> 'revoked' and tree.depth < 8
), logs as (
    select origin, have, split_part(origin, '/', 1) as site, split_part(origin, '/', 2) as service,
           split_part(origin, '/', 4)::bigint as epoch
      from receipts
)
select logs.origin, tree.depth, logs.epoch, tree.joined_in, tree.joined_at, accepted.origin as accepted_in,
       accepted.position as accepted_at,
       least(logs.have, (select min(kept_to) from epochs
                          where epochs.site = logs.site and epochs.service = logs.service
                            and epochs.epoch > logs.epoch)) as have
  from tree
  join logs on logs.site = tree.site
  left join epochs as accepted on accepted.site = logs.site and accepted.service = logs.service
                              and accepted.epoch = logs.epoch and accepted.said_by = tree.parent
 order by tree.depth, tree.site, logs.service <> 'members', logs.service, logs.epoch
"""


@dataclass(frozen=True)
class Source:
    """A log in the journal, to be sent as far as `have`.

    `known_by`: what the upper site must hold before, as (origin, position): the joining of a site below, the acceptance
    of a later epoch. A later epoch of an own log is awaited above once the upper site speaks of it itself.
    """

    origin: str
    have: int
    is_own: bool = True
    known_by: tuple[tuple[str, int], ...] = ()


async def agreed(pool: asyncpg.Pool, site: str, upper: str) -> frozenset[str] | None:
    """The families that both sites agreed may be withheld; None while there is no link or it is suspended."""
    found = await pool.fetchval(_AGREED, site, upper)
    return None if found is None else frozenset(found)


async def sources(pool: asyncpg.Pool, site: str) -> list[Source]:
    """Every log of `site` and of the sites below it, the own ones first, upper ones before lower ones."""
    return [
        Source(row["origin"], row["have"], row["depth"] == 0, known_by)
        for row in await pool.fetch(_TREE, site)
        if (known_by := _known_by(row)) is not None
    ]


def _known_by(row: asyncpg.Record) -> tuple[tuple[str, int], ...] | None:
    if row["depth"] == 0:
        return () if row["epoch"] == 1 else ((row["origin"], 0),)
    joined = row["joined_in"], row["joined_at"]
    if row["epoch"] == 1:
        return (joined,)
    return None if row["accepted_in"] is None else (joined, (row["accepted_in"], row["accepted_at"]))


def believable(found: Iterable[Source], held_above: Mapping[str, int]) -> dict[str, Source]:
    """Those that the upper site awaits; `held_above`: by origin how far it says it has come.

    Anything else would look there like a log of a foreign site, and be charged to the link.
    """
    chosen: dict[str, Source] = {}
    for source in found:
        if all(held_above.get(origin, -1) >= position for origin, position in source.known_by):
            chosen.setdefault(source.origin, source)
    return chosen
