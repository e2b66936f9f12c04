"""What is recorded of joint construction, read from the streams themselves: always current."""

from __future__ import annotations

from collections.abc import Iterable

from services.activities.domain.joint import joint_remarks
from services.activities.domain.joint_agreement import JOINT_AGREEMENT, JointAgreementState
from services.activities.domain.partner import PARTNER, PartnerState
from shared.acts import CommandDeps
from shared.contracts.activities import ActivityFacts
from shared.contracts.joint import Party
from shared.ledgers.states import load_states


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
