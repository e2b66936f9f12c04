"""How each link to a site below stands: what came, what is missing, and why nothing is taken where that is so."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import orjson

# Of each log its latest epoch; a site that two links lead to stands at both.
_ORIGINS: Final = """
with recursive way (link, site, depth) as (
    select site, site, 1 from linked_sites where parent = $1 and role = 'lower' and state <> 'revoked'
    union
    select way.link, below.site, depth + 1 from linked_sites as below join way on below.parent = way.site
     where below.role = 'lower' and below.state <> 'revoked' and depth < 8
), latest as (
    select distinct on (split_part(origin, '/', 1), split_part(origin, '/', 2)) receipts.*
      from receipts order by split_part(origin, '/', 1), split_part(origin, '/', 2),
           split_part(origin, '/', 4)::bigint desc
)
select distinct way.link, way.depth, latest.origin, have, head as sealed_to, head_time,
       case when head_time is not null
            then greatest(extract(epoch from clock_timestamp() - least(head_time, head_seen)), 0)::float8
       end as head_age,
       extract(epoch from clock_timestamp() - behind_since)::float8 as behind_seconds,
       extract(epoch from clock_timestamp() - greatest(received_at, head_seen))::float8 as message_age,
       coalesce((select sum(events) from unknown_types where unknown_types.origin = latest.origin), 0)::bigint
       as unknown_events
  from way join latest on split_part(latest.origin, '/', 1) = way.site
 order by way.link, way.depth, latest.origin
"""
_LINKS: Final = """
select linked.site, linked.name, linked.state, linked.withheld, linked.grounds,
       stopped.suspended_at, stopped.reason, stopped.origin, stopped.position, coalesce(stopped.dropped, 0) as dropped,
       kept.problem
  from linked_sites as linked
  left join inbound_links as stopped on stopped.link = 'up.' || linked.site
  left join lateral (
       select problem from quarantine
        where link = stopped.link and origin = stopped.origin and reason = stopped.reason
        order by position is not distinct from stopped.position desc, received_at desc limit 1
       ) as kept on stopped.suspended_at is not null
 where linked.parent = $1 and linked.role = 'lower'
 order by linked.official_order nulls last, linked.site
"""

# Of the epoch that a new one would follow: the latest before it that has the position.
_ROOT: Final = """
select h from journal
 where origin like $1 || '/log/%' and split_part(origin, '/', 4)::bigint < $2 and position = $3
 order by split_part(origin, '/', 4)::bigint desc limit 1
"""

_TAMPERED: Final = (
    "请该院执行 lianjian verify 核对自己的日志，与本院留存的两份封存说明比对；查明前不要恢复，查明后由人恢复接收"
)
REMEDIES: Final[dict[str, str]] = {
    "person": "由人暂停：可恢复时执行 lianjian link resume",
    "subtree": "该院送来了不属于其下级的法院的记录：与该院核对其联通清单；查明后恢复接收",
    "origin": "该院送来了不该有的序列：核对两院的程序版本；查明后恢复接收",
    "addressee": "信件不由这条通道送来：核对两院的程序版本；查明后恢复接收",
    "fork": _TAMPERED,
    "chain": _TAMPERED,
    "length": _TAMPERED,
    "rollback": (
        "来源法院可能恢复了较旧的备份：请其先恢复较新的备份；没有则由其执行 lianjian link recover 另开一期，"
        "本院核对后执行 lianjian link accept-epoch，再恢复接收"
    ),
    "withheld": "该院保留了约定必须上送的内容：请其核对程序版本和约定；改正后恢复接收",
    "private": "含个人信息的内容不应离开该院：通知该院立即停用并升级程序，按 docs/how-to/privacy.md 处理；之后恢复接收",
    "family": "事件归在了别的类别下：核对两院的程序版本；查明后恢复接收",
    "epoch": "日志的新一期尚未由本院认可：查明原因后执行 lianjian link accept-epoch，再恢复接收",
    "key": "签名用的不是此处有效的密钥：与该院核对密钥（lianjian link rotate-key）；密钥失窃则撤销该密钥",
    "signature": "签名与内容不符：" + _TAMPERED,
    "keys": "该院写明的密钥与已知的不同：电话核对指纹；查明后恢复接收",
    "statement": "联通说明没有双方签名：请该院与其下级重新联通；之后恢复接收",
}
"""What to do, by the reason of a suspension."""

_OTHERWISE: Final = "查看 lianjian quarantine show，与该院核对程序版本；查明后恢复接收"


async def links_down(pool: asyncpg.Pool, site: str, head_max_age_seconds: float) -> bytes:
    """`{"links": […]}` in official order; ages in seconds, None before the first message.

    A log is `complete` when its head is young enough and everything it tells of is here; `connected` (连通) are links
    whose own logs have young heads.
    """
    links, rows = await pool.fetch(_LINKS, site), await pool.fetch(_ORIGINS, site)
    by_link: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        by_link.setdefault(row["link"], []).append(row)
    return orjson.dumps({"links": [_link(link, by_link.get(link["site"], []), head_max_age_seconds) for link in links]})


async def root_held(pool: asyncpg.Pool, site: str, service: str, epoch: int, position: int) -> bytes:
    """`{"root": …}`: what is held here at a position of the log that `epoch` is to follow; None where nothing is."""
    h = await pool.fetchval(_ROOT, f"{site}/{service}", epoch, position)
    return orjson.dumps({"root": None if h is None else h.hex()})


def _link(link: asyncpg.Record, rows: list[asyncpg.Record], max_age: float) -> dict[str, Any]:
    origins = [_origin(row, max_age) for row in rows]
    own = [row["head_age"] for row in rows if row["depth"] == 1]
    heard = [row["message_age"] for row in rows if row["message_age"] is not None]
    oldest = max(own) if own and None not in own else None
    stopped = link["suspended_at"] is not None
    return {
        "lower": link["site"],
        "name": link["name"],
        "state": link["state"],
        "withheld_families": link["withheld"],
        "connected": oldest is not None and oldest <= max_age,
        "head_age": oldest,
        "last_message_age": min(heard, default=None),
        "complete": not stopped and bool(origins) and all(origin["complete"] for origin in origins),
        "suspended_at": link["suspended_at"],
        "reason": link["reason"],
        "origin": link["origin"],
        "position": link["position"],
        "problem": link["problem"],
        "remedy": REMEDIES.get(link["reason"], _OTHERWISE) if stopped else None,
        "dropped": link["dropped"],
        "unknown_events": sum(origin["unknown_events"] for origin in origins),
        "origins": origins,
    }


def _origin(row: asyncpg.Record, max_age: float) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name not in ("link", "depth", "message_age")}
    age, sealed_to = row["head_age"], row["sealed_to"]
    is_complete = age is not None and age <= max_age and sealed_to is not None and row["have"] >= sealed_to
    behind = row["behind_seconds"]
    return {**told, "complete": is_complete, "late": (behind or 0.0) > max_age or (age or 0.0) > max_age}
