"""What a run is doing, as others read it: its phase, its courts, one run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.local.places import Places, read_json, write_json
from deploy.local.processes import is_alive, start_time


def write_state(
    places: Places, phase: str, message: str, court: str | None, courts: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """`court` is the main one; `courts` has phase and message of each."""
    write_json(
        places.state,
        {
            "pid": os.getpid(),
            "started": start_time(os.getpid()),
            "court": court,
            "phase": phase,
            "message": message,
            "courts": courts or {},
        },
    )


def running_state(places: Places) -> Mapping[str, Any] | None:
    """What a living supervisor of this working copy last said; None when none lives."""
    state = read_json(places.state)
    return state if isinstance(state, dict) and is_alive(state) else None


@contextlib.contextmanager
def only_one(places: Places) -> Iterator[bool]:
    """Holds the lock of this working copy; False when another run holds it. The kernel frees it with its holder."""
    with (places.processes / "supervisor.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def print_line(text: str) -> None:
    """To the terminal, which may be gone: that must not keep the children from being stopped."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stdout, flush=True)
