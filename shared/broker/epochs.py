"""The epochs of a log that something is sealed of: each follows on a position of the one before it (design §7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import asyncpg

from shared.sealing.chain import first_h
from shared.sealing.origin import Origin

_EPOCHS: Final = """
with recursive epochs as (
    select 1 as epoch
    union all
    select epoch + 1 from epochs
     where exists (select from seals where seals.epoch = epochs.epoch + 1 and seals.channel = $1)
)
select epochs.epoch, coalesce(opening.first - 1, 0) as start,
       (select root from seals
         where seals.epoch = epochs.epoch - 1 and channel = $1 and last = opening.first - 1) as root
  from epochs
  left join lateral (select first from seals where seals.epoch = epochs.epoch and channel = $1
                      order by first limit 1) as opening on true
 order by epochs.epoch
"""


class Epoch(NamedTuple):
    """An epoch of a log: it follows on `start`, where its root is `root`."""

    origin: Origin
    start: int
    root: bytes


async def sealed_epochs(pool: asyncpg.Pool, origin: Origin) -> list[Epoch]:
    """Every epoch of the log of `origin`, the first one also when nothing is sealed yet."""
    return [
        Epoch(found, row["start"], row["root"] or first_h(found.text))
        for row in await pool.fetch(_EPOCHS, origin.channel)
        for found in [replace(origin, epoch=row["epoch"])]
    ]
