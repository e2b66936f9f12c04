"""What goes to an upper site: the own logs, and those of the sites below that it has been told of (design §7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

_AGREED: Final = """
select withheld from linked_sites where parent = $1 and site = $2 and role = 'upper' and state = 'joined'
"""
# A site below is followed as long as its link is not revoked: what it recorded until then has been received.
_TREE: Final = """
with recursive tree (site, depth, named_in, named_at) as (
    select $1::text collate "C", 0, null::text collate "C", null::bigint
    union all
    select below.site, tree.depth + 1, below.origin, below.position
      from linked_sites as below join tree on below.parent = tree.site
     where below.role = 'lower' and below.state <> 'revoked' and tree.depth < 8
)
select receipts.origin, receipts.have, tree.depth, tree.named_in, tree.named_at
  from tree join receipts on split_part(receipts.origin, '/', 1) = tree.site
 order by tree.depth, tree.site, split_part(receipts.origin, '/', 2) <> 'members', receipts.origin
"""


@dataclass(frozen=True)
class Source:
    """A log in the journal, held up to `have`.

    `named`: where `SiteJoined` stands that put its site into the tree, as (origin, position); None for the own logs.
    """

    origin: str
    have: int
    named: tuple[str, int] | None = None

    @property
    def is_own(self) -> bool:
        return self.named is None


async def agreed(pool: asyncpg.Pool, site: str, upper: str) -> frozenset[str] | None:
    """The families that both sites agreed may be withheld; None while there is no link or it is suspended."""
    found = await pool.fetchval(_AGREED, site, upper)
    return None if found is None else frozenset(found)


async def sources(pool: asyncpg.Pool, site: str) -> list[Source]:
    """Every log of `site` and of the sites below it, the own ones first, upper ones before lower ones."""
    return [
        Source(row["origin"], row["have"], None if row["depth"] == 0 else (row["named_in"], row["named_at"]))
        for row in await pool.fetch(_TREE, site)
    ]


def believable(found: Iterable[Source], held_above: Mapping[str, int]) -> dict[str, Source]:
    """Those of whose sites the upper site has learnt already; `held_above`: by origin how far it says it has come.

    Anything else would look there like a log of a foreign site, and be charged to the link.
    """
    chosen: dict[str, Source] = {}
    for source in found:
        if source.named is None or held_above.get(source.named[0], 0) >= source.named[1]:
            chosen.setdefault(source.origin, source)
    return chosen
