"""What joint construction and brands write into the log of an invented court."""

from typing import Any

from services.reporting.projections.joint import PARTICIPANTS_LISTED
from shared.contracts import brands
from shared.contracts.ids import natural_id
from shared.contracts.joint import (
    JOINT_AGREEMENT_ENDED,
    JOINT_AGREEMENT_SIGNED,
    JOINT_PROBLEM_RAISED,
    JOINT_PROBLEM_SOLVED,
    PARTNER_MERGED,
    PARTNER_REGISTERED,
    JointAgreementEnded,
    JointAgreementFacts,
    JointAgreementSigned,
    JointPart,
    JointProblemFacts,
    JointProblemRaised,
    JointProblemSolved,
    Participation,
    PartnerFacts,
    PartnerMerged,
    PartnerRegistered,
    Party,
)
from shared.testing.journal import Court, facts_of


def own(unit_id: str) -> Party:
    return Party(party_kind="own_unit", party_id=unit_id)


def other(partner_id: str) -> Party:
    return Party(party_kind="partner", party_id=partner_id)


def partner(court: Court, organisation: str, branch: str | None, level: Any, line: str | None = None) -> str:
    """A partner; returns its id."""
    partner_id = str(natural_id(court.site, "partner", organisation, branch or ""))
    facts = PartnerFacts(organisation=organisation, branch=branch, level=level, business_line=line)
    court.activities.event(f"partner-{partner_id}", PARTNER_REGISTERED, PartnerRegistered(facts=facts))
    return partner_id


def merged(court: Court, alias: str, into: str) -> None:
    court.activities.event(f"partner-{alias}", PARTNER_MERGED, PartnerMerged(into=into))


def agreement(
    court: Court, number: str, proposer: str, *partners: str, signed: str | None = "2024-01-15", **more: Any
) -> str:
    """A signed agreement; returns its id."""
    agreement_id = str(natural_id(court.site, "agreement", number))
    facts = JointAgreementFacts(
        number=number, proposer=own(proposer), parties=tuple(other(one) for one in partners), signed=signed, **more
    )
    court.activities.event(f"agreement-{agreement_id}", JOINT_AGREEMENT_SIGNED, JointAgreementSigned(facts=facts))
    return agreement_id


def ended(court: Court, agreement_id: str, effective_to: str | None) -> None:
    said = JointAgreementEnded(cause="terminated", effective_to=effective_to)
    court.activities.event(f"agreement-{agreement_id}", JOINT_AGREEMENT_ENDED, said)


def met(court: Court, day: str, *parts: tuple[Party, int | None], under: str | None = None, **more: Any) -> str:
    """A joint activity led by the first party; returns its stream."""
    lead = parts[0][0]
    joint = JointPart(
        lead=lead, agreement_id=under, participations=tuple(Participation(party=one, seats=n) for one, n in parts)
    )
    facts = facts_of("branch", lead.party_id, lead.party_id, "joint_activity", day, joint=joint, **more)
    return court.activity(facts, more.get("title"))


def listed(court: Court, stream: str, *lists: tuple[Party, list[str]]) -> None:
    said = [{"party": party.model_dump(), "person_ids": people} for party, people in lists]
    court.activities.event(stream, PARTICIPANTS_LISTED, {"lists": said})


def problem(court: Court, subject: str, raised_on: str, due: str | None = None) -> str:
    """A problem; returns its stream."""
    stream = f"problem-{natural_id(court.site, 'problem', subject)}"
    facts = JointProblemFacts(subject=subject, raised_on=raised_on, due=due)
    court.activities.event(stream, JOINT_PROBLEM_RAISED, JointProblemRaised(facts=facts))
    return stream


def solved(court: Court, stream: str, solved_on: str | None = None) -> None:
    court.activities.event(stream, JOINT_PROBLEM_SOLVED, JointProblemSolved(solved_on=solved_on))


def brand(court: Court, name: str | None, *owners: Party, key: str | None = None, **more: Any) -> str:
    """A brand; returns its id."""
    brand_id = str(natural_id(court.site, "brand", key or name or owners[0].party_id))
    unknown = () if name else ("name",)
    facts = brands.BrandFacts(name=name, owners=owners, unknown=unknown, **more)
    court.activities.event(f"brand-{brand_id}", brands.BRAND_REGISTERED, brands.BrandRegistered(facts=facts))
    return brand_id


def stepped(court: Court, brand_id: str, **days: str | None) -> None:
    """Steps in the order given, by their names."""
    for step, day in days.items():
        said = {"step": step, "date": day}
        court.activities.event(f"brand-{brand_id}", brands.BRAND_STEP_COMPLETED, said)
