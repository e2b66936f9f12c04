"""`python -m tests.e2e.linked_courts VAR`: what `make run` does, under a folder of the test's own."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.local.__main__ import DEMO
from deploy.local.court import Wanted
from deploy.local.places import Places
from deploy.local.run import run
from deploy.local.serving import Setting

if __name__ == "__main__":
    sys.exit(run(Wanted(year="2025"), Setting(Places(Path(sys.argv[1])), DEMO)))
