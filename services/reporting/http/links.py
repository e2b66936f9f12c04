"""How the links to other sites stand, as reporting sees it: what went up, and what came from below."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import Query

from services.reporting.http.parts import Parts
from services.reporting.queries.links_down import links_down, root_held
from services.reporting.queries.links_up import links_up
from services.reporting.queries.signing_keys import signing_keys
from shared.contracts.links import SiteId
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


@router.get("/links/down/root", requires=STATUS, summary="本院所存下级法院日志在某位置的根，接受新的一期之前核对")
async def read_root_held(
    call: Call,
    parts: Parts,
    site: SiteId,
    log: Literal["members", "activities"],
    epoch: Annotated[int, Query(ge=2, le=1_000_000)],
    position: Annotated[int, Query(ge=0, le=2**53 - 1)],
) -> Reply:
    call.actor_on(parts.site)
    return Reply(await root_held(parts.pool, site, log, epoch, position))


@router.get("/links/keys", requires=STATUS, summary="一个站点的签名密钥在此处各自从何处到何处有效，撤销密钥之前核对")
async def read_signing_keys(call: Call, parts: Parts, site: SiteId) -> Reply:
    call.actor_on(parts.site)
    return Reply(await signing_keys(parts.pool, parts.site, site))
