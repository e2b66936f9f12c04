"""How the links to other sites stand, as reporting sees it: what went up, and what came from below."""

from __future__ import annotations

from typing import Final

from services.reporting.http.parts import Parts
from services.reporting.queries.links_down import links_down
from services.reporting.queries.links_up import links_up
from shared.http.calls import Call
from shared.http.replies import Reply
from shared.http.routing import Router
from shared.identity.access import Requirement

STATUS: Final = Requirement("read_status", "site")
router = Router()


@router.get("/links/up", requires=STATUS, summary="上送：各上级法院已发送、已收到、已会签至何处")
async def read_links_up(call: Call, parts: Parts) -> Reply:
    call.actor_on(parts.site)
    return Reply(await links_up(parts.pool, parts.site))


@router.get("/links/down", requires=STATUS, summary="收下级：各下级法院是否连通、收齐，被停收的原因和处理办法")
async def read_links_down(call: Call, parts: Parts) -> Reply:
    call.actor_on(parts.site)
    return Reply(await links_down(parts.pool, parts.site, parts.head_max_age_seconds))
