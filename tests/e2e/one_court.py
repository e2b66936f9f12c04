"""`python -m tests.e2e.one_court VAR`: what `make run` does, under a folder of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.__main__ import DEMO
from deploy.local.court import Wanted
from deploy.local.places import CHECKOUT, Places
from deploy.local.run import Setting, run


def main(var: Path) -> int:
    places = Places(var)
    environment = {**os.environ, "LIANJIAN_CONFIG": str(places.running)}

    def run_there(command: list[str], meanwhile: Callable[[], None]) -> int:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL)
        while process.poll() is None:
            meanwhile()
            time.sleep(0.1)
        return process.returncode

    return run(Wanted(year="2025"), Setting(places, DEMO, run=run_there))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
