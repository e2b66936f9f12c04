"""A brand together with what it holds on to: the place of main brand of its owners, and the brands above it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg

from services.activities.domain.brand import BRAND, BrandCommand, ConfirmBrand, CorrectBrand, RegisterBrand
from services.activities.domain.brand_facts import DEEPEST, Ancestor, main_of, own_owners, seen_as
from services.activities.domain.brand_record import UndoBrand
from services.activities.domain.brand_state import BrandState
from services.activities.domain.brand_steps import RevokeBrand
from services.activities.domain.main_brand import MAIN_BRAND, ReleaseMainBrand, TakeMainBrand
from shared.acts import Act, ActsRejected, CommandContext, CommandDeps, Outcome, PreconditionFailed
from shared.command_path import execute_all, load_state
from shared.contracts.brands import BrandFacts
from shared.ledgers.states import load_states
from shared.rejection import Rejected

ATTEMPTS: Final = 20
# The brands lie together in the index of streams: "." is the character after "-".
_BELOW: Final = """
    select distinct substr(stream, 7) as id from events
     where stream >= 'brand-' and stream < 'brand.'
       and exists (select from unnest($1::text[]) as parent (id) where strpos(data, parent.id) > 0)
"""
PlacingCommand: TypeAlias = RegisterBrand | CorrectBrand | RevokeBrand | UndoBrand


async def ancestors_of(deps: CommandDeps, parent_id: str | None) -> tuple[Ancestor, ...]:
    """The brands above, from the parent upwards; no more than it takes to know that there are too many."""
    above: list[Ancestor] = []
    while parent_id is not None and len(above) < DEEPEST:
        state, _ = await load_state(deps, BRAND, UUID(parent_id))
        above.append(seen_as(parent_id, state))
        parent_id = above[-1].parent_id
    return tuple(above)


async def levels_below(pool: asyncpg.Pool, deps: CommandDeps, brand_id: str) -> int:
    """How many levels of brands that stand hang under a brand."""
    level, seen, levels = {brand_id}, {brand_id}, 0
    while level and levels < DEEPEST:
        ids = [row["id"] for row in await pool.fetch(_BELOW, sorted(level))]
        states = await load_states(deps, BRAND, ids)
        children = {
            identity
            for identity, state in states.items()
            if state.status == "registered" and state.facts is not None and state.facts.parent_id in level
        }
        level = children - seen
        seen |= level
        levels += bool(level)
    return levels


async def place_brand(
    deps: CommandDeps, context: CommandContext, brand_id: UUID, command: PlacingCommand, expected_version: int | None
) -> Outcome:
    """Carry out a command that may move places of main brand, all of it or nothing.

    Raises `Rejected`: also `main_brand_taken`, naming the brand that holds the place; and `PreconditionFailed`.
    """
    for _ in range(ATTEMPTS):
        state, version = await load_state(deps, BRAND, brand_id)
        acts = _placing(str(brand_id), command, state)
        # The places follow from the state just read: it must still be the brand's when they are moved.
        expected = version if expected_version is None else expected_version
        try:
            return await execute_all(deps, context, acts, expected_version=expected)
        except ActsRejected as several:
            raise await _named(deps, several.rejected[0].rejection) from None
        except PreconditionFailed as failed:
            if expected_version is not None:
                raise
            lost = failed
    raise lost


def _placing(brand_id: str, command: PlacingCommand, state: BrandState) -> list[Act]:
    old, new = main_of(state), _main_after(command, state)
    return [
        Act(BRAND, UUID(brand_id), command),
        *_confirmed(command),
        *_released(brand_id, old - new),
        *_taken(brand_id, new),
    ]


def _main_after(command: PlacingCommand, state: BrandState) -> frozenset[str]:
    match command:
        case RegisterBrand(facts=facts):
            return _main(facts)
        case CorrectBrand(facts=facts):
            return _main(facts) if state.status == "registered" else frozenset()
        case UndoBrand(before=before):
            return main_of(before)
        case RevokeBrand():
            return frozenset()


def _main(facts: BrandFacts) -> frozenset[str]:
    return frozenset(own_owners(facts)) if facts.main else frozenset()


def _confirmed(command: BrandCommand) -> list[Act]:
    if not isinstance(command, RegisterBrand | CorrectBrand):
        return []
    known = [one for one in command.ancestors if one.status is not None]
    return [Act(BRAND, UUID(one.brand_id), ConfirmBrand(seen=one)) for one in known]


def _released(brand_id: str, units: Iterable[str]) -> list[Act]:
    return [Act(MAIN_BRAND, UUID(unit), ReleaseMainBrand(brand_id=brand_id)) for unit in sorted(units)]


def _taken(brand_id: str, units: Iterable[str]) -> list[Act]:
    return [Act(MAIN_BRAND, UUID(unit), TakeMainBrand(brand_id=brand_id)) for unit in sorted(units)]


async def _named(deps: CommandDeps, rejection: Rejected) -> Rejected:
    if rejection.code != "main_brand_taken" or rejection.value is None:
        return rejection
    holder, _ = await load_state(deps, BRAND, UUID(rejection.value))
    name = holder.facts.name if holder.facts is not None else None
    problem = f"所属单位已有主品牌“{name or '名称未知'}”（{rejection.value}），一个支部只有一个主品牌"
    return Rejected(rejection.code, rejection.field, problem, rejection.expected, value=rejection.value)
