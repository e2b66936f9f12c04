"""`lianjian verify`: whether logs, seals, journal, commands and projections still agree. It repairs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.stored_events import CODEC as MEMBERS
from services.reporting.projections import PROJECTIONS
from shared.sealing.key_files import load_public_key
from shared.sealing.keys import PublicKey
from shared.sealing.origin import Origin
from shared.verification import LogToCheck, Progress, Verdict, silent, verify_journal, verify_log, verify_projections

_FAMILIES: Final = {"members": MEMBERS.families, "activities": ACTIVITIES.families}
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
        for service in _FAMILIES:
            keys = _own_keys(config, service, verdict)
            log = LogToCheck(service, _origin(site, service), keys, _family_of(service))
            async with _opened(databases[service]["application"], service, verdict) as events:
                if events is not None:
                    await _guarded(f"{service} 的日志", verdict, verify_log(events, reporting, log, verdict, progress))
        keys_of = await _keys(reporting, config)
        await _guarded("账本", verdict, verify_journal(reporting, keys_of, verdict, progress))
        await _guarded("视图", verdict, verify_projections(reporting, PROJECTIONS, verdict, progress))
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


def _own_keys(config: Mapping[str, Any], service: str, verdict: Verdict) -> list[PublicKey]:
    try:
        return [load_public_key(Path(config["key_dirs"][service]))]
    except (OSError, ValueError) as error:
        verdict.unchecked.append(f"{service} 的公钥读不到：{type(error).__name__}")
        return []


async def _keys(reporting: asyncpg.Pool, config: Mapping[str, Any]) -> Callable[[str], Sequence[PublicKey]]:
    """This site's keys from their files, those of others as reporting received them."""
    own = {service: _own_keys(config, service, Verdict()) for service in _FAMILIES}
    named: dict[str, list[PublicKey]] = {}
    for row in await reporting.fetch("select site, service, public_key from origin_keys"):
        named.setdefault(f"{row['site']}/{row['service']}", []).append(PublicKey(row["public_key"]))

    def keys_of(origin: str) -> Sequence[PublicKey]:
        site, service = origin.split("/")[:2]
        return own.get(service, []) if site == config["court"] else named.get(f"{site}/{service}", [])

    return keys_of
