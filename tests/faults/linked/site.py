"""`python -m tests.faults.linked.site CONFIG`: a site in a process, with a bug planted before anything is loaded.

`--write SERVICE…` gives commands too, `--writers` of them side by side, `--pause SECONDS` between two; `--plant NAME`.
"""

from __future__ import annotations

import argparse
import asyncio

from tests.faults.linked.planting import plant
from tests.faults.linked.plants import changes_of

if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("config")
    arguments.add_argument("--write", nargs="*", default=[])
    arguments.add_argument("--pause", type=float, default=0.01)
    arguments.add_argument("--writers", type=int, default=1)
    arguments.add_argument("--plant")
    given = arguments.parse_args()
    if given.plant:
        plant(changes_of(given.plant))
    from tests.faults.linked.site_process import live
    from tests.faults.linked.sites import read_config

    asyncio.run(live(read_config(given.config), given.write, given.pause, given.writers))
