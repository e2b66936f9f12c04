"""The court whose deployment this is: established once, before anything else is recorded; and the keys that sign.

The keys named when it was established are the first ones. `members` changes its own key here, and records that of
`reporting`, which has no log.
"""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from pydantic import Field

from shared.contracts.links import EpochOpened, ReportingKeyChanged, SigningKeyChanged
from shared.contracts.members import SigningKey, SiteEstablished, SiteFacts
from shared.contracts.values import ShortText, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected

SiteEvent: TypeAlias = SiteEstablished | SigningKeyChanged | ReportingKeyChanged | EpochOpened


class EstablishSite(Value):
    """The first command of a deployment; repeating it at every start changes nothing."""

    facts: SiteFacts


class ChangeSigningKey(Value):
    """From here on `key` signs the log of `members`, or what `reporting` says; `former_key_id` did until now."""

    former_key_id: ShortText
    key: SigningKey


SiteCommand: TypeAlias = EstablishSite | ChangeSigningKey


class SiteState(Value):
    """`keys`: by service the id of the key in force."""

    facts: SiteFacts | None = None
    keys: dict[str, str] = Field(default_factory=dict)


def evolve(state: SiteState, event: SiteEvent) -> SiteState:
    match event:
        case SiteEstablished(facts=facts):
            return SiteState(facts=facts, keys={key.service: key.key_id for key in facts.signing_keys})
        case SigningKeyChanged(key=key) | ReportingKeyChanged(key=key):
            return state.model_copy(update={"keys": {**state.keys, key.service: key.key_id}})
        case EpochOpened():
            return state
        case _:
            assert_never(event)


def decide(command: SiteCommand, state: SiteState) -> list[SiteEvent]:
    match command:
        case EstablishSite(facts=facts):
            return _established(facts, state)
        case ChangeSigningKey():
            return _changed(command, state)
        case _:
            assert_never(command)


def _established(facts: SiteFacts, state: SiteState) -> list[SiteEvent]:
    if state.facts is None:
        return [SiteEstablished(facts=facts)]
    changed = differing(state.facts, facts)
    if changed:
        raise Rejected(
            "site_already_established",
            f"facts.{changed[0]}",
            "本院已经设立，设立时的信息与此不同",
            "使用设立时的信息，或另设一个站点",
        )
    return []


def _changed(command: ChangeSigningKey, state: SiteState) -> list[SiteEvent]:
    key, present = command.key, state.keys.get(command.key.service)
    if present == key.key_id:
        return []
    if present != command.former_key_id:
        raise Rejected(
            "key_changed_meanwhile",
            "former_key_id",
            f"{key.service} 现用的密钥是 {present}，不是 {command.former_key_id}",
            "重新执行 lianjian link rotate-key",
        )
    if key.service == "reporting":
        return [ReportingKeyChanged(former_key_id=command.former_key_id, key=key)]
    return [SigningKeyChanged(service=key.service, former_key_id=command.former_key_id, key=key)]


SITE: Final[Decider[SiteCommand, SiteState, SiteEvent]] = Decider("site", SiteState(), decide, evolve)
