"""Brands on PostgreSQL: what moved since it was looked at is seen before anything is recorded."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.activities.commands.brands import ancestors_of, place_brand
from services.activities.domain.brand import BRAND, CorrectBrand, RegisterBrand
from services.activities.domain.brand_facts import Ancestor
from services.activities.domain.main_brand import MAIN_BRAND
from services.activities.examples.brands import BRANCH_ID, OWN
from shared.acts import CommandContext, CommandDeps
from shared.command_path import load_state
from shared.contracts.brands import BrandFacts
from shared.contracts.joint import Party
from shared.meta import Actor, Source
from shared.rejection import Rejected

OFFICE = Actor(subject="clerk-1", role="party_office", organisation="demo1")


def by(command_id: str) -> CommandContext:
    return CommandContext(OFFICE, Source(kind="ui"), command_id, command_id, command_id.encode())


def facts(**changed: Any) -> BrandFacts:
    return BrandFacts(name="星火助执", owners=(OWN,), main=False).model_copy(update=changed)


async def registered(deps: CommandDeps, **changed: Any) -> str:
    brand_id = str(uuid4())
    command = RegisterBrand(brand_id=brand_id, facts=facts(**changed))
    await place_brand(deps, by(f"register-{brand_id}"), UUID(brand_id), command, None)
    return brand_id


async def test_a_brand_does_not_hang_itself_below_one_that_moved_since_it_was_looked_at(
    activities: CommandDeps,
) -> None:
    one, two = await registered(activities), await registered(activities)
    seen = await ancestors_of(activities, one)
    assert seen == (Ancestor(brand_id=one, status="registered"),)
    below = CorrectBrand(
        brand_id=one, facts=facts(parent_id=two), ancestors=(Ancestor(brand_id=two, status="registered"),)
    )
    await place_brand(activities, by("one"), UUID(one), below, None)
    with pytest.raises(Rejected) as refusal:
        await place_brand(
            activities,
            by("two"),
            UUID(two),
            CorrectBrand(brand_id=two, facts=facts(parent_id=one), ancestors=seen),
            None,
        )
    assert (refusal.value.code, refusal.value.field) == ("parent_brand_changed", "facts.parent_id")
    state, _ = await load_state(activities, BRAND, UUID(two))
    assert state.facts.parent_id is None


async def test_the_chain_above_a_brand_is_read_from_the_parent_upwards(activities: CommandDeps) -> None:
    top = await registered(activities)
    middle = str(uuid4())
    await place_brand(
        activities,
        by("middle"),
        UUID(middle),
        RegisterBrand(brand_id=middle, facts=facts(parent_id=top), ancestors=await ancestors_of(activities, top)),
        None,
    )
    assert await ancestors_of(activities, middle) == (
        Ancestor(brand_id=middle, status="registered", parent_id=top),
        Ancestor(brand_id=top, status="registered"),
    )
    nowhere = str(uuid4())
    assert await ancestors_of(activities, nowhere) == (Ancestor(brand_id=nowhere, status=None),)


async def test_many_brands_that_want_one_place_at_once_leave_it_with_one(activities: CommandDeps) -> None:
    brands = [str(uuid4()) for _ in range(6)]
    outcomes = await asyncio.gather(
        *(
            place_brand(activities, by(one), UUID(one), RegisterBrand(brand_id=one, facts=facts(main=True)), None)
            for one in brands
        ),
        return_exceptions=True,
    )
    refused = [one for one in outcomes if isinstance(one, Rejected)]
    assert [one.code for one in refused] == ["main_brand_taken"] * 5
    place, version = await load_state(activities, MAIN_BRAND, UUID(BRANCH_ID))
    assert version == 1
    assert {one.value for one in refused} == {place.brand_id}


async def test_changes_of_owners_at_once_leave_every_place_with_the_brand_or_free(activities: CommandDeps) -> None:
    brand = await registered(activities, main=True)
    units = [Party(party_kind="own_unit", party_id=str(uuid4())) for _ in range(5)]
    outcomes = await asyncio.gather(
        *(
            place_brand(
                activities,
                by(unit.party_id),
                UUID(brand),
                CorrectBrand(brand_id=brand, facts=facts(main=True, owners=(unit,))),
                None,
            )
            for unit in units
        )
    )
    assert len(outcomes) == 5
    state, _ = await load_state(activities, BRAND, UUID(brand))
    held = {}
    for unit in (OWN, *units):
        place, _ = await load_state(activities, MAIN_BRAND, UUID(unit.party_id))
        held[unit.party_id] = place.brand_id
    owner = state.facts.owners[0].party_id
    assert held == {unit: (brand if unit == owner else None) for unit in held}
