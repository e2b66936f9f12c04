"""What only the court knows of an agreement, and what is impossible in one."""

from __future__ import annotations

from services.activities.domain.partial_dates import refuse_future, surely_before
from services.activities.domain.parties import refuse_doubled_parties, refuse_no_own_unit
from shared.contracts.joint import JointAgreementEnded, JointAgreementFacts, Party
from shared.contracts.personal import RecordText
from shared.contracts.values import Id, LongText, Value
from shared.rejection import Rejected


class JointAgreementDetails(Value):
    """What stays in the court: `contact_id` is a person of the roster or outside it."""

    goals: RecordText[LongText | None] = None
    duties: RecordText[LongText | None] = None
    evaluation: RecordText[LongText | None] = None
    remark: RecordText[LongText | None] = None
    contact_id: Id | None = None


def agreement_parties(facts: JointAgreementFacts) -> list[tuple[str, Party]]:
    """All parties, the proposer first, each with its field."""
    others = [(f"facts.parties.{index}", party) for index, party in enumerate(facts.parties)]
    return [("facts.proposer", facts.proposer), *others]


def refuse_impossible_parties(facts: JointAgreementFacts) -> None:
    """A proposer among the parties, a party twice, nobody of this court."""
    parties = agreement_parties(facts)
    for field, party in parties[1:]:
        if party == facts.proposer:
            raise Rejected(
                "proposer_among_parties", field, "发起方又写成了参加方", "参加方只写发起方以外的各方",
                value=party.party_id,
            )  # fmt: skip
    refuse_doubled_parties(parties)
    refuse_no_own_unit(parties)


def refuse_signed(facts: JointAgreementFacts) -> None:
    """A proposal has no day of signing."""
    if facts.signed is not None:
        raise Rejected(
            "not_signed_yet", "facts.signed", "协议还没有签订，不能写签订日期", "签订时再写签订日期",
            value=facts.signed,
        )  # fmt: skip


def refuse_impossible_dates(facts: JointAgreementFacts, ending: JointAgreementEnded | None, today: str) -> None:
    """Signed after today, ended before it was signed."""
    refuse_future(facts.signed, today, "facts.signed", "签订")
    if ending is not None:
        refuse_ended_before_signed(facts, ending)


def refuse_ended_before_signed(facts: JointAgreementFacts, ending: JointAgreementEnded) -> None:
    """As far as both days are known."""
    if facts.signed is None or ending.effective_to is None:
        return
    if surely_before(ending.effective_to, facts.signed):
        raise Rejected(
            "ended_before_signed",
            "effective_to",
            f"终止日期 {ending.effective_to} 早于签订日期 {facts.signed}",
            "填写不早于签订日期的终止日期",
            value=ending.effective_to,
        )
