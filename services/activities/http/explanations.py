"""Explanations (说明) of obligations that were not fulfilled."""

from __future__ import annotations

from typing import Final

from services.activities.domain.explanation import (
    EXPLANATION,
    ExplainObligation,
    ExplanationCommand,
    WithdrawExplanation,
    obligation_id,
)
from services.activities.http import bodies
from services.activities.http.activities import place
from services.activities.http.parts import Parts
from shared.command_path import execute
from shared.contracts.activities import ObligationKey
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.replies import Reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.rejection import Rejected
from shared.rules import load_rules, periods_of
from shared.rules.packs import PeriodLength

EXPLAIN: Final = Requirement("explain_obligation", "unit")
_RHYTHMS: Final[dict[PeriodLength, str]] = {"month": "月 2024-02", "quarter": "季度 2024-Q3", "year": "年 2024"}
router = Router()


@router.post("/explanations", requires=EXPLAIN, summary="说明一项应办事项")
async def explain_obligation(call: Call, parts: Parts, body: bodies.Explanation) -> Reply:
    refuse_other_rhythm(body.key)
    return await _carried_out(call, parts, ExplainObligation(key=body.key, text=body.text))


@router.post("/explanations/withdraw", requires=EXPLAIN, summary="撤回说明")
async def withdraw_explanation(call: Call, parts: Parts, body: bodies.Withdrawal) -> Reply:
    return await _carried_out(call, parts, WithdrawExplanation(key=body.key))


async def _carried_out(call: Call, parts: Parts, command: ExplanationCommand) -> Reply:
    await parts.refuse_unknown_unit(command.key, "key")
    actor = call.actor_on(place(parts.site, command.key))
    stream = obligation_id(parts.site, command.key)
    outcome = await execute(
        parts.deps, context(call, actor), EXPLANATION, stream, command, expected_version=call.expected_version
    )
    return await accepted(parts.deps, "activities", outcome, {"obligation_id": str(stream)})


def refuse_other_rhythm(key: ObligationKey) -> None:
    """Raise `Rejected` where rules know the obligation, but none of them asks for it by such periods."""
    lengths = {
        rule.period for rule in load_rules() if (rule.obligation, rule.unit_kind) == (key.obligation, key.unit_kind)
    }
    year = int(key.period[:4])
    if lengths and not any(key.period == period.name for length in lengths for period in periods_of(year, length)):
        expected = "应为" + "或".join(sorted(_RHYTHMS[length] for length in lengths))
        raise Rejected("invalid_period", "key.period", "这项应办事项不按此周期", expected, value=key.period)
