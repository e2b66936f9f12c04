"""品牌台账 as commands: each brand with its steps, its place in the matrix, and the place of the one main brand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.activities.domain.brand import BRAND, ConfirmBrand
from services.activities.domain.brand_facts import DEEPEST, Ancestor, main_of, seen_as, standing
from services.activities.domain.brand_record import RecordBrand, stated_facts
from services.activities.domain.brand_state import BrandState
from services.activities.domain.main_brand import MAIN_BRAND, MainBrandState, ReleaseMainBrand, TakeMainBrand
from services.activities.imports.brands import BrandDraft, brand_ids, read_brand
from services.activities.imports.joint_taking import partner_acts
from services.activities.imports.naming import court_units, source_of
from services.activities.imports.recorded import (
    NEVER_TOO_LATE,
    ActivitiesDeps,
    every_state,
    held_before,
    recorded_brands,
    recorded_parties,
)
from shared.acts import Act
from shared.contracts.brands import BrandEvidence, BrandFacts, BrandRegistered
from shared.contracts.ids import brand_evidence_id
from shared.ledgers.answers import Prepared
from shared.ledgers.recognise import Ledger
from shared.ledgers.row_reading import Findings
from shared.ledgers.runs import Claimed
from shared.ledgers.words import simplified
from shared.meta import Source

_PLACES: Final = {"facts.parent_id": "parent", "facts.main": "branch", "facts.owners": "branch", "facts.name": "name"}


async def prepare_brands(deps: ActivitiesDeps, ledger: Ledger, claimed: Claimed) -> Prepared:
    """The acts of a ledger of brands."""
    findings = Findings(ledger)
    units, _ = await court_units(deps)
    parties, _ = await recorded_parties(deps, units)
    known = await recorded_brands(deps)
    read = [read_brand(findings, parties, row, deps.today()) for row in ledger.rows]
    drafts = [draft for draft in read if draft is not None]
    ids = brand_ids(deps.site, drafts, known, ledger.kept)
    parents = _parents(drafts, ids, known)
    findings.refuse_if_any()
    held: dict[str, MainBrandState] = await every_state(deps, MAIN_BRAND)
    facts = _facts(drafts, ids, parents, known, {unit: state.brand_id for unit, state in held.items()})
    source = source_of(ledger, claimed)
    acts = [*partner_acts(deps, parties, source), *_main_acts(drafts, ids, facts, known, source)]
    acts += _brand_acts(drafts, ids, facts, known, source)
    left_out = await held_before(deps, ledger, ids, keep=not claimed.dry_run)
    return Prepared(
        acts,
        [f"{BRAND.category}-{identity}" for identity in ids],
        findings.remarks,
        [_left_out(identity, known[identity]) for identity in left_out if _stands(known.get(identity))],
        _PLACES,
        (BrandRegistered,),
    )


def _parents(
    drafts: Sequence[BrandDraft], ids: Sequence[str], known: Mapping[str, BrandState]
) -> dict[str, str | None]:
    """The parent of each brand by id: one of this ledger by name, else a recorded one."""
    here: dict[str, list[str]] = {}
    for draft, identity in zip(drafts, ids, strict=True):
        here.setdefault(simplified(draft.name or ""), []).append(identity)
    recorded: dict[str, list[str]] = {}
    for identity, state in known.items():
        if _stands(state) and identity not in ids and state.facts is not None:
            recorded.setdefault(simplified(state.facts.name or ""), []).append(identity)
    parents: dict[str, str | None] = {}
    for draft, identity in zip(drafts, ids, strict=True):
        name = simplified(draft.parent or "")
        found = [one for one in here.get(name, recorded.get(name, [])) if one != identity] if name else []
        parents[identity] = found[0] if len(found) == 1 else None
        if name and len(found) != 1 and name != simplified(draft.name or ""):
            problem = "没有这个总品牌" if not found else "有几个品牌叫这个名字，无法分清"
            draft.reading.error("parent", "unknown_parent_brand", problem, "本台账或系统中已有的品牌名称")
    return parents


def _facts(
    drafts: Sequence[BrandDraft],
    ids: Sequence[str],
    parents: Mapping[str, str | None],
    known: Mapping[str, BrandState],
    held: Mapping[str, str | None],
) -> dict[str, BrandFacts]:
    """An owner's first brand is its main one, unless another holds the place; a known one stays what it is."""
    facts: dict[str, BrandFacts] = {}
    taken = {unit: brand for unit, brand in held.items() if brand is not None}
    for draft, identity in zip(drafts, ids, strict=True):
        state = known.get(identity)
        own = [owner.party_id for owner in draft.owners if owner.party_kind == "own_unit"]
        main = all(taken.get(unit, identity) == identity for unit in own)
        if state is not None and _stands(state) and state.facts is not None:
            main = state.facts.main and main
        elif not main:
            draft.reading.remark("branch", "not_the_main_brand", "支部已有主品牌，按非主品牌导入")
        if main:
            taken |= dict.fromkeys(own, identity)
        facts[identity] = BrandFacts(
            name=draft.name,
            owners=draft.owners,
            main=main,
            parent_id=parents[identity],
            slogan=draft.slogan,
            concept=draft.concept,
            unknown=draft.unknown,
        )
    return facts


