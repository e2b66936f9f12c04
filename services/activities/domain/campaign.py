"""A campaign (专项教育、专项行动): opened with a start and an end, corrected, undone. One campaign a name."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from shared.contracts.honours import (
    CampaignCorrected,
    CampaignFacts,
    CampaignOpened,
    CampaignUndone,
)
from shared.contracts.ids import normalised
from shared.contracts.values import Value, differing
from shared.decider import Decider
from shared.rejection import Rejected

CampaignEvent: TypeAlias = CampaignOpened | CampaignCorrected | CampaignUndone


class CampaignState(Value):
    """`status` is None before the first event."""

    status: Literal["open", "undone"] | None = None
    facts: CampaignFacts | None = None


class OpenCampaign(Value):
    facts: CampaignFacts


class CorrectCampaign(Value):
    """`facts` as they are now, the end included; the name stays, activities go by it."""

    facts: CampaignFacts


class UndoCampaign(Value):
    """Back to `before`; where that is empty the campaign counts as absent."""

    before: CampaignState = CampaignState()


CampaignCommand: TypeAlias = OpenCampaign | CorrectCampaign | UndoCampaign


def evolve(state: CampaignState, event: CampaignEvent) -> CampaignState:
    match event:
        case CampaignOpened(facts=facts):
            return CampaignState(status="open", facts=facts)
        case CampaignCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case CampaignUndone():
            return CampaignState(status="undone")
        case _:
            assert_never(event)


def decide(command: CampaignCommand, state: CampaignState) -> list[CampaignEvent]:
    match command:
        case OpenCampaign(facts=facts):
            return _open(facts, state)
        case CorrectCampaign(facts=facts):
            return _correct(facts, _known(state))
        case UndoCampaign(before=before):
            known = _known(state)
            return [CampaignUndone()] if before.facts is None else _corrected(before.facts, known)
        case _:
            assert_never(command)


def _open(facts: CampaignFacts, state: CampaignState) -> list[CampaignEvent]:
    _refuse_impossible(facts)
    if state.facts is None:
        return [CampaignOpened(facts=facts)]
    if state.facts != facts:
        problem, expected = "这个名称的专项活动已经登记，内容与此不同", "用“更正”修改已登记的，或换一个名称"
        raise Rejected("campaign_already_open", "facts.name", problem, expected, value=facts.name)
    return []


def _correct(facts: CampaignFacts, known: CampaignFacts) -> list[CampaignEvent]:
    _refuse_impossible(facts)
    if normalised(facts.name) != normalised(known.name):
        problem, expected = "活动按名称归入专项活动，名称不能更改", f"名称仍为“{known.name}”；名称写错的撤回后另行登记"
        raise Rejected("campaign_renamed", "facts.name", problem, expected, value=facts.name)
    return _corrected(facts, known)


def _corrected(facts: CampaignFacts, known: CampaignFacts) -> list[CampaignEvent]:
    changed = differing(known, facts)
    return [CampaignCorrected(facts=facts, changed=changed)] if changed else []


def _known(state: CampaignState) -> CampaignFacts:
    if state.facts is not None:
        return state.facts
    if state.status == "undone":
        raise Rejected("campaign_undone", "campaign_id", "专项活动的登记已经撤回", "重新登记")
    raise Rejected("unknown_campaign", "campaign_id", "没有这个专项活动", "选择已有的专项活动，或先登记")


def _refuse_impossible(facts: CampaignFacts) -> None:
    if facts.end is not None and facts.end < facts.start:
        problem = f"结束日期 {facts.end} 早于开始日期 {facts.start}"
        raise Rejected("end_before_start", "facts.end", problem, f"填写不早于 {facts.start} 的日期", value=facts.end)
    for index, unit_id in enumerate(facts.unit_ids):
        if unit_id in facts.unit_ids[:index]:
            field = f"facts.unit_ids.{index}"
            raise Rejected("unit_named_twice", field, "同一单位写了两次", "每个单位写一次", value=unit_id)


CAMPAIGN: Final[Decider[CampaignCommand, CampaignState, CampaignEvent]] = Decider(
    "campaign", CampaignState(), decide, evolve
)
