"""Room on PostgreSQL's disk: a server that cannot write its WAL stops for good, so commands end before that."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LEAST_FREE: Final = 0.10
_LOOK_EVERY_SECONDS: Final = 1.0

Admit = Callable[[], Awaitable[None]]


class DiskNearlyFull(ConnectionError):
    """No command is taken now; one that was not taken has changed nothing and may be sent again."""


@dataclass
class DiskRoom:
    """How much is free where PostgreSQL's `data` lies; always enough where this process cannot see the folder."""

    data: Path | None
    _looked: float = float("-inf")
    _free: float = 1.0

    def before(self, admit: Admit) -> Admit:
        """`admit`, after a look at the disk; raises `DiskNearlyFull` below a tenth."""

        async def admit_with_room() -> None:
            if self.free() < LEAST_FREE:
                raise DiskNearlyFull(f"{self.free():.1%} free")
            await admit()

        return admit_with_room

    async def check(self) -> str | None:
        """For `/health/ready` and `lianjian status`: what is wrong, or None."""
        free = self.free()
        return None if free >= LEAST_FREE else f"数据库磁盘只剩 {free:.1%}，低于 {LEAST_FREE:.0%} 时不接受命令"

    def free(self) -> float:
        """The free share of the disk, between 0 and 1, looked up once a second."""
        if self.data is not None and time.monotonic() - self._looked >= _LOOK_EVERY_SECONDS:
            self._looked = time.monotonic()
            try:
                usage = shutil.disk_usage(self.data)
            except OSError:
                self._free = 1.0
            else:
                self._free = usage.free / usage.total
        return self._free
