"""`python -m deploy.local run|start|stop|court|court-stop|erase`, with the parameters of `make` in the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from deploy.demo.profiles import MAIN, PROFILES, UPPERS
from deploy.local.asking import add, take_away
from deploy.local.background import erase, start, stop
from deploy.local.court import Court, Demonstration, Wanted
from deploy.local.places import places
from deploy.local.problems import CannotRun
from deploy.local.run import run
from deploy.local.serving import Setting

COURTS = {one.site: Court(one.site, one.name, one.level) for one in PROFILES}
DEMO = Demonstration(tuple(COURTS.values()), COURTS[MAIN], UPPERS)


def wanted(environ: Mapping[str, str]) -> Wanted:
    """The parameters of `make run`; an empty one counts as not given.

    NAME and its like speak of the court that COURT names: without COURT they are somebody else's variables.
    """
    said = {key: environ.get(key) or None for key in ("COURT", "NAME", "LEVEL", "CODE", "LEDGERS", "YEAR")}
    if said["COURT"] is None:
        if said["LEDGERS"]:
            raise CannotRun("写了 LEDGERS 而没有写 COURT；例：make run COURT=hai2 NAME=… LEVEL=basic LEDGERS=台账目录")
        return Wanted(year=said["YEAR"])
    demo = environ.get("DEMO") == "yes"
    return Wanted(said["COURT"], said["NAME"], said["LEVEL"], said["CODE"], said["LEDGERS"], said["YEAR"], demo)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run"]:
            return run(wanted(os.environ), Setting(places(), DEMO))
        case ["background"]:
            return run(wanted(os.environ), Setting(places(), DEMO, foreground=False))
        case ["start"]:
            return start(wanted(os.environ), places(), DEMO)
        case ["stop"]:
            return stop(places())
        case ["court"]:
            return add(wanted(os.environ), places(), DEMO)
        case ["court-stop"]:
            return take_away(wanted(os.environ), places())
        case ["erase"]:
            return erase(places())
    print("用法：python -m deploy.local run|start|stop|court|court-stop|erase", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotRun as reason:
        print(f"错误：{reason}", file=sys.stderr)
        sys.exit(1)
