"""What a service's tables say of how far everything has come: the same in every process, whichever does the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from shared.broker.tables import Connection
from shared.projection import Projection
from shared.projection import status as projection_status
from shared.projection.schema import passed_over
from shared.sealing.origin import Origin
from shared.status import RoleStatus
from shared.telemetry.metrics import Amount, Reading
from shared.telemetry.roles import amounts_of, readings_of

_SEALED: Final = """
select (select coalesce(max(position), 0) from events) as head,
       coalesce((select last from seals where channel = $1 order by epoch desc, first desc limit 1), 0) as sealed,
       coalesce((select epoch from seals where channel = $1 order by epoch desc, first desc limit 1), 1) as epoch
"""
_WAITING: Final = (
    "select greatest(extract(epoch from clock_timestamp() - recorded_at), 0)::float8 from events where position = $1"
)
_SENT: Final = "select destination, sent_to from send_cursors where epoch = $1 and channel = $2 order by destination"
_PEERS: Final = "select receiver, have from peer_states where origin = $1 order by receiver"
_RECEIPTS: Final = """
select origin, have, greatest(have, head) as head,
       case when head_time is not null
            then greatest(extract(epoch from clock_timestamp() - head_time), 0)::float8 end as head_age,
       extract(epoch from clock_timestamp() - behind_since)::float8 as behind
  from receipts order by origin
"""
_UNKNOWN: Final = "select origin, sum(events)::float8 as events from unknown_types group by origin order by origin"
_QUARANTINE: Final = """
select origin, reason, sum(1 + again)::float8 as messages from quarantine
 group by origin, reason order by origin, reason
"""
_LINKS: Final = "select link, (suspended_at is not null)::int as suspended, dropped from inbound_links order by link"
_SENT_UP: Final = """
select cursors.upper, cursors.origin, receipts.have as journal, cursors.sent_to, states.alarm,
       coalesce(signed.have, 0) as countersigned
  from uplink_cursors as cursors
  join receipts on receipts.origin = cursors.origin
  left join uplink_states as states on states.upper = cursors.upper and states.origin = cursors.origin
  left join countersignatures as signed on signed.upper = cursors.upper and signed.origin = cursors.origin
 order by cursors.upper, cursors.origin
"""
_UPPERS: Final = """
select known.upper, (known.connected and coalesce(leases.expires_at > clock_timestamp(), false))::int as connected,
       (select greatest(extract(epoch from clock_timestamp() - max(heard_at)), 0)::float8 from uplink_states
         where uplink_states.upper = known.upper) as state_age
  from uplink_connections as known left join leases on leases.name = 'uplink:' || known.upper
 order by known.upper
"""
_IMPORTS: Final = "select count(*) from import_runs where state in ('accepted', 'running')"


@dataclass(frozen=True)
class Standing:
    """Which tables a service has: a log of its own (`own`), receipts, imports, uplinks, projections of a journal."""

    pool: asyncpg.Pool
    own: Origin | None = None
    receives: bool = False
    imports: bool = False
    uplinks: bool = False
    projections: Sequence[Projection] = ()

    async def read(self, statuses: Sequence[RoleStatus] = ()) -> tuple[list[Reading], list[Amount]]:
        """Readings and amounts; `statuses` are this process's tasks, which know how long ago they moved."""
        readings: list[Reading] = []
        amounts = amounts_of(statuses)
        async with self.pool.acquire() as connection:
            for part in await self._parts(connection):
                readings += part[0]
                amounts += part[1]
        known = {(each.stage, each.origin): each for each in readings_of(statuses)}
        told = [replace(one, age_seconds=known.pop((one.stage, one.origin), one).age_seconds) for one in readings]
        return [*told, *known.values()], amounts

    async def _parts(self, connection: Connection) -> list[tuple[list[Reading], list[Amount]]]:
        found = []
        if self.own is not None:
            found.append(await _own_log(connection, self.own))
        if self.receives:
            found.append(await _received(connection))
        if self.imports:
            found.append(([], [Amount("imports_running", (), await connection.fetchval(_IMPORTS))]))
        if self.uplinks:
            found.append(await _sent_up(connection))
            unknown = await connection.fetch(_UNKNOWN)
            found.append(([], [Amount("unknown_type_events", (row["origin"],), row["events"]) for row in unknown]))
        if self.projections:
            found.append(await _projected(connection, self.projections))
        return found


async def _own_log(connection: Connection, own: Origin) -> tuple[list[Reading], list[Amount]]:
    row = await connection.fetchrow(_SEALED, own.channel)
    assert row is not None
    own = replace(own, epoch=row["epoch"])
    head, sealed, origin = row["head"], row["sealed"], own.text
    readings = [Reading("sealer", origin, sealed, head)]
    waiting = await connection.fetchval(_WAITING, sealed + 1) or 0.0
    amounts = [Amount("unsealed_age_seconds", (origin,), waiting)]
    for sent in await connection.fetch(_SENT, own.epoch, own.channel):
        name = sent["destination"]
        readings.append(Reading("relay" if name == "own" else f"relay:{name}", origin, sent["sent_to"], head))
        amounts.append(Amount("outbox_events", (origin, name), max(0, head - sent["sent_to"])))
    peers = await connection.fetch(_PEERS, origin)
    readings += [Reading(f"confirmed:{peer['receiver']}", origin, peer["have"], head) for peer in peers]
    return readings, amounts


async def _received(connection: Connection) -> tuple[list[Reading], list[Amount]]:
    readings, amounts = [], []
    for row in await connection.fetch(_RECEIPTS):
        readings.append(Reading("consume", row["origin"], row["have"], row["head"]))
        if row["head_age"] is not None:
            amounts.append(Amount("sealed_head_age_seconds", (row["origin"],), row["head_age"]))
        if row["behind"] is not None:
            amounts.append(Amount("source_behind_seconds", (row["origin"],), row["behind"]))
    kept = await connection.fetch(_QUARANTINE)
    amounts += [Amount("quarantined_messages", (row["origin"], row["reason"]), row["messages"]) for row in kept]
    for row in await connection.fetch(_LINKS):
        amounts.append(Amount("link_suspended", (row["link"],), row["suspended"]))
        amounts.append(Amount("link_dropped_messages", (row["link"],), row["dropped"]))
    return readings, amounts


async def _sent_up(connection: Connection) -> tuple[list[Reading], list[Amount]]:
    readings, amounts = [], []
    for row in await connection.fetch(_SENT_UP):
        upper, origin, head = row["upper"], row["origin"], row["journal"]
        readings.append(Reading(f"uplink:{upper}", origin, row["sent_to"], head))
        readings.append(Reading(f"countersigned:{upper}", origin, row["countersigned"], head))
        if row["alarm"] is not None:
            amounts.append(Amount("uplink_alarm", (upper, origin, row["alarm"]), 1))
    for row in await connection.fetch(_UPPERS):
        amounts.append(Amount("uplink_connected", (row["upper"],), row["connected"]))
        if row["state_age"] is not None:
            amounts.append(Amount("uplink_state_age_seconds", (row["upper"],), row["state_age"]))
    return readings, amounts


async def _projected(connection: Connection, projections: Sequence[Projection]) -> tuple[list[Reading], list[Amount]]:
    found = await projection_status(connection, projections)
    readings = [Reading(f"project:{x.projection}", x.origin, x.projected, x.received) for x in found.lags]
    amounts = []
    for projection in projections:
        for origin, events in (await passed_over(connection, projection.schema)).items():
            amounts.append(Amount("passed_over_events", (origin, projection.name), events))
    return readings, amounts
