"""How a background task is doing: plain numbers that readiness and metrics read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class RoleStatus:
    """One task of this process. Ages are in seconds by the process's own clock; None: never yet.

    `consumers`: how many consumers the broker counts on the queue that has fewest; None where the task has no queue.
    """

    role: str
    leading: bool = False
    connected: bool = False
    consumers: int | None = None
    trouble: str | None = None
    positions: dict[str, int] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    _processed: float | None = None
    _looked: float | None = None

    def processed(self, origin: str, position: int) -> None:
        self.positions[origin] = position
        self.looked()
        self._processed = self._looked

    def looked(self) -> None:
        """A step has succeeded, though there may be nothing to do: what troubled the task is over."""
        self._looked = time.monotonic()
        self.trouble = None

    def troubled(self, error: BaseException) -> None:
        """The class alone is kept: what else an error says may hold anything."""
        self.trouble = type(error).__name__

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + by

    @property
    def last_processed_age(self) -> float | None:
        return None if self._processed is None else time.monotonic() - self._processed

    @property
    def last_looked_age(self) -> float | None:
        return None if self._looked is None else time.monotonic() - self._looked

    def lag(self, origin: str) -> int:
        """How many positions of `origin` are known of and not yet processed."""
        return max(0, self.heads.get(origin, 0) - self.positions.get(origin, 0))
