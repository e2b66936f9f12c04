"""One main brand a unit: taken, given up, never held by two."""

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.activities.domain.brand_facts import main_of
from services.activities.domain.brand_state import BrandState
from services.activities.domain.main_brand import (
    MAIN_BRAND,
    MainBrandCommand,
    MainBrandState,
    ReleaseMainBrand,
    TakeMainBrand,
    UndoMainBrand,
)
from services.activities.examples.brands import BRANCH_ID, BRAND_FACTS, BRAND_ID, PARENT_ID
from shared.contracts.brands import MainBrandReleased, MainBrandTaken
from shared.rejection import Rejected
from shared.testing.given import given

TAKEN = MainBrandTaken(brand_id=BRAND_ID)
RELEASED = MainBrandReleased(brand_id=BRAND_ID)
OTHER = MainBrandTaken(brand_id=PARENT_ID)


def test_the_place_is_taken_once_and_given_up_once() -> None:
    given(MAIN_BRAND).when(TakeMainBrand(brand_id=BRAND_ID)).then(TAKEN)
    given(MAIN_BRAND, TAKEN).when(TakeMainBrand(brand_id=BRAND_ID)).then()
    given(MAIN_BRAND, TAKEN).when(ReleaseMainBrand(brand_id=BRAND_ID)).then(RELEASED)
    given(MAIN_BRAND, TAKEN, RELEASED).when(ReleaseMainBrand(brand_id=BRAND_ID)).then()


def test_another_brand_gets_it_only_when_it_is_free() -> None:
    given(MAIN_BRAND, TAKEN).when(TakeMainBrand(brand_id=PARENT_ID)).then_rejected("main_brand_taken", "facts.main")
    given(MAIN_BRAND, TAKEN, RELEASED).when(TakeMainBrand(brand_id=PARENT_ID)).then(OTHER)


def test_whoever_does_not_hold_it_cannot_give_it_up() -> None:
    given(MAIN_BRAND, TAKEN).when(ReleaseMainBrand(brand_id=PARENT_ID)).then()


def test_undoing_gives_it_back_to_whoever_held_it_before() -> None:
    before = MainBrandState(brand_id=PARENT_ID)
    given(MAIN_BRAND, TAKEN).when(UndoMainBrand()).then(RELEASED)
    given(MAIN_BRAND, OTHER, MainBrandReleased(brand_id=PARENT_ID), TAKEN).when(UndoMainBrand(before=before)).then(
        RELEASED, OTHER
    )
    given(MAIN_BRAND, OTHER, MainBrandReleased(brand_id=PARENT_ID)).when(UndoMainBrand(before=before)).then(OTHER)
    given(MAIN_BRAND, TAKEN).when(UndoMainBrand(before=MainBrandState(brand_id=BRAND_ID))).then()


def test_a_brand_holds_the_place_of_its_own_owners_while_it_stands_as_main_brand() -> None:
    standing = BrandState(status="registered", facts=BRAND_FACTS)
    assert main_of(standing) == {BRANCH_ID}
    assert main_of(standing.model_copy(update={"status": "revoked"})) == set()
    assert main_of(standing.model_copy(update={"facts": BRAND_FACTS.model_copy(update={"main": False})})) == set()
    assert main_of(BrandState()) == set()


BRANDS = st.sampled_from([BRAND_ID, PARENT_ID, BRANCH_ID])
COMMANDS: st.SearchStrategy[MainBrandCommand] = st.one_of(
    st.builds(TakeMainBrand, brand_id=BRANDS),
    st.builds(ReleaseMainBrand, brand_id=BRANDS),
    st.builds(UndoMainBrand, before=st.builds(MainBrandState, brand_id=st.none() | BRANDS)),
)


@settings(max_examples=300, deadline=None)
@for_all(st.lists(COMMANDS, max_size=20))
def test_the_place_never_has_two_holders(commands: list[MainBrandCommand]) -> None:
    state, holders = MAIN_BRAND.initial, set[str]()
    for command in commands:
        try:
            events = list(MAIN_BRAND.decide(command, state))
        except Rejected:
            assert isinstance(command, TakeMainBrand)
            assert holders - {command.brand_id}
            continue
        for event in events:
            if isinstance(event, MainBrandTaken):
                holders.add(event.brand_id)
            else:
                holders.remove(event.brand_id)
            assert len(holders) <= 1
        state = MAIN_BRAND.fold(events, state)
        assert holders == ({state.brand_id} - {None})
        assert list(MAIN_BRAND.decide(command, state)) == []
