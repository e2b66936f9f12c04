"""`python -m tests.faults.linked`: the fault suite and every planted bug, with a table at the end.

`--long` takes the sizes of a soak; `--only NAME…` some scenarios or plants; `--no-plants`, `--no-scenarios`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import traceback
from dataclasses import dataclass

from tests.faults.linked.attacks import ATTACKS
from tests.faults.linked.checker import Found
from tests.faults.linked.crash import DYING
from tests.faults.linked.plants import ALONE_NAME, CONTROLS, PLANTS
from tests.faults.linked.scenarios import LONG, SCENARIOS, SMALL, Play, Scale
from tests.faults.linked.world import Engines, engines, world

ALL: dict[str, Play] = {**SCENARIOS, **DYING, **ATTACKS}


@dataclass(frozen=True)
class Trial:
    """A scenario, with a bug planted or without."""

    scenario: str
    plant: str | None = None

    @property
    def is_buggy(self) -> bool:
        return self.plant in PLANTS

    @property
    def name(self) -> str:
        return self.scenario if self.plant is None else f"planted {self.plant} ({self.scenario})"


async def tried(made: Engines, trial: Trial, scale: Scale) -> Found:
    """What the checker finds after the trial; what kept the scenario from its end counts too."""
    async with world(made) as found_world:
        if trial.plant in PLANTS:
            found_world.patience = 25.0
            await found_world.prepare(PLANTS[trial.plant])
        stopped: list[str] = []
        try:
            await ALL[trial.scenario](found_world, scale, trial.plant)
        except (TimeoutError, AssertionError) as error:
            stopped.append(f"{type(error).__name__}: {error}")
        found = await found_world.check()
        found.wrong += stopped
        return found


async def run(trials: list[Trial], scale: Scale) -> int:
    """0 when every scenario is clean and every plant is found."""
    bad = 0
    async with engines() as made:
        for trial in trials:
            begun = time.monotonic()
            try:
                found = await tried(made, trial, scale)
            except Exception:
                traceback.print_exc()
                found = Found([] if trial.is_buggy else ["the trial itself failed"])
            is_good = bool(found.wrong) == trial.is_buggy
            bad += not is_good
            said = "red as it must be" if trial.is_buggy and is_good else "ok" if is_good else "NOT AS IT MUST BE"
            counted = " ".join(f"{name} {number}" for name, number in found.counted.items())
            print(f"{said:18} {trial.name:60} {time.monotonic() - begun:5.0f} s  {counted}", flush=True)
            for wrong in found.wrong[:1] if is_good else found.wrong:
                print(f"{'':18} · {wrong}", flush=True)
    print(f"{len(trials)} trials, {bad} not as they must be", flush=True)
    return 1 if bad else 0


def chosen(arguments: argparse.Namespace) -> list[Trial]:
    scenarios = [] if arguments.no_scenarios else [Trial(name) for name in ALL]
    controls = [] if arguments.no_plants else [Trial(scenario, ALONE_NAME) for scenario in CONTROLS]
    planted = [] if arguments.no_plants else [Trial(plant.scenario, name) for name, plant in PLANTS.items()]
    wanted = arguments.only
    return [
        trial
        for trial in (*scenarios, *controls, *planted)
        if not wanted or {trial.plant or trial.scenario} & set(wanted)
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--no-plants", action="store_true")
    parser.add_argument("--no-scenarios", action="store_true")
    given = parser.parse_args()
    sys.exit(asyncio.run(run(chosen(given), LONG if given.long else SMALL)))
