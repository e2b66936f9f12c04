"""A brand: registered, five steps in their only order, sent back, revoked, undone; wrong owners and parents refused."""

from typing import Any

import pytest

from services.activities.domain.brand import (
    BRAND,
    BrandCommand,
    ConfirmBrand,
    CorrectBrand,
    DescribeBrand,
    RegisterBrand,
)
from services.activities.domain.brand_facts import Ancestor
from services.activities.domain.brand_record import RecordBrand, UndoBrand
from services.activities.domain.brand_state import (
    BrandDescriptionRecorded,
    Description,
)
from services.activities.domain.brand_steps import CompleteBrandStep, CorrectBrandStep, ReturnBrand, RevokeBrand
from services.activities.examples.brands import (
    BRAND_FACTS,
    BRAND_ID,
    CAMPAIGN_ID,
    DESCRIPTION,
    HONOUR_ID,
    OUTSIDE,
    OWN,
    PARENT_ID,
    PROJECT_ID,
)
from shared.contracts.brands import (
    BrandCorrected,
    BrandFacts,
    BrandRegistered,
    BrandRevoked,
    BrandUndone,
)
from shared.testing.given import given

TODAY = "2024-12-31"
BETWEEN = (PROJECT_ID, CAMPAIGN_ID, HONOUR_ID)  # ids like any other
PARENT = Ancestor(brand_id=PARENT_ID, status="registered")
REGISTER = RegisterBrand(brand_id=BRAND_ID, facts=BRAND_FACTS, ancestors=(PARENT,))
REGISTERED = BrandRegistered(facts=BRAND_FACTS)
REVOKED = BrandRevoked(date="2024-12-01")


def facts(**changes: object) -> BrandFacts:
    return BRAND_FACTS.model_copy(update=changes)


def test_a_brand_is_registered_once() -> None:
    given(BRAND).when(REGISTER).then(REGISTERED)
    given(BRAND, REGISTERED).when(REGISTER).then()


def test_another_brand_under_the_same_id_is_refused() -> None:
    other = REGISTER.model_copy(update={"facts": facts(slogan="另一句")})
    given(BRAND, REGISTERED).when(other).then_rejected("brand_already_registered", "facts")


def test_a_correction_names_what_differs() -> None:
    alone = facts(owners=(OWN,), main=False)
    correct = CorrectBrand(brand_id=BRAND_ID, facts=alone, ancestors=(PARENT,))
    corrected = BrandCorrected(facts=alone, changed=("owners", "main"))
    given(BRAND, REGISTERED).when(correct).then(corrected)
    given(BRAND, REGISTERED, corrected).when(correct).then()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"owners": (OWN, OUTSIDE, OWN)}, "owner_named_twice", "facts.owners.2"),
        ({"owners": (OUTSIDE,)}, "no_own_owner", "facts.owners"),
        ({"concept": "司法为民"}, "unknown_with_value", "facts.concept"),
        ({"name": "星火", "unknown": ("name",)}, "unknown_with_value", "facts.name"),
        ({"unknown": ("concept", "concept")}, "unknown_named_twice", "facts.unknown.1"),
        ({"name": None}, "name_missing", "facts.name"),
    ],
)
def test_a_brand_that_cannot_be_is_refused(changes: dict[str, object], code: str, field: str) -> None:
    wrong = facts(**changes)
    given(BRAND).when(REGISTER.model_copy(update={"facts": wrong})).then_rejected(code, field)
    given(BRAND, REGISTERED).when(CorrectBrand(brand_id=BRAND_ID, facts=wrong, ancestors=(PARENT,))).then_rejected(
        code, field
    )
    given(BRAND).when(record(facts=wrong)).then_rejected(code, field)


def test_a_name_that_is_unknown_is_neither_empty_nor_missing() -> None:
    unnamed = facts(name=None, unknown=("name", "concept"))
    given(BRAND).when(REGISTER.model_copy(update={"facts": unnamed})).then(BrandRegistered(facts=unnamed))


def above(*ids: str, **last: Any) -> tuple[Ancestor, ...]:
    """A chain of brands from the parent upwards; `last` says something of the parent."""
    chain = [
        Ancestor(brand_id=one, status="registered", parent_id=ids[n + 1] if n + 1 < len(ids) else None)
        for n, one in enumerate(ids)
    ]
    return (chain[0].model_copy(update=last), *chain[1:])


