"""A joint activity's parts and lists: what cannot have been, and what only looks odd beside its agreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from services.activities.domain.agreement_facts import agreement_parties
from services.activities.domain.joint_agreement import JointAgreementState
from services.activities.domain.partial_dates import surely_before
from services.activities.domain.parties import refuse_doubled_parties
from shared.contracts.activities import ActivityFacts
from shared.contracts.joint import JointPart, Party
from shared.contracts.values import Id, ShortText, Value
from shared.rejection import Rejected


class ParticipantList(Value):
    """Who took part for one party; somebody may stand on the lists of several."""

    party: Party
    person_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]


Participants = Annotated[tuple[ParticipantList, ...], Field(max_length=100)]


class ParticipantsListed(Value):
    """`activities.participants-listed.v1`, in a private family: all lists as they are now."""

    lists: Participants


def refuse_impossible_joint(facts: ActivityFacts) -> None:
    """Raise `Rejected` for a joint part that cannot be: see `docs/how-to/joint-construction.md`."""
    if facts.joint is None:
        return
    if "joint_activity" not in (facts.kind, *facts.also_serves):
        raise Rejected(
            "joint_part_of_another_kind",
            "facts.joint",
            "活动类型不是联建活动，也没有写兼联建活动，不能写参加各方",
            "类型写 joint_activity，或在 also_serves 中写 joint_activity",
            value=facts.kind,
        )
    parties = [(f"facts.joint.participations.{n}.party", one.party) for n, one in enumerate(facts.joint.participations)]
    refuse_doubled_parties(parties)
    if len(parties) == 1:
        problem, expected = "联建活动只写了一方参加", "至少两个不同的支部或单位"
        raise Rejected("one_party_alone", "facts.joint.participations", problem, expected)
    _refuse_lead(facts.joint, "facts.joint.lead")


def refuse_impossible_lists(facts: ActivityFacts, lists: tuple[ParticipantList, ...]) -> None:
    """A list of nobody who took part, two lists of one party, somebody twice on one, more people than seats."""
    parties = [(f"participants.{n}.party", one.party) for n, one in enumerate(lists)]
    refuse_doubled_parties(parties)
    seats = {} if facts.joint is None else {one.party: one.seats for one in facts.joint.participations}
    for index, ((field, party), one) in enumerate(zip(parties, lists, strict=True)):
        if party not in seats:
            problem, expected = "名单所属的一方没有参加活动", "只写参加各方的名单"
            raise Rejected("list_of_nobody_present", field, problem, expected, value=party.party_id)
        people, stated = len(one.person_ids), seats[party]
        if len(set(one.person_ids)) < people:
            problem, expected = "名单中有人写了两次", "同一名单上每人只写一次"
            raise Rejected("person_listed_twice", f"participants.{index}.person_ids", problem, expected)
        if stated is not None and people > stated:
            problem, expected = f"名单有 {people} 人，多于参加的 {stated} 人次", "名单人数不超过该方的人次"
            raise Rejected("more_listed_than_seats", f"participants.{index}.person_ids", problem, expected)


def joint_remarks(
    facts: ActivityFacts, agreement: JointAgreementState | None, aliases: Mapping[str, str]
) -> tuple[ShortText, ...]:
    """Codes of what is odd about a joint activity beside its agreement, for `RecordActivity.remarks`.

    `agreement` is the state of `facts.joint.agreement_id` (None: none is named, or it is unknown); `aliases` leads from
    the id of a merged partner to the one it counts as, directly or by steps. `before_signing`: the activity lies
    surely before the day of signing, or the agreement is only proposed; `after_ending`: surely after its last day;
    `party_outside_agreement`: somebody took part who is neither the proposer nor a party.
    """
    if facts.joint is None or agreement is None or agreement.facts is None or not agreement.stands:
        return ()
    remarks = []
    signed, ending = agreement.facts.signed, agreement.ending
    if agreement.status == "proposed" or (signed is not None and surely_before(facts.date, signed)):
        remarks.append("before_signing")
    within = {_counting(party, aliases) for _, party in agreement_parties(agreement.facts)}
    if any(_counting(one.party, aliases) not in within for one in facts.joint.participations):
        remarks.append("party_outside_agreement")
    if ending is not None and ending.effective_to is not None and surely_before(ending.effective_to, facts.date):
        remarks.append("after_ending")
    return tuple(remarks)


def _refuse_lead(joint: JointPart, field: str) -> None:
    if joint.lead not in [one.party for one in joint.participations]:
        raise Rejected(
            "lead_takes_no_part", field, "牵头方不在参加各方之中", "把牵头方也写入参加各方", value=joint.lead.party_id
        )


def _counting(party: Party, aliases: Mapping[str, str]) -> Party:
    identity, seen = party.party_id, {party.party_id}
    while (into := aliases.get(identity)) is not None and into not in seen:
        identity = into
        seen.add(into)
    return party.model_copy(update={"party_id": identity})
