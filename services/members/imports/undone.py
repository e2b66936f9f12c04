"""How the import of a roster is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg

from services.members.domain.branch import BRANCH, BranchState
from services.members.domain.person import PERSON, PersonState
from services.members.domain.site import SITE
from services.members.domain.undoing import UNDO
from shared.acts import AnyDecider, CommandDeps
from shared.ledgers.states import load_states
from shared.ledgers.undoing import Undoing

_PERSONS: Final = "select substr(stream, 8) as id from events where stream like 'person-%' and version = 1"


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


def members_undoing(pool: asyncpg.Pool, deps: CommandDeps) -> Undoing:
    """Branches and persons are led back, no branch that others belong to; the site is nothing that a roster records."""

    async def inhabited(before: Mapping[str, Any]) -> dict[str, str]:
        first = BRANCH.category + "-"
        gone = {stream for stream, state in before.items() if stream.startswith(first) and state.facts is None}
        if not gone:
            return {}
        persons = [row["id"] for row in await pool.fetch(_PERSONS)]
        found: dict[str, str] = {}
        for person, now in (await load_states(deps, PERSON, persons)).items():
            state = before.get(f"{PERSON.category}-{person}", now)
            found |= {first + one.branch_id: "仍有党员的组织关系在此" for one in state.memberships}
        return {stream: why for stream, why in found.items() if stream in gone}

    deciders: dict[str, AnyDecider] = {"branch": BRANCH, "person": PERSON, "site": SITE}
    return Undoing(deciders, UNDO, frozenset({"site"}), frozenset({"person"}), _described, inhabited)
