"""The court whose deployment this is: established once, before anything else is recorded."""

from __future__ import annotations

from typing import Final, TypeAlias

from shared.contracts.members import SiteEstablished, SiteFacts
from shared.contracts.values import Value, differing
from shared.decider import Decider
from shared.rejection import Rejected

SiteEvent: TypeAlias = SiteEstablished


class EstablishSite(Value):
    """The first command of a deployment; repeating it at every start changes nothing."""

    facts: SiteFacts


class SiteState(Value):
    facts: SiteFacts | None = None


def evolve(_: SiteState, event: SiteEvent) -> SiteState:
    return SiteState(facts=event.facts)


def decide(command: EstablishSite, state: SiteState) -> list[SiteEvent]:
    if state.facts is None:
        return [SiteEstablished(facts=command.facts)]
    changed = differing(state.facts, command.facts)
    if changed:
        raise Rejected(
            "site_already_established",
            f"facts.{changed[0]}",
            "本院已经设立，设立时的信息与此不同",
            "使用设立时的信息，或另设一个站点",
        )
    return []


SITE: Final[Decider[EstablishSite, SiteState, SiteEvent]] = Decider("site", SiteState(), decide, evolve)
