"""联建协议, 联建活动 and 品牌台账 of a year."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from services.activities.domain.activity import ACTIVITY, ActivityState
from services.activities.domain.brand import BRAND
from services.activities.domain.brand_state import BrandState
from services.activities.domain.joint_agreement import JOINT_AGREEMENT, JointAgreementState
from services.activities.domain.joint_problem import JOINT_PROBLEM, JointProblemState
from services.activities.domain.partner import PARTNER
from services.activities.exports.names import ExportDeps, known_units, names_of
from services.activities.rows.joint import agreement_cells, brand_cells, joint_activity_cells
from services.activities.rows.wording import Names
from shared.acts import AnyDecider
from shared.contracts.joint import PartnerFacts
from shared.ledgers.states import states_of
from shared.ledgers.writing import Out
from shared.meta import Actor

Row = dict[str, Out]


async def agreements(deps: ExportDeps, actor: Actor, year: int) -> list[Row]:
    """Agreements signed by the year's end and not ended before it began; those not signed yet too."""
    states: list[tuple[str, JointAgreementState]] = await _in_order(deps, JOINT_AGREEMENT)
    found = [(one, state) for one, state in states if state.stands and _of_year(state, year)]
    contacts = {state.details.contact_id for _, state in found if state.details.contact_id is not None}
    names = Names(await names_of(deps, actor, contacts), await known_units(deps), deps.court, await _partners(deps))
    return [agreement_cells(one, state, state.facts, names) for one, state in found if state.facts is not None]


async def joint_activities(deps: ExportDeps, _actor: Actor, year: int) -> list[Row]:
    """联建活动 of the year, each with the problems that it raised."""
    states: list[tuple[str, ActivityState]] = await _in_order(deps, ACTIVITY)
    problems = defaultdict[str, list[JointProblemState]](list)
    for _, problem in await _in_order(deps, JOINT_PROBLEM):
        if problem.stands and problem.facts is not None and problem.facts.activity_id is not None:
            problems[problem.facts.activity_id].append(problem)
    signed: list[tuple[str, JointAgreementState]] = await _in_order(deps, JOINT_AGREEMENT)
    numbers = {one: state.facts.number for one, state in signed if state.facts and state.facts.number}
    names = Names({}, await known_units(deps), deps.court, await _partners(deps), agreements=numbers)
    return [
        joint_activity_cells(one, state, state.facts, problems[one], names)
        for one, state in states
        if state.facts is not None
        and state.facts.kind == "joint_activity"
        and state.status in ("held", "recorded")
        and state.facts.date[:4] == str(year)
    ]


async def brands(deps: ExportDeps, _actor: Actor, year: int) -> list[Row]:
    """The brands that stand, without those whose first step came after the year."""
    states: list[tuple[str, BrandState]] = await _in_order(deps, BRAND)
    found = [(one, state) for one, state in states if state.status == "registered" and _begun_by(state, year)]
    known = {one: state.facts.name for one, state in states if state.facts is not None and state.facts.name}
    names = Names({}, await known_units(deps), deps.court, await _partners(deps), brands=known)
    return [brand_cells(one, state, state.facts, names) for one, state in found if state.facts is not None]


async def _in_order(deps: ExportDeps, decider: AnyDecider) -> list[tuple[str, Any]]:
    found = [(first, one, state) async for one, state, first in states_of(deps.pool, deps.commands, decider)]
    return [(one, state) for _, one, state in sorted(found, key=lambda each: each[0])]


async def _partners(deps: ExportDeps) -> dict[str, PartnerFacts]:
    return {one: state.facts for one, state in await _in_order(deps, PARTNER) if state.facts is not None}


def _of_year(state: JointAgreementState, year: int) -> bool:
    signed = state.facts.signed if state.facts else None
    ended = state.ending.effective_to if state.ending else None
    return (signed is None or signed[:4] <= str(year)) and (ended is None or ended[:4] >= str(year))


def _begun_by(state: BrandState, year: int) -> bool:
    dated = [step.date for step in state.steps if step.date is not None]
    return not dated or min(dated)[:4] <= str(year)
