"""Keeps children running: one that dies is started again, the sooner the longer it had lived."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.found import Say
from deploy.local.processes import Child, Program, ask_to_stop, start, wait_stopped

SHORTEST_WAIT, LONGEST_WAIT = 0.5, 30.0
LIVED_WELL = 60.0
LOOKS_EVERY = 0.2


@dataclass
class Watched:
    """One program, its present child, and when it may be started again."""

    program: Program
    child: Child
    started_at: float
    wait: float = SHORTEST_WAIT
    due: float | None = None


@dataclass
class Supervisor:
    """The children of one run."""

    pids: Path
    say: Say
    watched: list[Watched] = field(default_factory=list)

    def start(self, program: Program) -> Child:
        child = start(program, self.pids)
        self.watched.append(Watched(program, child, time.monotonic()))
        return child

    def adopt(self, children: list[Child]) -> None:
        self.watched.extend(Watched(child.program, child, time.monotonic()) for child in children)

    def look(self) -> None:
        """Starts again what died and is due."""
        now = time.monotonic()
        for one in self.watched:
            code = one.child.process.poll()
            if code is None:
                continue
            if one.due is None:
                one.wait = next_wait(one.wait, now - one.started_at)
                one.due = now + one.wait
                self.say(f"{one.program.name} 意外结束（{code}），{one.wait:g} 秒后重新启动；日志 {one.program.log}")
            elif now >= one.due:
                one.child = start(one.program, self.pids)
                one.started_at, one.due = now, None

    def lives(self, name: str) -> bool:
        """Whether this program's child is running now."""
        return any(one.program.name == name and one.child.process.poll() is None for one in self.watched)

    def end(self, names: Collection[str]) -> None:
        """Stops these alone, and looks after them no more."""
        ended = [one for one in self.watched if one.program.name in names]
        self.watched = [one for one in self.watched if one.program.name not in names]
        _stopped([one.child for one in ended])

    def stop(self) -> None:
        """Services first, then broker and database, then the broker's port mapper."""
        for number in sorted({one.program.stops_in for one in self.watched}):
            _stopped([one.child for one in self.watched if one.program.stops_in == number])
        self.watched.clear()


def _stopped(children: Sequence[Child]) -> None:
    for child in children:
        ask_to_stop(child)
    for child in children:
        wait_stopped(child)


def next_wait(before: float, lived: float) -> float:
    """Seconds until the next start: twice as long each time, short again after a minute of life."""
    return SHORTEST_WAIT if lived >= LIVED_WELL else min(before * 2, LONGEST_WAIT)
