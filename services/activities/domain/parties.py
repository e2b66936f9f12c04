"""What agreements and joint activities have in common: their parties."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.joint import Party
from shared.rejection import Rejected


def refuse_doubled_parties(parties: Sequence[tuple[str, Party]]) -> None:
    """Raise `Rejected` at the first party that stands there twice; each comes with its field."""
    seen: set[Party] = set()
    for field, party in parties:
        if party in seen:
            raise Rejected("party_named_twice", field, "同一方写了两次", "每一方只写一次", value=party.party_id)
        seen.add(party)


def refuse_no_own_unit(parties: Sequence[tuple[str, Party]]) -> None:
    """What nobody of this court takes part in is recorded elsewhere."""
    if all(party.party_kind != "own_unit" for _, party in parties):
        raise Rejected("no_own_unit", parties[0][0], "没有本院的支部参加", "至少一方是本院的支部或机关党委")
