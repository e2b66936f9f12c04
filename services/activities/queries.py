"""What is recorded of joint construction, read from the streams themselves: always current."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import asyncpg

from services.activities.domain.agreement_facts import agreement_parties
from services.activities.domain.joint import joint_remarks
from services.activities.domain.joint_agreement import JOINT_AGREEMENT, JointAgreementState
from services.activities.domain.partner import PARTNER, PartnerState
from shared.acts import CommandDeps
from shared.contracts.activities import ActivityFacts
from shared.contracts.joint import Party
from shared.ledgers.states import load_states

# The agreements lie together in the index of streams: "." is the character after "-".
_NAMING: Final = """
    select distinct substr(stream, 17) as id from events
     where stream >= 'joint_agreement-' and stream < 'joint_agreement.' and strpos(data, $1) > 0
     order by id
"""


async def partners(deps: CommandDeps, ids: Iterable[str]) -> dict[str, PartnerState]:
    """The partners by id; the initial state where nobody is registered."""
    return await load_states(deps, PARTNER, ids)


async def aliases(deps: CommandDeps, ids: Iterable[str]) -> dict[str, str]:
    """Of these partners those that are merged, and whatever they are merged into: each with the one it leads to."""
    found: dict[str, str] = {}
    seen, asked = set[str](), set(ids)
    while asked:
        states = await partners(deps, sorted(asked))
        found |= {identity: state.into for identity, state in states.items() if state.into is not None}
        seen |= asked
        asked = set(found.values()) - seen
    return found


async def agreement(deps: CommandDeps, agreement_id: str) -> JointAgreementState:
    """The agreement; the initial state where there is none."""
    states: dict[str, JointAgreementState] = await load_states(deps, JOINT_AGREEMENT, [agreement_id])
    return states[agreement_id]


async def agreement_naming(pool: asyncpg.Pool, deps: CommandDeps, partner_id: str) -> str | None:
    """The id of an agreement that stands and has the partner among its parties, if there is any."""
    rows = await pool.fetch(_NAMING, partner_id)
    states: dict[str, JointAgreementState] = await load_states(deps, JOINT_AGREEMENT, [row["id"] for row in rows])
    naming = (
        identity
        for identity, state in states.items()
        if state.stands and state.facts is not None
        if partner_id in [party.party_id for _, party in agreement_parties(state.facts)]
    )
    return next(naming, None)


async def remarks_on(deps: CommandDeps, facts: ActivityFacts) -> tuple[str, ...]:
    """`joint_remarks` of an activity beside what is recorded now of its agreement and of partners."""
    if facts.joint is None or facts.joint.agreement_id is None:
        return ()
    agreed = await agreement(deps, facts.joint.agreement_id)
    parties: list[Party] = [one.party for one in facts.joint.participations]
    if agreed.facts is not None:
        parties += [agreed.facts.proposer, *agreed.facts.parties]
    merged = await aliases(deps, {one.party_id for one in parties if one.party_kind == "partner"})
    return joint_remarks(facts, agreed, merged)
