"""A command that runs beside the services and ends by itself: looked at again and again, never waited for alone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from deploy.local.places import CHECKOUT, open_log
from deploy.local.processes import die_with_parent

Steps: TypeAlias = Generator[None, None, None]
"""Work in steps: whoever drives it goes on with other things in between."""


def goes_on(steps: Steps) -> bool:
    """Takes the next step; False where there is none any more."""
    return next(steps, False) is None


def run_aside(command: Sequence[str], environment: Mapping[str, str], log: Path | None) -> Generator[None, None, int]:
    """Runs a command of the project to its end; its exit code. Its words go to `log`, to the terminal without one.

    Closed before, it ends the command.
    """
    process = _started(command, environment, log)
    try:
        while process.poll() is None:
            yield
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
    return process.returncode


def _started(command: Sequence[str], environment: Mapping[str, str], log: Path | None) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    descriptor = open_log(log) if log else None
    try:
        return subprocess.Popen(  # noqa: S603 - the project's own command
            list(command),
            env=dict(environment),
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            umask=0o077,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),
        )
    finally:
        if descriptor is not None:
            os.close(descriptor)


def of_ours(config: Path) -> dict[str, str]:
    """The environment of a command of ours that speaks to the court which this file tells of."""
    kept = {name: value for name, value in os.environ.items() if name not in ("LIANJIAN_CONFIG", "LIANJIAN_COURT")}
    return {**kept, "LIANJIAN_CONFIG": str(config)}
