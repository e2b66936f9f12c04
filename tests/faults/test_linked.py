"""Two linked sites under a few faults; all of them by `make faults`."""

from __future__ import annotations

import pytest

from tests.faults.linked.__main__ import Trial, tried
from tests.faults.linked.scenarios import FEW
from tests.faults.linked.world import Engines

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

SOME_FAULTS = (
    "cable-cut",
    "upper-broker-wiped",
    "lower-process-killed",
    "upper-dies-journal.after-commit",
    "attack-rewritten-past",
)


@pytest.mark.parametrize("scenario", SOME_FAULTS)
async def test_nothing_is_lost_doubled_or_out_of_order(made: Engines, scenario: str) -> None:
    found = await tried(made, Trial(scenario), FEW)
    assert found.wrong == []
    assert found.counted["accepted"] > 0
