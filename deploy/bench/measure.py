"""What a bench is, and how one is run: our way and the reference in alternation, the median of the ratios."""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal, TypeAlias

ALTERNATIONS = 5

Pair: TypeAlias = tuple[float, float]
"""Ours and the reference's."""

Direction: TypeAlias = Literal[">=", "<="]


@dataclass(frozen=True)
class Setting:
    """The engines, and how many seconds each half of an alternation lasts."""

    postgres_url: str = field(repr=False)
    rabbitmq_url: str = field(repr=False)
    management_url: str = field(repr=False)
    seconds: float
    is_quick: bool


@dataclass(frozen=True)
class Bench:
    """`prepare` opens what is needed and yields the coroutine function that measures one alternation."""

    name: str
    unit: str
    direction: Direction
    hold: float
    prepare: Callable[[Setting], AbstractAsyncContextManager[Callable[[], Awaitable[Pair]]]]


@dataclass(frozen=True)
class Shown:
    """What is not measured beside a reference but shown: `show` runs it and returns the keys of its line."""

    name: str
    show: Callable[[Setting], Awaitable[dict[str, Any]]]


class CannotMeasure(Exception):
    """This machine or these engines do not allow the measurement; the text says why."""


async def run(bench: Bench | Shown, setting: Setting) -> dict[str, Any]:
    """Measure `bench`: ours and reference are medians, ratio is the median of the alternations' ratios."""
    began = time.monotonic()
    if isinstance(bench, Shown):
        return {"bench": bench.name, **await bench.show(setting), "seconds": round(time.monotonic() - began)}
    async with bench.prepare(setting) as measure:
        pairs = [await measure() for _ in range(ALTERNATIONS)]
    told = compared(pairs, bench.unit, bench.direction, bench.hold)
    return {"bench": bench.name, **told, "seconds": round(time.monotonic() - began)}


def compared(pairs: Sequence[Pair], unit: str, direction: Direction, hold: float) -> dict[str, Any]:
    """What a line says of alternations: medians of both, the median of the ratios."""
    ratio = median(ours / reference for ours, reference in pairs)
    return {
        "ours": round(median(ours for ours, _ in pairs), 1),
        "reference": round(median(reference for _, reference in pairs), 1),
        "unit": unit,
        "ratio": round(ratio, 3),
        "hold": f"{direction} {hold}",
        "met": ratio >= hold if direction == ">=" else ratio <= hold,
        "ratios": [round(ours / reference, 3) for ours, reference in pairs],
    }