def _brand_acts(
    drafts: Sequence[BrandDraft],
    ids: Sequence[str],
    facts: Mapping[str, BrandFacts],
    known: Mapping[str, BrandState],
    source: Source,
) -> list[Act]:
    acts: list[Act] = []
    confirmed: set[str] = set()
    for draft, identity in zip(drafts, ids, strict=True):
        at = source.model_copy(update={"row": draft.reading.row.number})
        ancestors = _ancestors(facts[identity].parent_id, facts, known)
        for one in ancestors:
            if one.brand_id not in facts and one.brand_id not in confirmed:
                confirmed.add(one.brand_id)
                acts.append(Act(BRAND, UUID(one.brand_id), ConfirmBrand(seen=one), at))
        acts.append(Act(BRAND, UUID(identity), _command(draft, identity, facts, ancestors, known), at))
    return acts


def _command(
    draft: BrandDraft,
    identity: str,
    facts: Mapping[str, BrandFacts],
    ancestors: tuple[Ancestor, ...],
    known: Mapping[str, BrandState],
) -> RecordBrand:
    updated = draft.updated
    evidence = updated and BrandEvidence(evidence_id=str(brand_evidence_id(UUID(identity), updated)), date=updated)
    return RecordBrand(
        brand_id=identity,
        facts=facts[identity],
        ancestors=ancestors,
        steps=draft.steps,
        description=draft.description,
        evidence=evidence or None,
        seen=standing(known.get(identity, BrandState())),
        today=NEVER_TOO_LATE,
    )


def _ancestors(
    parent: str | None, facts: Mapping[str, BrandFacts], known: Mapping[str, BrandState]
) -> tuple[Ancestor, ...]:
    found: list[Ancestor] = []
    while parent is not None and len(found) < DEEPEST:
        state = known.get(parent, BrandState())
        if parent in facts and state.status != "revoked":
            seen = Ancestor(brand_id=parent, status="registered", parent_id=facts[parent].parent_id)
        else:
            seen = seen_as(parent, state)
        found.append(seen)
        parent = seen.parent_id
    return tuple(found)


def _main_acts(
    drafts: Sequence[BrandDraft],
    ids: Sequence[str],
    facts: Mapping[str, BrandFacts],
    known: Mapping[str, BrandState],
    source: Source,
) -> list[Act]:
    released: list[Act] = []
    taken: list[Act] = []
    for draft, identity in zip(drafts, ids, strict=True):
        state = known.get(identity, BrandState())
        if state.status == "revoked":
            continue
        at = source.model_copy(update={"row": draft.reading.row.number})
        now = main_of(BrandState(status="registered", facts=stated_facts(facts[identity], state)))
        gone = sorted(main_of(state) - now)
        released += [Act(MAIN_BRAND, UUID(unit), ReleaseMainBrand(brand_id=identity), at) for unit in gone]
        taken += [Act(MAIN_BRAND, UUID(unit), TakeMainBrand(brand_id=identity), at) for unit in sorted(now)]
    return [*released, *taken]


def _stands(state: BrandState | None) -> bool:
    return state is not None and state.status in ("registered", "revoked")


def _left_out(identity: str, state: BrandState) -> dict[str, Any]:
    return {"brand_id": identity, "name": state.facts and state.facts.name}
