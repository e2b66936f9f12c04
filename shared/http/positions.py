"""`Position: activities.1@1042` on writes, `After:` where nothing older will do (design §2, 6)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.http.problems import Problem, malformed

WAIT_SECONDS = 2.0
_LOOK_EVERY = 0.02
_MOST = 16
_FORM = re.compile(r"([a-z]{1,32})\.([1-9]\d{0,8})@(0|[1-9]\d{0,15})")


@dataclass(frozen=True)
class Position:
    """A place in the log of one service of this site."""

    service: str
    epoch: int
    position: int

    def __str__(self) -> str:
        return f"{self.service}.{self.epoch}@{self.position}"


class Progress(Protocol):
    """How far this process's answers have come."""

    async def reached(self, service: str, epoch: int) -> int | None:
        """The position up to which answers include that log; None where there is no such service or epoch."""


def parse_after(header: str) -> list[Position]:
    """The positions of an `After` header; 400 where one of them is malformed."""
    parts = [part.strip() for part in header.split(",")]
    if len(parts) > _MOST:
        raise malformed("After", f"位置多于 {_MOST} 个", "每个服务写一个位置")
    return [_parse(part) for part in parts]


def _parse(text: str) -> Position:
    match = _FORM.fullmatch(text)
    if match is None:
        raise malformed("After", "位置格式不对", "应写作 activities.1@1042", text)
    return Position(match[1], int(match[2]), int(match[3]))


async def stale_after_waiting(progress: Progress, wanted: Sequence[Position]) -> list[str]:
    """Waits up to two seconds; [] where all is reached, else `activities.1@1040<1042` for each that is not."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        behind = [found for each in wanted if (found := await _behind(progress, each)) is not None]
        if not behind or asyncio.get_running_loop().time() >= deadline:
            return behind
        await asyncio.sleep(_LOOK_EVERY)


async def _behind(progress: Progress, wanted: Position) -> str | None:
    reached = await progress.reached(wanted.service, wanted.epoch)
    if reached is None:
        raise _unknown(wanted)
    if reached >= wanted.position:
        return None
    return f"{wanted.service}.{wanted.epoch}@{reached}<{wanted.position}"


def _unknown(wanted: Position) -> Problem:
    return malformed("After", "没有这个服务或纪元", "应为本院的服务及其现有纪元，如 activities.1@1042", str(wanted))
