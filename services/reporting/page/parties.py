"""Parties by name, as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.queries.joint_view import JointView


def party_name(party: Mapping[str, str] | None, view: JointView) -> str:
    """An own unit or a partner by the name that counts, empty where nobody is named."""
    if party is None:
        return ""
    if party["party_kind"] == "own_unit":
        return view.names.get(party["party_id"], "（本院）")
    named = (partner.name for partner in view.found.partners.values() if party["party_id"] in partner.aliases)
    return next(named, "（未登记）")
