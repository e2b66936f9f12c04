"""How far projections are behind what was received: for readiness, metrics and every answer's `as of`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.projection.batch import origins_of
from shared.projection.definition import Projection
from shared.projection.schema import Connection, cursors, passed_over, stored_fingerprint


@dataclass(frozen=True)
class Lag:
    """One projection and origin: `received` positions in the journal, `projected` ones in the tables."""

    projection: str
    origin: str
    projected: int
    received: int

    @property
    def behind(self) -> int:
        return max(0, self.received - self.projected)


@dataclass(frozen=True)
class Status:
    """`outdated` names projections that are absent or were filled by another definition: they are being rebuilt.

    `passed_over` counts, by projection, events that could not be read and are in no table.
    """

    lags: tuple[Lag, ...]
    outdated: tuple[str, ...]
    passed_over: dict[str, int]

    @property
    def behind(self) -> int:
        """Positions not projected yet, by the projection that lags most."""
        return max((lag.behind for lag in self.lags), default=0)


async def status(connection: Connection, projections: Iterable[Projection]) -> Status:
    """The lag of every projection on every origin it reads."""
    lags: list[Lag] = []
    outdated = []
    unread: dict[str, int] = {}
    for projection in projections:
        unread[projection.name] = sum((await passed_over(connection, projection.schema)).values())
        if await stored_fingerprint(connection, projection.schema) != projection.fingerprint:
            outdated.append(projection.name)
        projected = await cursors(connection, projection.schema)
        for origin in await origins_of(connection, projection):
            received = await connection.fetchval("select max(position) from journal where origin = $1", origin)
            lags.append(Lag(projection.name, origin, projected.get(origin, 0), received))
    return Status(tuple(lags), tuple(outdated), unread)


async def projected(connection: Connection, projections: Iterable[Projection]) -> dict[str, int]:
    """By origin the position that every projection reading it has passed: what a read with `After` waits for."""
    lowest: dict[str, int] = {}
    for projection in projections:
        reached = await cursors(connection, projection.schema)
        for origin in await origins_of(connection, projection):
            position = reached.get(origin, 0)
            lowest[origin] = min(lowest.get(origin, position), position)
    return lowest
