"""One joint agreement (联建协议): proposed, signed, corrected, ended; what only the court knows of it stands apart."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from services.activities.domain.agreement_facts import (
    JointAgreementDetails,
    refuse_ended_before_signed,
    refuse_impossible_dates,
    refuse_impossible_parties,
    refuse_signed,
)
from services.activities.domain.partial_dates import refuse_future
from shared.contracts.joint import (
    EndingCause,
    JointAgreementCorrected,
    JointAgreementEnded,
    JointAgreementFacts,
    JointAgreementProposed,
    JointAgreementResumed,
    JointAgreementSigned,
    JointAgreementUndone,
)
from shared.contracts.values import Day, PartialDate, ShortText, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected


class JointAgreementDetailsRecorded(Value):
    """`activities.joint-agreement-details-recorded.v1`."""

    details: JointAgreementDetails


class JointAgreementDetailsCorrected(Value):
    """`activities.joint-agreement-details-corrected.v1`: `details` as they are now; `changed` names what differs."""

    details: JointAgreementDetails
    changed: tuple[ShortText, ...]


JointAgreementEvent: TypeAlias = (
    JointAgreementProposed
    | JointAgreementSigned
    | JointAgreementCorrected
    | JointAgreementEnded
    | JointAgreementResumed
    | JointAgreementUndone
    | JointAgreementDetailsRecorded
    | JointAgreementDetailsCorrected
)


class ProposeJointAgreement(Value):
    """Not signed yet; repeating it changes nothing, an undone one is proposed anew."""

    facts: JointAgreementFacts
    details: JointAgreementDetails = JointAgreementDetails()


class SignJointAgreement(Value):
    """A proposed agreement is in force from `signed` on."""

    signed: PartialDate
    today: Day


class RecordJointAgreement(Value):
    """State all that is known of an agreement, as a ledger does; other content is a correction.

    `signed` False: only proposed. With `ended` it is over since `effective_to`; without, it is in force. An undone
    one counts as absent. `facts.signed` may be None although it is signed: nobody says since when.
    """

    facts: JointAgreementFacts
    details: JointAgreementDetails = JointAgreementDetails()
    signed: bool = True
    ended: EndingCause | None = None
    effective_to: PartialDate | None = None
    today: Day


class CorrectJointAgreement(Value):
    """Change what is stated; None leaves a part as it is."""

    facts: JointAgreementFacts | None = None
    details: JointAgreementDetails | None = None
    today: Day


class EndJointAgreement(Value):
    """No longer in force after `effective_to`; said again with other content, it is said anew."""

    cause: EndingCause
    effective_to: PartialDate | None = None


class ResumeJointAgreement(Value):
    """The ending was a mistake."""


class JointAgreementState(Value):
    """`status` is None before the first event; `ending` is set exactly while it is ended."""

    status: Literal["proposed", "signed", "ended", "undone"] | None = None
    facts: JointAgreementFacts | None = None
    details: JointAgreementDetails = JointAgreementDetails()
    ending: JointAgreementEnded | None = None

    @property
    def stands(self) -> bool:
        """Whether it counts: neither undone nor never stated."""
        return self.status not in (None, "undone")


class UndoJointAgreement(Value):
    """Back to `before`, an earlier state; without it, the agreement was entered by mistake."""

    before: JointAgreementState = JointAgreementState()


JointAgreementCommand: TypeAlias = (
    ProposeJointAgreement
    | SignJointAgreement
    | RecordJointAgreement
    | CorrectJointAgreement
    | EndJointAgreement
    | ResumeJointAgreement
    | UndoJointAgreement
)


def evolve(state: JointAgreementState, event: JointAgreementEvent) -> JointAgreementState:
    match event:
        case JointAgreementProposed(facts=facts):
            return state.model_copy(update={"status": "proposed", "facts": facts, "ending": None})
        case JointAgreementSigned(facts=facts):
            return state.model_copy(update={"status": "signed", "facts": facts, "ending": None})
        case JointAgreementCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case JointAgreementEnded():
            return state.model_copy(update={"status": "ended", "ending": event})
        case JointAgreementResumed():
            return state.model_copy(update={"status": "signed", "ending": None})
        case JointAgreementUndone():
            return state.model_copy(update={"status": "undone", "ending": None})
        case JointAgreementDetailsRecorded(details=details) | JointAgreementDetailsCorrected(details=details):
            return state.model_copy(update={"details": details})
        case _:
            assert_never(event)


def decide(command: JointAgreementCommand, state: JointAgreementState) -> list[JointAgreementEvent]:
    match command:
        case ProposeJointAgreement(facts=facts, details=details):
            return _propose(facts, details, state)
        case SignJointAgreement():
            return _sign(command, state)
        case RecordJointAgreement():
            target = _stated(command)
            _refuse_impossible(target, command.today)
            return _towards(target, state)
        case CorrectJointAgreement(facts=facts, details=details, today=today):
            _refuse_absent(state)
            target = state.model_copy(update={"facts": facts or state.facts, "details": details or state.details})
            _refuse_impossible(target, today)
            return _towards(target, state)
        case EndJointAgreement():
            return _end(command, state)
        case ResumeJointAgreement():
            _refuse_unsigned(state)
            return [JointAgreementResumed()] if state.status == "ended" else []
        case UndoJointAgreement(before=before):
            _refuse_absent(state, again="undone_already")
            return _towards(before, state)
        case _:
            assert_never(command)


def _propose(
    facts: JointAgreementFacts, details: JointAgreementDetails, state: JointAgreementState
) -> list[JointAgreementEvent]:
    target = JointAgreementState(status="proposed", facts=facts, details=details)
    refuse_impossible_parties(facts)
    refuse_signed(facts)
    if state.stands and (state.facts, state.details) != (facts, details):
        problem, expected = "这份协议已经登记，内容与此不同", "用“更正”修改已登记的协议，或换一个协议编号"
        raise Rejected("agreement_already_recorded", "facts", problem, expected, value=facts.number)
    return _towards(target, state) if state.status in (None, "proposed", "undone") else []


def _sign(command: SignJointAgreement, state: JointAgreementState) -> list[JointAgreementEvent]:
    _refuse_absent(state)
    assert state.facts is not None
    facts = state.facts.model_copy(update={"signed": command.signed})
    refuse_future(command.signed, command.today, "signed", "签订")
    if state.status == "proposed":
        return [JointAgreementSigned(facts=facts)]
    if state.facts.signed != command.signed:
        raise Rejected(
            "agreement_already_signed", "signed", "这份协议已经签订，日期与此不同", "用“更正”修改签订日期",
            value=command.signed,
        )  # fmt: skip
    return []


def _end(command: EndJointAgreement, state: JointAgreementState) -> list[JointAgreementEvent]:
    _refuse_unsigned(state)
    assert state.facts is not None
    ended = JointAgreementEnded(cause=command.cause, effective_to=command.effective_to)
    refuse_ended_before_signed(state.facts, ended)
    return [] if state.ending == ended else [ended]


def _stated(command: RecordJointAgreement) -> JointAgreementState:
    stated = JointAgreementState(status="signed", facts=command.facts, details=command.details)
    if command.ended is not None:
        ended = JointAgreementEnded(cause=command.ended, effective_to=command.effective_to)
        return stated.model_copy(update={"status": "ended", "ending": ended})
    return stated if command.signed else stated.model_copy(update={"status": "proposed"})


def _towards(target: JointAgreementState, state: JointAgreementState) -> list[JointAgreementEvent]:
    """The events that lead from `state` to `target`. Nobody unsigns: a mere proposal is undone and proposed anew."""
    if target.facts is None or not target.stands:
        return [JointAgreementUndone()] if state.stands else []
    events: list[JointAgreementEvent]
    if not state.stands or (target.status == "proposed" and state.status != "proposed"):
        events = [JointAgreementUndone()] if state.stands else []
        proposed = target.status == "proposed"
        events.append(
            JointAgreementProposed(facts=target.facts) if proposed else JointAgreementSigned(facts=target.facts)
        )
        events.append(JointAgreementDetailsRecorded(details=target.details))
    else:
        events = [*_facts_towards(target, state), *_corrected_details(target.details, state)]
    if target.ending is not None and target.ending != state.ending:
        events.append(target.ending)
    return events


def _facts_towards(target: JointAgreementState, state: JointAgreementState) -> list[JointAgreementEvent]:
    assert target.facts is not None
    assert state.facts is not None
    if state.status == "proposed" and target.status != "proposed":
        return [JointAgreementSigned(facts=target.facts)]
    resumed = [JointAgreementResumed()] if state.status == "ended" and target.status == "signed" else []
    changed = differing(state.facts, target.facts)
    return [*resumed, *([JointAgreementCorrected(facts=target.facts, changed=changed)] if changed else [])]


def _corrected_details(details: JointAgreementDetails, state: JointAgreementState) -> list[JointAgreementEvent]:
    changed = differing(state.details, details)
    return [JointAgreementDetailsCorrected(details=details, changed=changed)] if changed else []


def _refuse_impossible(target: JointAgreementState, today: str) -> None:
    assert target.facts is not None
    refuse_impossible_parties(target.facts)
    if target.status == "proposed":
        refuse_signed(target.facts)
    else:
        refuse_impossible_dates(target.facts, target.ending, today)


def _refuse_absent(state: JointAgreementState, again: str = "unknown_agreement") -> None:
    if state.status is None:
        raise Rejected("unknown_agreement", "agreement_id", "没有这份联建协议", "已登记的联建协议的编号")
    if state.status == "undone":
        raise Rejected(again, "agreement_id", "这份联建协议已经撤销", "选择已登记的联建协议，或重新登记")


def _refuse_unsigned(state: JointAgreementState) -> None:
    _refuse_absent(state)
    if state.status == "proposed":
        raise Rejected("not_signed_yet", "agreement_id", "这份联建协议还没有签订", "先签订，再终止")


JOINT_AGREEMENT: Final[Decider[JointAgreementCommand, JointAgreementState, JointAgreementEvent]] = Decider(
    "joint_agreement", JointAgreementState(), decide, evolve
)
