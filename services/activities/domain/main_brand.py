"""The one main brand of a unit: a place that one brand holds at a time."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from shared.contracts.brands import MainBrandReleased, MainBrandTaken
from shared.contracts.values import Id, Value
from shared.decider import Decider
from shared.rejection import Rejected

MainBrandEvent: TypeAlias = MainBrandTaken | MainBrandReleased


class MainBrandState(Value):
    """`brand_id` is the brand that holds the place, None while it is free."""

    brand_id: Id | None = None


class TakeMainBrand(Value):
    """Become the unit's main brand; refused while another brand is."""

    brand_id: Id


class ReleaseMainBrand(Value):
    """Be the unit's main brand no more; nothing where it is not."""

    brand_id: Id


class UndoMainBrand(Value):
    """Back to the holder of `before`."""

    before: MainBrandState = MainBrandState()


MainBrandCommand: TypeAlias = TakeMainBrand | ReleaseMainBrand | UndoMainBrand


def evolve(_: MainBrandState, event: MainBrandEvent) -> MainBrandState:
    match event:
        case MainBrandTaken(brand_id=brand_id):
            return MainBrandState(brand_id=brand_id)
        case MainBrandReleased():
            return MainBrandState()
        case _:
            assert_never(event)


def decide(command: MainBrandCommand, state: MainBrandState) -> list[MainBrandEvent]:
    match command:
        case TakeMainBrand(brand_id=brand_id):
            return _take(brand_id, state)
        case ReleaseMainBrand(brand_id=brand_id):
            return [MainBrandReleased(brand_id=brand_id)] if state.brand_id == brand_id else []
        case UndoMainBrand(before=before):
            return _back(before.brand_id, state.brand_id)
        case _:
            assert_never(command)


def _take(brand_id: str, state: MainBrandState) -> list[MainBrandEvent]:
    if state.brand_id is None:
        return [MainBrandTaken(brand_id=brand_id)]
    if state.brand_id != brand_id:
        raise Rejected(
            "main_brand_taken",
            "facts.main",
            f"所属单位已有主品牌（{state.brand_id}），一个支部只有一个主品牌",
            "先撤销或改为非主品牌，或把本品牌登记为非主品牌",
            value=state.brand_id,
        )
    return []


def _back(former: str | None, present: str | None) -> list[MainBrandEvent]:
    if former == present:
        return []
    released: list[MainBrandEvent] = [] if present is None else [MainBrandReleased(brand_id=present)]
    return released if former is None else [*released, MainBrandTaken(brand_id=former)]


MAIN_BRAND: Final[Decider[MainBrandCommand, MainBrandState, MainBrandEvent]] = Decider(
    "main_brand", MainBrandState(), decide, evolve
)
