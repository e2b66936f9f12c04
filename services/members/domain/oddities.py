"""What looks odd about a person and is kept as written."""

from __future__ import annotations

from itertools import pairwise

from services.members.domain.person import PersonDetails
from shared.contracts.members import MembershipFacts


def odd_details(details: PersonDetails, membership: MembershipFacts | None) -> tuple[str, ...]:
    """Codes of what looks odd and is kept as written: a clerk decides, not the program."""
    dates = [day for day in (details.birth, details.joined_on, details.confirmed_on) if isinstance(day, str)]
    kind = None if membership is None else membership.member_kind
    oddities = {
        "dates_out_of_order": any(_surely_after(first, second) for first, second in pairwise(dates)),
        "probationary_but_confirmed": kind == "probationary_member" and details.confirmed_on is not None,
        "full_without_confirmation": kind == "full_member" and details.confirmed_on is None,
    }
    return tuple(code for code, odd in oddities.items() if odd)


def _surely_after(first: str, second: str) -> bool:
    length = min(len(first), len(second))
    return first[:length] > second[:length]
