"""What an upper site says it has: each signed `state` is acknowledgement, wish and countersignature at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg
import structlog

from shared.broker.states import signed_state
from shared.receiver.trust import signers_in
from shared.sealing.chain import first_h
from shared.sealing.control import BadControl, State, Status
from shared.status import RoleStatus

RECEIVER: Final = "reporting"

# What lies beyond the end of an epoch that was given up is nobody's history.
_KEEP: Final = """
insert into uplink_states as known (upper, origin, have, root, status, time, body, signature, alarm)
select $1, $2, $3, $4, $5, $6, $7, $8,
       case when exists (select from epochs
                          where site = split_part($2, '/', 1) and service = split_part($2, '/', 2)
                            and epoch > split_part($2, '/', 4)::bigint and kept_to < $3) then null
            when $3 > receipts.have then 'upper_is_ahead'
            when $4 <> case when $3 = 0 then $9 else (select h from journal where origin = $2 and position = $3) end
            then 'upper_has_another_history' end
  from receipts where receipts.origin = $2
on conflict (upper, origin) do update
   set have = excluded.have, root = excluded.root, status = excluded.status, time = excluded.time,
       body = excluded.body, signature = excluded.signature, alarm = excluded.alarm,
       heard_at = clock_timestamp()
 where excluded.time > known.time
returning coalesce(alarm, '') as alarm
"""
_COUNTERSIGN: Final = """
insert into countersignatures as known (upper, origin, have, time, body, signature)
select $1, $2, $3, $4, $5, $6 from journal where origin = $2 and position = $3 and h = $7
on conflict (upper, origin) do update
   set have = excluded.have, time = excluded.time, body = excluded.body, signature = excluded.signature
 where excluded.have >= known.have
"""
_REMEMBERED: Final = "select origin, have, status, alarm from uplink_states where upper = $1"

log = structlog.get_logger()


class Said(NamedTuple):
    """The latest of an upper site about one log; `alarm` where it is not our history."""

    origin: str
    have: int
    status: Status
    alarm: str | None


class UpperStates:
    """The states of one upper site; only a later one by its own clock counts."""

    def __init__(self, pool: asyncpg.Pool, upper: str, status: RoleStatus) -> None:
        self._pool = pool
        self._upper = upper
        self._signers = signers_in(pool)
        self._status = status
        self._fresh: list[Said] = []

    async def remembered(self) -> Sequence[Said]:
        """As last heard, before this tenure."""
        return [Said(*row) for row in await self._pool.fetch(_REMEMBERED, self._upper)]

    def taken(self) -> list[Said]:
        """What was said since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    async def receive(self, body: bytes, signature: str, succession: str = "") -> None:
        """Take one `state`; one that is not what it should be is counted and dropped."""
        try:
            state = await signed_state(body, signature, self._signers, succession)
            if state.receiver != f"{self._upper}/{RECEIVER}":
                raise BadControl(f"receiver: {self._upper}/{RECEIVER} is wanted")
        except BadControl as error:
            self._status.count("refused_states")
            log.warning("state_refused", upper=self._upper, problem=str(error))
            return
        alarm = await self._kept(state, body, signature)
        if alarm is None:
            return
        if alarm:
            self._status.count(alarm)
            log.error(alarm, upper=self._upper, origin=state.origin.text, have=state.have)
        self._fresh.append(Said(state.origin.text, state.have, state.status, alarm or None))

    async def _kept(self, state: State, body: bytes, signature: str) -> str | None:
        """'' for a later state of our history, else what is wrong with it; None if it is not later or not ours."""
        origin, time = state.origin.text, datetime.fromisoformat(state.time)
        alarm: str | None = await self._pool.fetchval(
            _KEEP, self._upper, origin, state.have, state.root, state.status, time, body, signature, first_h(origin)
        )
        if alarm == "":
            await self._pool.execute(_COUNTERSIGN, self._upper, origin, state.have, time, body, signature, state.root)
        return alarm
