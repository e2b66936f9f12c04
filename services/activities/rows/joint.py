"""An agreement as a row of 联建协议, a joint activity as a row of 联建活动, a brand as a row of 品牌台账."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.activities.domain.activity import ActivityState
from services.activities.domain.brand_state import BrandState
from services.activities.domain.joint_agreement import JointAgreementState
from services.activities.domain.joint_problem import JointProblemState
from services.activities.rows.wording import Names, listed, modes, told
from shared.contracts.activities import ActivityFacts
from shared.contracts.brands import BrandFacts
from shared.contracts.joint import EndingCause, JointAgreementFacts, Participation, PartnerLevel, Party
from shared.ledgers.writing import Out, written_day

UNKNOWN: Final = "**"
_LEVELS: Final[dict[PartnerLevel, str]] = {
    "supreme": "最高法院",
    "high": "高级法院",
    "intermediate": "中级法院",
    "basic": "基层法院",
    "specialised": "专门法院",
    "outside": "院外单位",
}
_ENDED: Final[dict[EndingCause, str]] = {"expired": "已到期", "terminated": "已终止", "completed": "已完成"}


def agreement_cells(
    agreement_id: str, state: JointAgreementState, facts: JointAgreementFacts, names: Names
) -> dict[str, Out]:
    """The cells by field of the layout `joint_agreements`."""
    court, branch = names.house_and_branch(facts.proposer)
    others = [names.house_and_branch(party) for party in facts.parties]
    apart = all(own is not None for _, own in others)
    details = state.details
    return {
        "record_id": agreement_id,
        "number": facts.number,
        "branch": branch or court,
        "court": court,
        "partner_branch": listed(own or "" for _, own in others) if apart else None,
        "partner": listed(house if apart else house + (own or "") for house, own in others),
        "partner_level": listed(_level(party, names) for party in facts.parties),
        "goals": told(details.goals),
        "duties": told(details.duties),
        "joint_modes": modes(facts.joint_modes),
        "planned": facts.planned_a_year,
        "contact": names.person(details.contact_id),
        "signed": written_day(facts.signed),
        "term": _term(facts.agreement_term_months),
        "state": _state(state),
        "assessment": told(details.evaluation),
        "note": told(details.remark),
    }


def joint_activity_cells(
    activity_id: str, state: ActivityState, facts: ActivityFacts, problems: Sequence[JointProblemState], names: Names
) -> dict[str, Out]:
    """The cells by field of the layout `joint_activities`; `problems` in the order in which they were raised."""
    joint, minutes = facts.joint, state.minutes
    subjects = [problem.facts.subject for problem in problems if problem.facts is not None]
    return {
        "record_id": activity_id,
        "number": facts.number,
        "agreement": names.agreements.get(joint.agreement_id or "") if joint else None,
        "title": facts.title,
        "date": written_day(facts.date),
        "lead": names.party(joint.lead) if joint else names.unit(facts.unit_id),
        "participants": listed(_participation(one, names) for one in joint.participations) if joint else None,
        "joint_modes": modes(facts.joint_modes),
        "agenda": told(minutes.agenda),
        "problems": _numbered(subjects),
        "solving": _numbered([_solving(problem, len(problems)) for problem in problems]),
        "outcome": told(minutes.outcome),
        "place": facts.place,
        "note": told(minutes.remark),
    }


def brand_cells(brand_id: str, state: BrandState, facts: BrandFacts, names: Names) -> dict[str, Out]:
    """The cells by field of the layout `brands`; what the office marked unknown is `**` again."""
    steps: dict[str, Out] = {one.step: UNKNOWN if one.date is None else written_day(one.date) for one in state.steps}
    evidence = [one.evidence.date for one in state.evidence.values()]
    return {
        "record_id": brand_id,
        "name": UNKNOWN if "name" in facts.unknown else facts.name,
        "branch": listed(names.party(owner) for owner in facts.owners),
        "parent": names.brands.get(facts.parent_id or ""),
        "concept": UNKNOWN if "concept" in facts.unknown else facts.concept,
        "slogan": UNKNOWN if "slogan" in facts.unknown else facts.slogan,
        **steps,
        "carriers": told(state.description.carriers),
        "outcome": told(state.description.results),
        "updated": written_day(max(evidence, default=None)),
    }


def _level(party: Party, names: Names) -> str:
    partner = names.partners.get(party.party_id)
    return "本院" if partner is None else _LEVELS[partner.level]


def _term(months: int | None) -> Out:
    if months is None:
        return None
    return months // 12 if months % 12 == 0 else f"{months}个月"


def _state(state: JointAgreementState) -> str:
    if state.ending is None:
        return "拟签订" if state.status == "proposed" else "履行中"
    until = written_day(state.ending.effective_to)
    return _ENDED[state.ending.cause] + (f"（{until}）" if until is not None else "")


def _participation(one: Participation, names: Names) -> str:
    name = names.party(one.party)
    return name if one.seats is None else f"{name}（{one.seats}人）"


def _solving(problem: JointProblemState, of: int) -> str:
    note = told(problem.note)
    if note is not None:
        return note
    if problem.status == "solved":
        return "已解决"
    return "正在推进" if of > 1 else ""


def _numbered(parts: Sequence[str]) -> str | None:
    if len(parts) < 2:
        return parts[0] or None if parts else None
    return "；".join(f"{number}.{part}" for number, part in enumerate(parts, 1))
