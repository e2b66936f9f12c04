"""Who is meant by the names of a ledger, and which units the court has, at the time of an import."""

from __future__ import annotations

from collections.abc import Sequence

from services.activities.imports.names import (
    Mention,
    People,
    ask_members,
    outside_people,
    refuse_ambiguous,
    registrations,
)
from services.activities.imports.recorded import ActivitiesDeps
from services.activities.imports.units import LedgerUnits
from services.activities.replica import have, units
from shared.acts import Act
from shared.broker.lookups import LookupDenied
from shared.contracts.lookups import NameAsked, NameFound
from shared.ledgers.cells import Refused, RowError
from shared.ledgers.recognise import Ledger
from shared.ledgers.row_reading import Findings
from shared.ledgers.runs import Claimed
from shared.meta import Source
from shared.personal.keyed_hash import keyed_hash


async def court_units(deps: ActivitiesDeps) -> tuple[LedgerUnits, int]:
    """The units, and the position of the log of members up to which they are known."""
    async with deps.pool.acquire() as connection:
        return LedgerUnits(deps.site, await units(connection)), await have(connection, deps.site)


def source_of(ledger: Ledger, claimed: Claimed) -> Source:
    """Where the events of a run come from."""
    return Source(kind="import", run=claimed.run_id, sheet=ledger.sheet)


async def people_named(
    deps: ActivitiesDeps, findings: Findings, claimed: Claimed, every: Sequence[Mention], position: int
) -> tuple[People, list[Act]]:
    """Everybody whom the rows name, and the acts that register those outside the roster.

    Raises `Refused` with every error found so far, ambiguous names included.
    """
    found = await _asked(deps, findings.ledger, claimed, every, f"members.1@{position}")
    refuse_ambiguous(every, found)
    findings.refuse_if_any()
    strangers = [mention for mention in every if found[mention.asked].status == "unknown"]
    hashed = keyed_hash(deps.hash_key, "outside_person_keys")
    outside = await outside_people(deps.pool, hashed, strangers, keep=not claimed.dry_run)
    people = People({asked: one.person_id for asked, one in found.items() if one.person_id is not None}, outside)
    return people, registrations(strangers, outside, source_of(findings.ledger, claimed))


async def _asked(
    deps: ActivitiesDeps, ledger: Ledger, claimed: Claimed, every: Sequence[Mention], after: str
) -> dict[NameAsked, NameFound]:
    try:
        return await ask_members(deps.resolve, claimed.actor, after, every) if every else {}
    except LookupDenied:
        problem, expected = "没有查询姓名的权限", "由有权查看全院姓名的人导入"
        raise Refused([RowError(ledger.sheet, None, None, None, "lookup_denied", problem, expected)]) from None
