"""The present state of many aggregates, in one read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import uuid4

import asyncpg

from shared.acts import AnyDecider, CommandDeps
from shared.codec import Unknown
from shared.eventstore.categories import aggregate_ids
from shared.stored_form import decode_all


async def load_states(deps: CommandDeps, decider: AnyDecider, ids: Iterable[str]) -> dict[str, Any]:
    """The state by id; the initial one where nothing is recorded."""
    streams = {f"{decider.category}-{aggregate}": aggregate for aggregate in dict.fromkeys(ids)}
    _, history = await deps.store.load(str(uuid4()), list(streams))
    recorded = [event for events in history.values() for event in events]
    decoded = iter(await decode_all(deps.codec, deps.keyring, recorded))
    pasts = {stream: [next(decoded) for _ in events] for stream, events in history.items()}
    return {
        aggregate: decider.fold(event for event in pasts.get(stream, []) if not isinstance(event, Unknown))
        for stream, aggregate in streams.items()
    }


async def states_of(pool: asyncpg.Pool, deps: CommandDeps, decider: AnyDecider) -> AsyncIterator[tuple[str, Any, int]]:
    """Every aggregate of the decider's category with its state and the position of its first event."""
    async for page in aggregate_ids(pool, decider.category):
        for aggregate, state in (await load_states(deps, decider, page)).items():
            yield aggregate, state, page[aggregate]
