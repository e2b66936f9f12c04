"""`python -m deploy.bench [--quick] [NAME …]`: measure, one JSON line a bench; without names, all of them."""

import argparse
import gc
import importlib
import json
import os
import pkgutil
import sys

import uvloop

import deploy.bench
from deploy.bench.measure import Bench, CannotMeasure, Setting, Shown, run

SECONDS = 5.0
QUICK_SECONDS = 1.0


def benches() -> dict[str, Bench | Shown]:
    """All benches by name."""
    found: dict[str, Bench | Shown] = {}
    for module in pkgutil.iter_modules(deploy.bench.__path__):
        if module.name != "__main__":
            imported = importlib.import_module(f"deploy.bench.{module.name}")
            rows: list[Bench | Shown] = imported.rows() if hasattr(imported, "rows") else []
            found.update({bench.name: bench for bench in rows})
    return found


def main() -> int:
    known = benches()
    options = argparse.ArgumentParser(prog="python -m deploy.bench", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    options.add_argument("--quick", action="store_true", help="a second instead of five for each half")
    chosen = options.parse_args()
    if unknown := [name for name in chosen.names if name not in known]:
        options.error(f"no bench is called {', '.join(unknown)}; known: {', '.join(known)}")
    setting = _setting(chosen.quick)
    gc.freeze()  # as shared.process does for every service
    for name in chosen.names or known:
        try:
            line = uvloop.run(run(known[name], setting))
        except CannotMeasure as reason:
            line = {"bench": name, "met": None, "reason": str(reason)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return 0


def _setting(is_quick: bool) -> Setting:
    names = ("LIANJIAN_POSTGRES_URL", "LIANJIAN_RABBITMQ_URL", "LIANJIAN_RABBITMQ_MANAGEMENT_URL")
    urls = [os.environ.get(name, "") for name in names]
    if not all(urls):
        from deploy.local import engines_for_tests  # only who brings no engines needs them

        engines = engines_for_tests()
        urls = [engines.postgres_url, engines.rabbitmq_url, engines.management_url]
    return Setting(urls[0], urls[1], urls[2], QUICK_SECONDS if is_quick else SECONDS, is_quick)


if __name__ == "__main__":
    sys.exit(main())
