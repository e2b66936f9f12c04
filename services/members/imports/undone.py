"""How the import of a roster is undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from services.members.domain.branch import BRANCH, BranchState
from services.members.domain.person import PERSON, PersonState
from services.members.domain.site import SITE
from services.members.domain.undoing import UNDO
from shared.ledgers.undoing import Undoing


async def _described(stuck: Sequence[tuple[str, str, Any]]) -> list[dict[str, Any]]:
    return [_one(identity, state) for _, identity, state in stuck]


def _one(identity: str, state: Any) -> dict[str, Any]:
    if isinstance(state, PersonState):
        known = state.details.name if state.details is not None else None
        name = known if isinstance(known, str) else None
        branch = state.memberships[-1].branch_id if state.memberships else None
        return {
            "person_id": identity,
            "unit_id": branch,
            "title": name if isinstance(name, str) else None,
            "date": None,
        }
    facts = state.facts if isinstance(state, BranchState) else None
    return {"unit_id": identity, "title": facts and facts.name, "date": facts and facts.effective_from}


UNDOING: Final = Undoing({"branch": BRANCH, "person": PERSON, "site": SITE}, UNDO, frozenset({"site"}), _described)
"""Branches and persons are led back; the site itself is nothing that a roster records."""
