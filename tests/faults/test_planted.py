"""A few planted bugs, each found for what it does; all of them by `make faults`."""

from __future__ import annotations

import pytest

from tests.faults.linked.__main__ import ALL, Trial, tried
from tests.faults.linked.planting import Change, changed, place_of
from tests.faults.linked.plants import ALONE, PLANTS
from tests.faults.linked.scenarios import FEW
from tests.faults.linked.world import Engines

SOME_PLANTS = ("unsalted-commitment", "private-shown")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", SOME_PLANTS)
async def test_a_planted_bug_is_found(made: Engines, name: str) -> None:
    trial = Trial(PLANTS[name].scenario, name)
    found = await tried(made, trial, FEW)
    assert trial.is_as_it_must_be(found.wrong), found


@pytest.mark.parametrize("name", sorted(PLANTS))
def test_every_plant_has_its_place(name: str) -> None:
    """A bug whose place is gone would prove nothing: `make faults` takes long, this is seen at once."""
    assert PLANTS[name].scenario in ALL
    by_module: dict[str, list[Change]] = {}
    for change in (*ALONE, *PLANTS[name].changes):
        by_module.setdefault(change.module, []).append(change)
    for module, changes in by_module.items():
        compile(changed(place_of(module).read_text("utf-8"), changes), module, "exec")
