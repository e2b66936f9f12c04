"""A Party-building brand: registered, taken through five steps, watched for its effect, revoked or undone."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from services.activities.domain import brand_effect as effect
from services.activities.domain import brand_record as whole
from services.activities.domain import brand_steps as steps
from services.activities.domain.brand_effect import (
    RecordBrandEvidence,
    SetBrandGoal,
    WithdrawBrandEvidence,
    WithdrawBrandGoal,
)
from services.activities.domain.brand_facts import (
    Ancestor,
    corrected_facts,
    refuse_impossible_facts,
    refuse_too_deep,
    seen_as,
)
from services.activities.domain.brand_record import RecordBrand, UndoBrand
from services.activities.domain.brand_state import (
    BrandDescriptionRecorded,
    BrandEvent,
    BrandState,
    Description,
    evolve,
)
from services.activities.domain.brand_steps import CompleteBrandStep, CorrectBrandStep, ReturnBrand, RevokeBrand
from shared.contracts.brands import BrandFacts, BrandRegistered
from shared.contracts.values import Id, Value
from shared.decider import Decider
from shared.rejection import Rejected


class RegisterBrand(Value):
    """A new brand, or a revoked one anew; `ancestors` go from the parent upwards."""

    brand_id: Id
    facts: BrandFacts
    ancestors: tuple[Ancestor, ...] = ()


class CorrectBrand(Value):
    """`facts` as they are now; `ancestors` go from the parent upwards, `levels_below` hang under the brand."""

    brand_id: Id
    facts: BrandFacts
    ancestors: tuple[Ancestor, ...] = ()
    levels_below: int = 0


class DescribeBrand(Value):
    """What carries the brand and what came of it, as it is now."""

    description: Description


class ConfirmBrand(Value):
    """Nothing changes: the brand has to be still as it was seen, so that nobody moves it while another hangs itself
    below it."""

    seen: Ancestor


StepCommand: TypeAlias = CompleteBrandStep | CorrectBrandStep | ReturnBrand | RevokeBrand
EffectCommand: TypeAlias = SetBrandGoal | WithdrawBrandGoal | RecordBrandEvidence | WithdrawBrandEvidence
BrandCommand: TypeAlias = (
    RegisterBrand | CorrectBrand | DescribeBrand | ConfirmBrand | RecordBrand | UndoBrand | StepCommand | EffectCommand
)


def decide(command: BrandCommand, state: BrandState) -> list[BrandEvent]:
    match command:
        case RegisterBrand():
            return _register(command, state)
        case RecordBrand():
            return whole.record(command, state)
        case ConfirmBrand():
            return _confirm(command, state)
        case RevokeBrand() if state.revoked_on == command.date:
            return []
        case _:
            facts = _facts(state)
            return _decide_on_registered(command, state, facts)


def _decide_on_registered(
    command: CorrectBrand | DescribeBrand | UndoBrand | StepCommand | EffectCommand,
    state: BrandState,
    facts: BrandFacts,
) -> list[BrandEvent]:
    if isinstance(command, UndoBrand):
        return whole.undo(command, state)
    if state.status == "revoked":
        raise Rejected("brand_revoked", "brand_id", "品牌已经撤销", "需要时重新登记，再从“申报”开始")
    match command:
        case CorrectBrand():
            refuse_impossible_facts(command.facts, command.ancestors, command.brand_id)
            if command.facts.parent_id != facts.parent_id:
                refuse_too_deep(command.facts, command.ancestors, command.levels_below)
            return corrected_facts(command.facts, facts)
        case DescribeBrand(description=description):
            return [] if description == state.description else [BrandDescriptionRecorded(description=description)]
        case CompleteBrandStep() | CorrectBrandStep() | ReturnBrand() | RevokeBrand():
            return _decide_step(command, state)
        case SetBrandGoal() | WithdrawBrandGoal() | RecordBrandEvidence() | WithdrawBrandEvidence():
            return _decide_effect(command, state)
        case _:
            assert_never(command)


def _decide_step(command: StepCommand, state: BrandState) -> list[BrandEvent]:
    match command:
        case CompleteBrandStep():
            return steps.complete(command, state)
        case CorrectBrandStep():
            return steps.correct_step(command, state)
        case ReturnBrand():
            return steps.send_back(command, state)
        case RevokeBrand():
            return steps.revoke(command, state)
        case _:
            assert_never(command)


def _decide_effect(command: EffectCommand, state: BrandState) -> list[BrandEvent]:
    match command:
        case SetBrandGoal():
            return effect.set_goal(command, state)
        case WithdrawBrandGoal():
            return effect.withdraw_goal(command, state)
        case RecordBrandEvidence():
            return effect.record_evidence(command, state)
        case WithdrawBrandEvidence():
            return effect.withdraw_evidence(command, state)
        case _:
            assert_never(command)


def _register(command: RegisterBrand, state: BrandState) -> list[BrandEvent]:
    refuse_impossible_facts(command.facts, command.ancestors, command.brand_id)
    if state.status != "registered":
        return [BrandRegistered(facts=command.facts)]
    if state.facts != command.facts:
        raise Rejected("brand_already_registered", "facts", "品牌已经登记，内容与此不同", "用“更正”修改已登记的品牌")
    return []


def _confirm(command: ConfirmBrand, state: BrandState) -> list[BrandEvent]:
    if seen_as(command.seen.brand_id, state) != command.seen:
        raise Rejected("parent_brand_changed", "facts.parent_id", "总品牌刚刚有变动", "重新查看后再提交")
    return []


def _facts(state: BrandState) -> BrandFacts:
    if state.facts is not None:
        return state.facts
    if state.status == "undone":
        raise Rejected("brand_undone", "brand_id", "品牌的登记已经撤回", "重新登记这个品牌")
    raise Rejected("unknown_brand", "brand_id", "没有这个品牌", "选择已有的品牌，或先登记")


BRAND: Final[Decider[BrandCommand, BrandState, BrandEvent]] = Decider("brand", BrandState(), decide, evolve)
