"""What cannot be said of a brand: its owners, its place in the matrix, what is unknown of it."""

from __future__ import annotations

from typing import Final

from services.activities.domain.brand_state import BrandEvent, BrandState, Status
from shared.contracts.brands import BrandCorrected, BrandFacts
from shared.contracts.values import Id, Value, differing
from shared.rejection import Rejected

DEEPEST: Final = 4
"""How many brands may hang below each other, the uppermost included."""


class Ancestor(Value):
    """A brand above another one, as it was found; `status` None: there is no such brand."""

    brand_id: Id
    status: Status | None
    parent_id: Id | None = None


class Standing(Value):
    """Whether a brand stands, and whose main brand it is."""

    status: Status | None
    main: frozenset[Id]


def standing(state: BrandState) -> Standing:
    """Where the brand stands now."""
    return Standing(status=state.status, main=main_of(state))


def seen_as(brand_id: str, state: BrandState) -> Ancestor:
    """The brand as those below it see it."""
    return Ancestor(
        brand_id=brand_id, status=state.status, parent_id=None if state.facts is None else state.facts.parent_id
    )


def own_owners(facts: BrandFacts) -> tuple[str, ...]:
    """The units of this court that own the brand."""
    return tuple(owner.party_id for owner in facts.owners if owner.party_kind == "own_unit")


def main_of(state: BrandState) -> frozenset[str]:
    """The units whose main brand this one is."""
    if state.status != "registered" or state.facts is None or not state.facts.main:
        return frozenset()
    return frozenset(own_owners(state.facts))


def corrected_facts(facts: BrandFacts, known: BrandFacts) -> list[BrandEvent]:
    changed = differing(known, facts)
    return [BrandCorrected(facts=facts, changed=changed)] if changed else []


def refuse_impossible_facts(facts: BrandFacts, ancestors: tuple[Ancestor, ...], brand_id: str | None) -> None:
    """Raise `Rejected` for owners named twice, a name that is neither given nor unknown, and a wrong parent."""
    for index, owner in enumerate(facts.owners):
        if owner in facts.owners[:index]:
            field = f"facts.owners.{index}"
            raise Rejected(
                "owner_named_twice", field, "同一所属单位写了两次", "每个所属单位写一次", value=owner.party_id
            )
    if not own_owners(facts):
        raise Rejected("no_own_owner", "facts.owners", "所属单位都不是本院的", "至少写一个本院的党支部或机关党委")
    _refuse_half_known(facts)
    _refuse_wrong_parent(facts, ancestors, brand_id)


def _refuse_half_known(facts: BrandFacts) -> None:
    for index, name in enumerate(facts.unknown):
        if name in facts.unknown[:index]:
            raise Rejected("unknown_named_twice", f"facts.unknown.{index}", "同一栏写了两次", "每栏写一次", value=name)
        if getattr(facts, name) is not None:
            problem, expected = "标为未知的一栏写了内容", "有内容就不标未知，未知（**）就不写内容"
            raise Rejected("unknown_with_value", f"facts.{name}", problem, expected)
    if facts.name is None and "name" not in facts.unknown:
        raise Rejected("name_missing", "facts.name", "没有品牌名称", "填写名称；确实未知的在 unknown 中注明 name")


def _refuse_wrong_parent(facts: BrandFacts, ancestors: tuple[Ancestor, ...], brand_id: str | None) -> None:
    if facts.parent_id is None:
        return
    field = "facts.parent_id"
    if not ancestors or ancestors[0].brand_id != facts.parent_id or ancestors[0].status in (None, "undone"):
        raise Rejected("unknown_parent_brand", field, "没有这个总品牌", "选择已登记的品牌", value=facts.parent_id)
    if ancestors[0].status == "revoked":
        raise Rejected("parent_brand_revoked", field, "总品牌已经撤销", "选择没有撤销的品牌", value=facts.parent_id)
    if brand_id is not None and brand_id in [one.brand_id for one in ancestors]:
        problem, expected = "总品牌是本品牌或其子品牌", "选择不在本品牌之下的品牌"
        raise Rejected("brand_cycle", field, problem, expected, value=facts.parent_id)
    refuse_too_deep(facts, ancestors)


def refuse_too_deep(facts: BrandFacts, ancestors: tuple[Ancestor, ...], levels_below: int = 0) -> None:
    """Raise `Rejected` where the brand, with all above and below it, makes too many levels."""
    if facts.parent_id is None or len(ancestors) + 1 + levels_below <= DEEPEST:
        return
    below = f"，其下已有 {levels_below} 层" if levels_below else ""
    problem, expected = f"其上已有 {len(ancestors)} 层品牌{below}", f"品牌矩阵最多 {DEEPEST} 层"
    raise Rejected("brand_too_deep", "facts.parent_id", problem, expected, value=facts.parent_id)
