"""What tests of joint construction begin with: partners and agreements, by way of the interface itself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.component.court import Court
from tests.component.given import branch, facts


def own(unit_id: str) -> dict[str, str]:
    return {"party_kind": "own_unit", "party_id": unit_id}


def outside(partner_id: str) -> dict[str, str]:
    return {"party_kind": "partner", "party_id": partner_id}


def a_partner(**changed: Any) -> dict[str, Any]:
    return {"organisation": f"青岚市{uuid4().hex[:6]}区人民法院", "branch": "第一党支部", "level": "basic"} | changed


async def partner(court: Court) -> str:
    answer = await court.activities.post("/partners", json={"facts": a_partner()})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["partner_id"]
    return found


async def parties(court: Court) -> tuple[str, str]:
    """A branch and a partner."""
    return (await branch(court))[0], await partner(court)


def an_agreement(branch_id: str, partner_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "number": f"青04联建〔2024〕{uuid4().hex[:6]}号",
        "proposer": own(branch_id),
        "parties": [outside(partner_id)],
        "joint_modes": ["planning"],
        "planned_a_year": 2,
        "agreement_term_months": 12,
    } | changed


async def signed(court: Court, branch_id: str, partner_id: str, **changed: Any) -> str:
    """An agreement in force since 20 February 2024."""
    stated = an_agreement(branch_id, partner_id, signed="2024-02-20", **changed)
    answer = await court.activities.post("/agreements/record", json={"facts": stated})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["agreement_id"]
    return found


def joint_facts(branch_id: str, partner_id: str, **changed: Any) -> dict[str, Any]:
    joint = {
        "lead": own(branch_id),
        "participations": [{"party": own(branch_id), "seats": 12}, {"party": outside(partner_id), "seats": 9}],
    } | changed.pop("joint", {})
    return facts(branch_id, kind="joint_activity", title="联学共建", date="2024-03-08", joint=joint, **changed)