@pytest.mark.parametrize(
    ("ancestors", "code"),
    [
        ((), "unknown_parent_brand"),
        (above(PROJECT_ID), "unknown_parent_brand"),
        (above(PARENT_ID, status=None), "unknown_parent_brand"),
        (above(PARENT_ID, status="undone"), "unknown_parent_brand"),
        (above(PARENT_ID, status="revoked"), "parent_brand_revoked"),
        (above(PARENT_ID, BRAND_ID), "brand_cycle"),
        (above(PARENT_ID, PROJECT_ID, BRAND_ID), "brand_cycle"),
        (above(PARENT_ID, *BETWEEN), "brand_too_deep"),
    ],
)
def test_a_parent_that_cannot_be_is_refused(ancestors: tuple[Ancestor, ...], code: str) -> None:
    given(BRAND).when(REGISTER.model_copy(update={"ancestors": ancestors})).then_rejected(code, "facts.parent_id")
    given(BRAND, REGISTERED).when(
        CorrectBrand(brand_id=BRAND_ID, facts=facts(main=False), ancestors=ancestors)
    ).then_rejected(code, "facts.parent_id")
    given(BRAND).when(record(ancestors=ancestors)).then_rejected(code, "facts.parent_id")


def test_a_brand_may_hang_on_the_fourth_level_and_not_below_itself() -> None:
    given(BRAND).when(REGISTER.model_copy(update={"ancestors": above(PARENT_ID, *BETWEEN[:2])})).then(REGISTERED)
    itself = REGISTER.model_copy(update={"facts": facts(parent_id=BRAND_ID), "ancestors": above(BRAND_ID)})
    given(BRAND).when(itself).then_rejected("brand_cycle", "facts.parent_id")


def test_a_parent_that_moved_meanwhile_is_seen() -> None:
    seen = Ancestor(brand_id=BRAND_ID, status="registered", parent_id=PARENT_ID)
    given(BRAND, REGISTERED).when(ConfirmBrand(seen=seen)).then()
    moved = BrandCorrected(facts=facts(parent_id=None), changed=("parent_id",))
    given(BRAND, REGISTERED, moved).when(ConfirmBrand(seen=seen)).then_rejected(
        "parent_brand_changed", "facts.parent_id"
    )
    given(BRAND, REGISTERED, REVOKED).when(ConfirmBrand(seen=seen)).then_rejected(
        "parent_brand_changed", "facts.parent_id"
    )


def test_a_description_is_kept_as_it_is_now() -> None:
    recorded = BrandDescriptionRecorded(description=DESCRIPTION)
    given(BRAND, REGISTERED).when(DescribeBrand(description=DESCRIPTION)).then(recorded)
    given(BRAND, REGISTERED, recorded).when(DescribeBrand(description=DESCRIPTION)).then()


@pytest.mark.parametrize(
    "command",
    [
        CorrectBrand(brand_id=BRAND_ID, facts=BRAND_FACTS, ancestors=(PARENT,)),
        DescribeBrand(description=DESCRIPTION),
        CompleteBrandStep(step="submit", date="2024-02-20", today=TODAY),
        CorrectBrandStep(step="submit", date=None, today=TODAY),
        ReturnBrand(step="submit", date="2024-12-01", today=TODAY),
        RevokeBrand(date="2024-12-01", today=TODAY),
        UndoBrand(),
    ],
)
def test_what_is_not_there_cannot_change(command: BrandCommand) -> None:
    given(BRAND).when(command).then_rejected("unknown_brand", "brand_id")
    given(BRAND, REGISTERED, BrandUndone()).when(command).then_rejected("brand_undone", "brand_id")


def record(**changes: object) -> RecordBrand:
    """A row of a ledger: two steps taken, one of them on an unknown day."""
    stated = RecordBrand(
        brand_id=BRAND_ID,
        facts=BRAND_FACTS,
        ancestors=(PARENT,),
        steps={"submit": "2024-02-20", "recognise": None},
        description=Description(carriers="宣讲队"),
        today=TODAY,
    )
    return stated.model_copy(update=changes)
