"""Which requests to forget there were, and what became of each, from the log."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import orjson

from shared.contracts.forgetting import (
    FORGETTING_REQUESTED,
    FORGETTING_WITHDRAWN,
    GROUNDS,
    OUTSIDE_FORGETTING_REQUESTED,
    OUTSIDE_FORGETTING_WITHDRAWN,
    OUTSIDE_PERSON_FORGOTTEN,
    PERSON_FORGOTTEN,
)

# The types stand in the text: only so the planner sees that the small index holds them.
_EVENTS: Final = f"""
    select stream, type, data, meta, recorded_at from events
     where type in ('{FORGETTING_REQUESTED}', '{FORGETTING_WITHDRAWN}', '{PERSON_FORGOTTEN}',
                    '{OUTSIDE_FORGETTING_REQUESTED}', '{OUTSIDE_FORGETTING_WITHDRAWN}', '{OUTSIDE_PERSON_FORGOTTEN}')
     order by position
"""  # noqa: S608 - constants of this program
_DONE: Final = (PERSON_FORGOTTEN, OUTSIDE_PERSON_FORGOTTEN)


async def forgetting_requests(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """One for each person, the latest first: `state` is requested, withdrawn or forgotten. No name stands there."""
    found: dict[str, dict[str, Any]] = {}
    for row in await pool.fetch(_EVENTS):
        data, by = orjson.loads(row["data"]), orjson.loads(row["meta"])["actor"]["subject"]
        one = found.pop(data["person_id"], {"person_id": data["person_id"]})
        told = {"at": row["recorded_at"].isoformat(), "by": by}
        if row["type"] in _DONE:
            one |= {"state": "forgotten", "confirmed": told}
        elif "request" in data:
            reason = data["request"]["reason"]
            ground = GROUNDS[reason]
            one |= {"state": "requested", "reason": reason, "words": ground.words, "article": ground.article}
            one |= {"requested": told, "withdrawn": None}
        else:
            one |= {"state": "withdrawn", "withdrawn": told}
        found[data["person_id"]] = one
    return [*found.values()][::-1]
