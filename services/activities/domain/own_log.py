"""What this log says of itself: which key signs it from here on, and that it goes on in a new epoch."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from shared.contracts.links import EpochOpened, SigningKeyChanged
from shared.contracts.members import SigningKey
from shared.contracts.values import ShortText, Value
from shared.decider import Decider
from shared.rejection import Rejected

LogEvent: TypeAlias = SigningKeyChanged | EpochOpened


class ChangeSigningKey(Value):
    """From here on `key` signs this log; `former_key_id` did until now."""

    former_key_id: ShortText
    key: SigningKey


class LogState(Value):
    """`key_id` of the key in force; None while it is the first."""

    key_id: str | None = None


def evolve(state: LogState, event: LogEvent) -> LogState:
    match event:
        case SigningKeyChanged(key=key):
            return LogState(key_id=key.key_id)
        case EpochOpened():
            return state
        case _:
            assert_never(event)


def decide(command: ChangeSigningKey, state: LogState) -> list[LogEvent]:
    if state.key_id == command.key.key_id:
        return []
    if state.key_id not in (None, command.former_key_id):
        raise Rejected(
            "key_changed_meanwhile",
            "former_key_id",
            f"现用的密钥是 {state.key_id}，不是 {command.former_key_id}",
            "重新执行 lianjian link rotate-key",
        )
    return [SigningKeyChanged(service=command.key.service, former_key_id=command.former_key_id, key=command.key)]


LOG: Final[Decider[ChangeSigningKey, LogState, LogEvent]] = Decider("log", LogState(), decide, evolve)
