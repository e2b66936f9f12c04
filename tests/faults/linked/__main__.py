"""`python -m tests.faults.linked`: the fault suite and every planted bug, one line each; 1 where any is not as it must.

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

    def is_as_it_must_be(self, wrong: list[str]) -> bool:
        """Nothing is wrong; with a planted bug what the checker says is of that bug."""
        if self.plant in PLANTS:
            return any(PLANTS[self.plant].says in text for text in wrong)
        return not wrong

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
        found_world.is_kept = not trial.is_as_it_must_be(found.wrong)
        if found_world.is_kept:
            found.wrong.append(f"what both sites logged is in {found_world.folder}")
        return found


async def run(trials: list[Trial], scale: Scale) -> int:
    """0 when every scenario is clean and every plant is found."""
    bad = 0
    print(f"{'verdict':18} {'trial':66} {'time':>6}  looked at", flush=True)
    async with engines() as made:
        for trial in trials:
            begun = time.monotonic()
            try:
                found = await tried(made, trial, scale)
            except Exception:
                traceback.print_exc()
                found = Found(["the trial itself failed"])
            bad += not trial.is_as_it_must_be(found.wrong)
            for line in lines(trial, found, time.monotonic() - begun):
                print(line, flush=True)
    print(f"{len(trials)} trials, {bad} not as they must be", flush=True)
    return 1 if bad else 0


def lines(trial: Trial, found: Found, seconds: float) -> list[str]:
    """One line for a trial; below it what was planted and seen, or everything that is wrong."""
    is_good = trial.is_as_it_must_be(found.wrong)
    verdict = "NOT AS IT MUST BE" if not is_good else "red as it must be" if trial.is_buggy else "ok"
    counted = ", ".join(f"{number} {name}" for name, number in found.counted.items())
    told = [f"{verdict:18} {trial.name:66} {seconds:4.0f} s  {counted}"]
    plant = PLANTS.get(trial.plant or "")
    if plant is not None:
        told.append(f"{'':18}   planted: {plant.what}")
    if plant is not None and is_good:
        seen = next(text for text in found.wrong if plant.says in text)
        return [*told, f"{'':18}   found: {seen}"]
    if is_good:
        return told
    if plant is not None:
        told.append(f"{'':18}   awaited: …{plant.says}…")
    return [*told, *(f"{'':18}   wrong: {wrong}" for wrong in found.wrong or ["nothing was found"])]


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
    if unknown := set(given.only) - {*ALL, *PLANTS, ALONE_NAME}:
        parser.error(
            f"--only: no scenario or plant is called {', '.join(sorted(unknown))}; there are "
            f"{', '.join([*ALL, *PLANTS])}"
        )
    sys.exit(asyncio.run(run(chosen(given), LONG if given.long else SMALL)))
