"""What imports of `activities` are given, and what is recorded already of joint construction and brands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.activities.domain.brand import BRAND
from services.activities.domain.brand_state import BrandState
from services.activities.domain.joint_agreement import JOINT_AGREEMENT, JointAgreementState
from services.activities.domain.partner import PARTNER, PartnerState
from services.activities.imports.agreements import number_key
from services.activities.imports.joint_activities import Agreements
from services.activities.imports.names import Resolve
from services.activities.imports.parties import Parties
from services.activities.imports.units import LedgerUnits
from shared.acts import AnyDecider, CommandDeps
from shared.ledgers.recognise import Ledger, Row
from shared.ledgers.states import load_states

NEVER_TOO_LATE: Final = "2200-12-31"
"""A date still to come is odd in a ledger, not refused."""

_STREAMS: Final = "select stream from events where stream > $1 and stream < $2 and version = 1 order by stream"
_EARLIER: Final = "select activity_id::text as id from ledger_records where ledger = $1 and year = $2"
_KEEP: Final = """
    insert into ledger_records (ledger, year, activity_id) select $1, $2, unnest($3::uuid[]) on conflict do nothing
"""


@dataclass(frozen=True)
class ActivitiesDeps:
    """`resolve` asks members; `today` is the court's calendar day, `2024-02-20`; `court` its full name."""

    pool: asyncpg.Pool
    commands: CommandDeps
    site: str
    hash_key: bytes
    resolve: Resolve
    today: Callable[[], str]
    court: str


async def every_state(deps: ActivitiesDeps, decider: AnyDecider) -> dict[str, Any]:
    """The state of every aggregate of a kind, by id."""
    first, after = decider.category + "-", decider.category + "."
    streams = [row["stream"] for row in await deps.pool.fetch(_STREAMS, first, after)]
    return await load_states(deps.commands, decider, [stream.removeprefix(first) for stream in streams])


async def recorded_parties(deps: ActivitiesDeps, units: LedgerUnits) -> tuple[Parties, dict[str, str]]:
    """The parties of the court, and which partner counts as which other."""
    states: dict[str, PartnerState] = await every_state(deps, PARTNER)
    standing = {identity: state for identity, state in states.items() if state.status == "registered"}
    known = {identity: state.facts for identity, state in standing.items() if state.facts is not None}
    aliases = {identity: state.into for identity, state in standing.items() if state.into is not None}
    return Parties(deps.site, deps.court, units, known), aliases


async def recorded_agreements(deps: ActivitiesDeps, aliases: dict[str, str]) -> Agreements:
    """The agreements by number."""
    states: dict[str, JointAgreementState] = await every_state(deps, JOINT_AGREEMENT)
    standing = {identity: state for identity, state in states.items() if state.stands and state.facts is not None}
    ids = {
        number_key(state.facts.number): identity
        for identity, state in standing.items()
        if state.facts is not None and state.facts.number is not None
    }
    return Agreements(ids, standing, aliases)


async def recorded_brands(deps: ActivitiesDeps) -> dict[str, BrandState]:
    """Every brand by id."""
    found: dict[str, BrandState] = await every_state(deps, BRAND)
    return found


async def held_before(deps: ActivitiesDeps, ledger: Ledger, ids: Sequence[UUID | str], *, keep: bool) -> list[str]:
    """Records of earlier workbooks of the same ledger and year that this one leaves out; these are kept."""
    rows = await deps.pool.fetch(_EARLIER, ledger.kind, ledger.year)
    if keep:
        await deps.pool.execute(_KEEP, ledger.kind, ledger.year, [UUID(str(identity)) for identity in ids])
    return sorted({row["id"] for row in rows} - {str(identity) for identity in ids})


def given_id(row: Row) -> str | None:
    """The id that an exported workbook states beside a record."""
    cell = row.cells.get("record_id")
    try:
        return None if cell is None else str(UUID(cell.compact))
    except ValueError:
        return None
