"""One partner of joint construction: a branch of another court or somebody outside; its other names are merged."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from shared.contracts.ids import normalised
from shared.contracts.joint import (
    PartnerAliasReleased,
    PartnerAliasTaken,
    PartnerCorrected,
    PartnerFacts,
    PartnerMerged,
    PartnerRegistered,
    PartnerSeparated,
    PartnerUndone,
)
from shared.contracts.values import Id, ShortText, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected

PartnerEvent: TypeAlias = (
    PartnerRegistered
    | PartnerCorrected
    | PartnerMerged
    | PartnerSeparated
    | PartnerAliasTaken
    | PartnerAliasReleased
    | PartnerUndone
)


class RegisterPartner(Value):
    """Somebody new; `court` is the full name of this court, whose own branches are no partners."""

    facts: PartnerFacts
    court: ShortText


class RecordPartner(Value):
    """State what is known of a partner, as a ledger does: other content is a correction, an undone one is back."""

    facts: PartnerFacts
    court: ShortText


class CorrectPartner(Value):
    facts: PartnerFacts
    court: ShortText


class MergePartner(Value):
    """`partner_id`, whose stream this is, is another name of `into`; `into` takes it in the same append."""

    partner_id: Id
    into: Id


class TakePartnerAlias(Value):
    """The other half of the merging, in the stream of the partner that counts."""

    alias: Id


class SeparatePartner(Value):
    """The merging into `into` was a mistake; `into` releases the alias in the same append."""

    into: Id


class ReleasePartnerAlias(Value):
    alias: Id


class PartnerState(Value):
    """`into` is set while the partner is merged; `aliases` are those merged into it."""

    status: Literal["registered", "undone"] | None = None
    facts: PartnerFacts | None = None
    into: Id | None = None
    aliases: tuple[Id, ...] = ()


class UndoPartner(Value):
    """Back to `before`, an earlier state; without it, the partner was entered by mistake."""

    before: PartnerState = PartnerState()


PartnerCommand: TypeAlias = (
    RegisterPartner
    | RecordPartner
    | CorrectPartner
    | MergePartner
    | TakePartnerAlias
    | SeparatePartner
    | ReleasePartnerAlias
    | UndoPartner
)


def evolve(state: PartnerState, event: PartnerEvent) -> PartnerState:
    match event:
        case PartnerRegistered(facts=facts):
            return PartnerState(status="registered", facts=facts)
        case PartnerCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case PartnerMerged(into=into):
            return state.model_copy(update={"into": into})
        case PartnerSeparated():
            return state.model_copy(update={"into": None})
        case PartnerAliasTaken(alias=alias):
            return state.model_copy(update={"aliases": (*state.aliases, alias)})
        case PartnerAliasReleased(alias=alias):
            return state.model_copy(update={"aliases": tuple(one for one in state.aliases if one != alias)})
        case PartnerUndone():
            return state.model_copy(update={"status": "undone"})
        case _:
            assert_never(event)


def decide(command: PartnerCommand, state: PartnerState) -> list[PartnerEvent]:
    match command:
        case RegisterPartner() | RecordPartner():
            return _register(command, state)
        case CorrectPartner(facts=facts, court=court):
            _refuse_absent(state)
            _refuse_own(facts, court)
            return _corrected(facts, state)
        case MergePartner():
            return _merge(command, state)
        case TakePartnerAlias(alias=alias):
            return _take(alias, state)
        case SeparatePartner(into=into):
            _refuse_absent(state)
            if state.into not in (None, into):
                raise _merged(state)
            return [] if state.into is None else [PartnerSeparated()]
        case ReleasePartnerAlias(alias=alias):
            return [PartnerAliasReleased(alias=alias)] if alias in state.aliases else []
        case UndoPartner(before=before):
            return _undo(before, state)
        case _:
            assert_never(command)


def _register(command: RegisterPartner | RecordPartner, state: PartnerState) -> list[PartnerEvent]:
    _refuse_own(command.facts, command.court)
    if state.status != "registered":
        return [PartnerRegistered(facts=command.facts)]
    if isinstance(command, RegisterPartner) and state.facts != command.facts:
        raise Rejected(
            "partner_already_registered", "facts", "这个共建单位已经登记，内容与此不同", "用“更正”修改已登记的共建单位"
        )
    return _corrected(command.facts, state)


def _merge(command: MergePartner, state: PartnerState) -> list[PartnerEvent]:
    _refuse_absent(state)
    if command.into == command.partner_id:
        raise Rejected(
            "merged_into_itself", "into", "共建单位不能并入自身", "另一个已登记的共建单位", value=command.into
        )
    if state.into not in (None, command.into):
        raise _merged(state)
    return [] if state.into == command.into else [PartnerMerged(into=command.into)]


def _take(alias: str, state: PartnerState) -> list[PartnerEvent]:
    if state.status != "registered":
        raise _unknown("into")
    if alias in state.aliases:
        return []
    if state.into == alias:
        raise Rejected("alias_cycle", "into", "两个共建单位不能互相并入", "先拆分已有的合并", value=alias)
    if state.into is not None:
        raise Rejected("partner_merged", "into", "这个共建单位已并入另一个", f"并入 {state.into}", value=state.into)
    return [PartnerAliasTaken(alias=alias)]


def _undo(before: PartnerState, state: PartnerState) -> list[PartnerEvent]:
    _refuse_absent(state, again="undone_already")
    if (state.into, state.aliases) != (before.into, before.aliases):
        raise Rejected("undo_not_possible", "partner_id", "共建单位已与另一个合并", "先拆分，再撤销")
    if before.facts is None or before.status == "undone":
        return [PartnerUndone()]
    return _corrected(before.facts, state)


def _corrected(facts: PartnerFacts, state: PartnerState) -> list[PartnerEvent]:
    changed = () if state.facts is None else differing(state.facts, facts)
    return [PartnerCorrected(facts=facts, changed=changed)] if changed else []


def _refuse_own(facts: PartnerFacts, court: str) -> None:
    if normalised(facts.organisation) == normalised(court):
        raise Rejected(
            "partner_is_this_court",
            "facts.organisation",
            "本院的支部不是共建单位",
            "本院的支部作为本单位填写（own_unit）；这里只登记外院和院外单位",
            value=facts.organisation,
        )


def _refuse_absent(state: PartnerState, again: str = "unknown_partner") -> None:
    if state.status is None:
        raise _unknown("partner_id")
    if state.status == "undone":
        raise Rejected(again, "partner_id", "这个共建单位已经撤销", "选择已登记的共建单位，或重新登记")


def _unknown(field: str) -> Rejected:
    return Rejected("unknown_partner", field, "没有这个共建单位", "已登记的共建单位的编号")


def _merged(state: PartnerState) -> Rejected:
    return Rejected("partner_merged", "partner_id", "这个共建单位已并入另一个", "先拆分已有的合并", value=state.into)


PARTNER: Final[Decider[PartnerCommand, PartnerState, PartnerEvent]] = Decider("partner", PartnerState(), decide, evolve)
