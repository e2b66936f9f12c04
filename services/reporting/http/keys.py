"""The signing key that may follow the present one; `members` records it, and from then on it signs."""

from __future__ import annotations

import asyncio
from typing import Final

from services.reporting.http.parts import Parts
from shared.http.calls import Call
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.sealing.key_files import make_next_key

MANAGE: Final = Requirement("manage_links", "site")
router = Router()


@router.post("/keys/next", requires=MANAGE, summary="备好 reporting 的下一个签名密钥")
async def make_key(call: Call, parts: Parts) -> Reply:
    """The same one until it counts."""
    call.actor_on(parts.site)
    async with parts.pool.acquire() as connection:
        history = await parts.own_keys.history(connection)
    made = await asyncio.to_thread(make_next_key, parts.own_keys.directory, history)
    return json_reply({"former_key_id": history[-1], "key_id": made.key_id, "public_key": made.text})
