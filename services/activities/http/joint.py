"""What the routes of joint construction share: where a party stands, and whether what a record names is there."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from services.activities.domain.activity import ActivityState
from services.activities.domain.agreement_facts import agreement_parties
from services.activities.domain.joint_agreement import JointAgreementState
from services.activities.http.parts import Parts
from services.activities.queries import agreement
from shared.acts import AnyDecider, Outcome, PreconditionFailed
from shared.command_path import execute, load_state
from shared.contracts.activities import ActivityFacts
from shared.contracts.ids import party_committee_id
from shared.contracts.joint import JointAgreementFacts, Party
from shared.contracts.values import Value
from shared.http.calls import Call
from shared.http.commands import context
from shared.meta import Actor
from shared.rejection import Rejected


def places(site: str, parties: Iterable[Party | None]) -> list[str]:
    """The organisation paths of this court's units among the parties; the court's own where there are none."""
    own = [party.party_id for party in parties if party is not None and party.party_kind == "own_unit"]
    committee = str(party_committee_id(site))
    return [site if identity == committee else f"{site}.{identity}" for identity in own] or [site]


def authority(site: str, facts: JointAgreementFacts) -> list[str]:
    """Where an agreement may be stated: with its proposer, or with a party of this court if another proposed it."""
    proposed_here = facts.proposer.party_kind == "own_unit"
    return places(site, [facts.proposer] if proposed_here else facts.parties)


def refuse_other_lead(call: Call, site: str, facts: ActivityFacts) -> None:
    """The unit of this court that leads an activity is the one whose people state it; else 403."""
    if facts.joint is not None and facts.joint.lead.party_kind == "own_unit":
        call.actor_on(places(site, [facts.joint.lead])[0])


async def repeated(call: Call, parts: Parts) -> bool:
    """Whether the command was carried out before: its first answer stands, whatever has been merged or undone since."""
    return await parts.deps.store.find_command(call.command_id) is not None


async def refuse_unknown_joint(call: Call, parts: Parts, facts: ActivityFacts, recorded: ActivityFacts | None) -> None:
    """Raise `Rejected` for a party or an agreement that is not there; what is recorded already may stay."""
    if facts.joint is None or await repeated(call, parts):
        return
    before = None if recorded is None else recorded.joint
    known = set() if before is None else {before.lead, *(one.party for one in before.participations)}
    named = [(f"facts.joint.participations.{n}.party", one.party) for n, one in enumerate(facts.joint.participations)]
    named.append(("facts.joint.lead", facts.joint.lead))
    await parts.refuse_unknown_parties([(field, party) for field, party in named if party not in known])
    if before is None or before.agreement_id != facts.joint.agreement_id:
        await refuse_unknown_agreement(parts, facts.joint.agreement_id, "facts.joint.agreement_id")


async def refuse_unknown_agreement(parts: Parts, agreement_id: str | None, field: str) -> None:
    """Raise `Rejected` where no agreement stands under the id; one that is over may be named."""
    if agreement_id is not None and not (await agreement(parts.deps, agreement_id)).stands:
        problem, expected = "没有这份联建协议，或已经撤销", "已登记的联建协议的编号"
        raise Rejected("unknown_agreement", field, problem, expected, value=agreement_id)


def new_parties(facts: JointAgreementFacts, state: JointAgreementState) -> list[tuple[str, Party]]:
    """The parties that an agreement does not name yet, each with its field."""
    known = set() if state.facts is None else {party for _, party in agreement_parties(state.facts)}
    return [(field, party) for field, party in agreement_parties(facts) if party not in known]


async def stated_anew(
    call: Call, parts: Parts, actor: Actor, decider: AnyDecider, aggregate_id: UUID, command: Value, taken: Rejected
) -> Outcome:
    """Carry out the first statement of a record found by its number; raise `taken` where one stands under it."""
    state, version = await load_state(parts.deps, decider, aggregate_id)
    try:
        return await execute(
            parts.deps,
            context(call, actor),
            decider,
            aggregate_id,
            command,
            expected_version=0 if _stands(state) else version,
        )
    except PreconditionFailed:
        raise taken from None


def _stands(state: ActivityState | JointAgreementState) -> bool:
    if isinstance(state, ActivityState):
        return state.status is not None and state.cause != "entered_by_mistake"
    return state.stands
