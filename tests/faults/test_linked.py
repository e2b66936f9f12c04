"""Two linked sites under a few faults and a few planted bugs; all of them by `make faults`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.linked.__main__ import ALL, Trial, tried
from tests.faults.linked.planting import Change, changed, place_of
from tests.faults.linked.plants import ALONE, PLANTS
from tests.faults.linked.scenarios import Scale
from tests.faults.linked.world import Engines, engines

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

FEW = Scale(some=20, many=300, minute=1.5, flaps=2)
SOME_FAULTS = (
    "cable-cut",
    "upper-broker-wiped",
    "lower-process-killed",
    "upper-dies-journal.after-commit",
    "attack-rewritten-past",
)
SOME_PLANTS = ("unsalted-commitment", "private-shown")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Engines]:
    """Brokers and database servers that may be killed, for all trials of this file."""
    async with engines() as started:
        yield started


@pytest.mark.parametrize("scenario", SOME_FAULTS)
async def test_nothing_is_lost_doubled_or_out_of_order(made: Engines, scenario: str) -> None:
    found = await tried(made, Trial(scenario), FEW)
    assert found.wrong == []
    assert found.counted["accepted"] > 0


@pytest.mark.parametrize("name", SOME_PLANTS)
async def test_a_planted_bug_is_found(made: Engines, name: str) -> None:
    found = await tried(made, Trial(PLANTS[name].scenario, name), FEW)
    assert found.wrong != []


@pytest.mark.parametrize("name", sorted(PLANTS))
def test_every_plant_has_its_place(name: str) -> None:
    """A bug whose place is gone would prove nothing: `make faults` takes long, this is seen at once."""
    assert PLANTS[name].scenario in ALL
    by_module: dict[str, list[Change]] = {}
    for change in (*ALONE, *PLANTS[name].changes):
        by_module.setdefault(change.module, []).append(change)
    for module, changes in by_module.items():
        compile(changed(place_of(module).read_text("utf-8"), changes), module, "exec")
