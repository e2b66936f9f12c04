"""The office's explanation (说明) why an obligation was not fulfilled."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never
from uuid import UUID

from shared.contracts.activities import ObligationExplained, ObligationExplanationWithdrawn, ObligationKey
from shared.contracts.ids import natural_id
from shared.contracts.personal import RecordText
from shared.contracts.values import LongText, Value
from shared.decider import Decider
from shared.rejection import Rejected


class ExplanationNoted(Value):
    """`activities.explanation-noted.v1`: the text, in a private family."""

    text: RecordText[LongText]


ExplanationEvent: TypeAlias = ObligationExplained | ExplanationNoted | ObligationExplanationWithdrawn


class ExplainObligation(Value):
    """Explain, or say it in other words."""

    key: ObligationKey
    text: LongText


class WithdrawExplanation(Value):
    key: ObligationKey


ExplanationCommand: TypeAlias = ExplainObligation | WithdrawExplanation


class ExplanationState(Value):
    """`key` is None while nothing is explained."""

    key: ObligationKey | None = None
    text: RecordText[LongText | None] = None


def obligation_id(site: str, key: ObligationKey) -> UUID:
    """The id of the stream `obligation-<uuid>`."""
    return natural_id(site, "obligation", key.unit_kind, key.unit_id, key.obligation, key.period)


def evolve(state: ExplanationState, event: ExplanationEvent) -> ExplanationState:
    match event:
        case ObligationExplained(key=key):
            return ExplanationState(key=key)
        case ExplanationNoted(text=text):
            return state.model_copy(update={"text": text})
        case ObligationExplanationWithdrawn():
            return ExplanationState()
        case _:
            assert_never(event)


def decide(command: ExplanationCommand, state: ExplanationState) -> list[ExplanationEvent]:
    if state.key is not None and state.key != command.key:
        raise Rejected("other_obligation", "key", "此记录属于另一项应办事项", "使用本记录的应办事项")
    match command:
        case ExplainObligation(key=key, text=text):
            explained: list[ExplanationEvent] = [] if state.key else [ObligationExplained(key=key)]
            return explained if state.text == text else [*explained, ExplanationNoted(text=text)]
        case WithdrawExplanation(key=key):
            return [ObligationExplanationWithdrawn(key=key)] if state.key else []
        case _:
            assert_never(command)


EXPLANATION: Final[Decider[ExplanationCommand, ExplanationState, ExplanationEvent]] = Decider(
    "obligation", ExplanationState(), decide, evolve
)
