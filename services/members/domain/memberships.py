"""Where memberships lay: one entry a day, stated, corrected, or led back to what was recorded before."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.members import MembershipCorrected, MembershipFacts, MembershipRecorded, MembershipUndone
from shared.contracts.values import differing


def with_stated(
    memberships: Sequence[MembershipFacts], event: MembershipRecorded | MembershipCorrected | MembershipUndone
) -> tuple[MembershipFacts, ...]:
    """The entries in the order of their days, once the event has put or taken away that of its day."""
    stated = [] if isinstance(event, MembershipUndone) else [event.facts]
    day = event.effective_from if isinstance(event, MembershipUndone) else event.facts.effective_from
    others = [entry for entry in memberships if entry.effective_from != day]
    return tuple(sorted([*others, *stated], key=lambda entry: entry.effective_from))


def record_membership(
    facts: MembershipFacts, in_force: MembershipFacts | None
) -> list[MembershipRecorded | MembershipCorrected]:
    """`in_force` is the entry that holds on the day; saying again what it says adds nothing."""
    if in_force is None:
        return [MembershipRecorded(facts=facts)]
    changed = differing(in_force, facts)
    if set(changed) <= {"effective_from"}:
        return []
    if "effective_from" in changed:
        return [MembershipRecorded(facts=facts)]
    return [MembershipCorrected(facts=facts, changed=changed)]


def memberships_led_back(
    before: Sequence[MembershipFacts], now: Sequence[MembershipFacts]
) -> list[MembershipUndone | MembershipCorrected]:
    """The latest first."""
    known = {entry.effective_from: entry for entry in before}
    events: list[MembershipUndone | MembershipCorrected] = []
    for entry in reversed(now):
        former = known.get(entry.effective_from)
        if former is None:
            events.append(MembershipUndone(person_id=entry.person_id, effective_from=entry.effective_from))
        elif changed := differing(entry, former):
            events.append(MembershipCorrected(facts=former, changed=changed))
    return events
