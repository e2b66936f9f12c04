"""Which records name a partner: it is not taken away from under them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import asyncpg

from services.activities.domain.activity import ACTIVITY, ActivityState
from services.activities.domain.agreement_facts import agreement_parties
from services.activities.domain.brand import BRAND
from services.activities.domain.brand_state import BrandState
from services.activities.domain.joint_agreement import JOINT_AGREEMENT, JointAgreementState
from services.activities.domain.joint_problem import JOINT_PROBLEM, JointProblemState
from services.activities.domain.party_plus_project import PROJECT, ProjectState
from shared.acts import CommandDeps
from shared.contracts.joint import Party
from shared.ledgers.states import load_states

NOUNS: Final = {
    JOINT_AGREEMENT.category: "联建协议",
    ACTIVITY.category: "活动",
    JOINT_PROBLEM.category: "问题",
    BRAND.category: "品牌",
    PROJECT.category: "党建+项目",
}
_DECIDERS: Final = {one.category: one for one in (JOINT_AGREEMENT, ACTIVITY, JOINT_PROBLEM, BRAND, PROJECT)}

# Few events name partners at all; they are looked for among these only.
_NAMING: Final = """
    select distinct stream from events
     where strpos(data, '"party_kind":"partner"') > 0
       and exists (select from unnest($1::text[]) as wanted (id) where strpos(data, wanted.id) > 0)
     order by stream
"""


async def named_by(
    pool: asyncpg.Pool, deps: CommandDeps, partner_ids: Collection[str], instead: Mapping[str, Any] | None = None
) -> dict[str, tuple[str, str]]:
    """Of the partners those that a standing record names, each with category and id of the first one.

    `instead` holds, by stream, states to which records are led back at the same time.
    """
    if not partner_ids:
        return {}
    streams = [row["stream"] for row in await pool.fetch(_NAMING, sorted(partner_ids))]
    found: dict[str, tuple[str, str]] = {}
    for category, decider in _DECIDERS.items():
        ids = [stream[-36:] for stream in streams if stream[:-37] == category]
        states = await load_states(deps, decider, ids) if ids else {}
        for identity, state in states.items():
            standing = (instead or {}).get(f"{category}-{identity}", state)
            for party in _parties(standing):
                if party.party_kind == "partner" and party.party_id in partner_ids:
                    found.setdefault(party.party_id, (category, identity))
    return found


def _parties(state: Any) -> list[Party]:
    """Everybody whom a record names, as long as it stands."""
    match state:
        case JointAgreementState(facts=facts) if state.stands and facts is not None:
            return [party for _, party in agreement_parties(facts)]
        case ActivityState(facts=facts) if state.status not in (None, "cancelled") and facts and facts.joint:
            return [facts.joint.lead, *(one.party for one in facts.joint.participations)]
        case JointProblemState(facts=facts) if state.stands and facts is not None:
            return [party for party in (facts.raised_by, facts.owner) if party is not None]
        case BrandState(facts=facts) if state.status in ("registered", "revoked") and facts is not None:
            return [*facts.owners]
        case ProjectState(facts=facts) if state.status != "undone" and facts is not None:
            return [*facts.partners]
        case _:
            return []
