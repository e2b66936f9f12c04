"""`lianjian verify`: whether logs, seals, journal, commands and projections still agree. It repairs nothing."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.stored_events import CODEC as MEMBERS
from services.reporting.projections import PROJECTIONS
from shared.contracts.links import KEY_CHANGED
from shared.own_keys import log_stream
from shared.sealing.key_files import load_public_key
from shared.sealing.keys import PublicKey, public_key
from shared.sealing.origin import Origin
from shared.verification import (
    KeysAt,
    LogToCheck,
    Progress,
    Verdict,
    silent,
    verify_journal,
    verify_links,
    verify_log,
    verify_projections,
)

_FAMILIES: Final = {"members": MEMBERS.families, "activities": ACTIVITIES.families}
_CHANGES: Final = "select position, data from events where stream = $1 and type = $2 order by version"
_KEYS: Final = "select site, service, public_key, from_position, to_position, revoked_from from origin_keys"
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


async def verify(config: Mapping[str, Any], progress: Progress = silent) -> Verdict:
    """Check the running court that `config` (`var/lianjian.json`) describes; may run while it works.

    `code` of the result is 0 when everything agrees, 1 when something differs, 2 when something could not be checked.
    """
    verdict = Verdict()
    databases, site = config["databases"], config["court"]
    async with _opened(databases["reporting"]["application"], "reporting", verdict) as reporting:
        if reporting is None:
            return verdict
        own: dict[str, KeysAt] = {}
        for service in _FAMILIES:
            async with _opened(databases[service]["application"], service, verdict) as events:
                first = _first_key(config, service, verdict)
                own[service] = await _own_keys(events, site, service, first)
                log = LogToCheck(service, _origin(site, service), own[service], _family_of(service))
                if events is not None:
                    await _guarded(f"{service} 的日志", verdict, verify_log(events, reporting, log, verdict, progress))
        keys_of = await _keys(reporting, site, own)
        await _guarded("账本", verdict, verify_journal(reporting, keys_of, verdict, progress))
        await _guarded("视图", verdict, verify_projections(reporting, PROJECTIONS, verdict, progress))
        await _guarded("联通", verdict, verify_links(reporting, verdict))
    return verdict


def _origin(site: str, service: str) -> Callable[[int], str]:
    return lambda epoch: Origin(site, service, epoch=epoch).text


def _family_of(service: str) -> Callable[[str], str]:
    return lambda kind: _FAMILIES[service][kind].name


async def _guarded(what: str, verdict: Verdict, check: Any) -> None:
    try:
        await check
    except _AWAY as error:
        verdict.unchecked.append(f"{what}：{type(error).__name__}: {error}")


@asynccontextmanager
async def _opened(url: str, service: str, verdict: Verdict) -> AsyncIterator[asyncpg.Pool | None]:
    try:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=2, timeout=5)
    except _AWAY as error:
        verdict.unchecked.append(f"{service} 的数据库连不上：{type(error).__name__}")
        yield None
        return
    try:
        yield pool
    finally:
        await pool.close()


def _first_key(config: Mapping[str, Any], service: str, verdict: Verdict) -> list[PublicKey]:
    try:
        return [load_public_key(Path(config["key_dirs"][service]))]
    except (OSError, ValueError) as error:
        verdict.unchecked.append(f"{service} 的公钥读不到：{type(error).__name__}")
        return []


async def _own_keys(events: asyncpg.Pool | None, site: str, service: str, first: Sequence[PublicKey]) -> KeysAt:
    """The first key from its file, later ones as the log itself names them, each from there on."""
    counting = [(1, key) for key in first]
    if events is not None and first:
        stream, changed = log_stream(site, service), KEY_CHANGED[service]
        with contextlib.suppress(*_AWAY):
            rows = await events.fetch(_CHANGES, stream, changed)
            named = [json.loads(row["data"])["key"]["public_key"] for row in rows]
            counting += [(row["position"] + 1, public_key(text)) for row, text in zip(rows, named, strict=True)]
    return lambda position: [key for begins, key in counting if begins <= position][-1:]


async def _keys(reporting: asyncpg.Pool, site: str, own: Mapping[str, KeysAt]) -> Callable[[str], KeysAt | None]:
    """This site's keys as above, those of others as reporting received them: each as far as it counts."""
    rows = await reporting.fetch(_KEYS)

    def keys_of(origin: str) -> KeysAt | None:
        named, service = origin.split("/")[:2]
        if named == site and service in own:
            return own[service]
        theirs = [row for row in rows if (row["site"], row["service"]) == (named, service)]
        if not theirs:
            return None
        return lambda position: [PublicKey(row["public_key"]) for row in theirs if _counts(row, position)]

    return keys_of


def _counts(row: asyncpg.Record, position: int) -> bool:
    ended = row["to_position"] is not None and row["to_position"] < position
    revoked = row["revoked_from"] is not None and row["revoked_from"] <= position
    return row["from_position"] <= position and not ended and not revoked
