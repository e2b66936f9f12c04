"""How an import of `activities` is undone, and what is told of the records that a person has to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg

from services.activities.domain.activity import ACTIVITY, ActivityState
from services.activities.domain.brand import BRAND
from services.activities.domain.brand_facts import own_owners
from services.activities.domain.brand_state import BrandState
from services.activities.domain.joint_agreement import JOINT_AGREEMENT, JointAgreementState
from services.activities.domain.joint_problem import JOINT_PROBLEM, JointProblemState
from services.activities.domain.main_brand import MAIN_BRAND
from services.activities.domain.partner import PARTNER, PartnerState
from services.activities.domain.undoing import NOTHING_TO_UNDO, UNDO
from services.activities.naming import NOUNS, named_by
from services.activities.replica import units
from shared.acts import AnyDecider, CommandDeps
from shared.ledgers.undoing import Undoing

_DECIDERS: Final[dict[str, AnyDecider]] = {
    one.category: one for one in (ACTIVITY, BRAND, MAIN_BRAND, PARTNER, JOINT_AGREEMENT, JOINT_PROBLEM)
}
_RECORDS: Final = frozenset({ACTIVITY.category, BRAND.category, JOINT_AGREEMENT.category})
_FOLLOWS: Final = {"main_brand": ("brand", "brand_id")}


def activities_undoing(pool: asyncpg.Pool, deps: CommandDeps) -> Undoing:
    """How `shared.ledgers.undoing` leads the records of activities back: no partner whom another record names."""

    async def described(stuck: Sequence[tuple[str, str, Any]]) -> list[dict[str, Any]]:
        async with pool.acquire() as connection:
            known = await units(connection)
        names = {unit.unit_id: unit.name for unit in known.all}
        told = [_told(identity, state) for _, identity, state in stuck]
        return [one | {"unit": names.get(one["unit_id"] or "")} for one in told]

    async def named(before: Mapping[str, Any]) -> dict[str, str]:
        first = PARTNER.category + "-"
        gone = [
            stream.removeprefix(first)
            for stream, state in before.items()
            if stream.startswith(first) and state.status != "registered"
        ]
        found = await named_by(pool, deps, gone, before)
        return {first + partner: f"仍有{NOUNS[category]}写着它" for partner, (category, _) in found.items()}

    return Undoing(_DECIDERS, UNDO, NOTHING_TO_UNDO, _RECORDS, described, named, _FOLLOWS)


def _told(identity: str, state: Any) -> dict[str, Any]:
    unit: str | None = None
    title: str | None = None
    date: str | None = None
    if isinstance(state, ActivityState) and state.facts is not None:
        unit, title, date = state.facts.unit_id, state.facts.title, state.facts.date
    elif isinstance(state, JointAgreementState) and state.facts is not None:
        unit, title, date = state.facts.proposer.party_id, state.facts.number, state.facts.signed
    elif isinstance(state, JointProblemState) and state.facts is not None:
        title, date = state.facts.subject, state.facts.raised_on
    elif isinstance(state, PartnerState) and state.facts is not None:
        title = state.facts.organisation + (state.facts.branch or "")
    elif isinstance(state, BrandState) and state.facts is not None:
        unit, title = next(iter(own_owners(state.facts)), None), state.facts.name
    return {"unit_id": unit or identity, "title": title, "date": date}
