"""A partner: registered once, corrected, merged as another name of somebody, separated, undone; never in a circle."""

import pytest
from hypothesis import given as every
from hypothesis import settings
from hypothesis import strategies as st

from services.activities.domain.partner import (
    PARTNER,
    CorrectPartner,
    MergePartner,
    PartnerCommand,
    PartnerState,
    RecordPartner,
    RegisterPartner,
    ReleasePartnerAlias,
    SeparatePartner,
    TakePartnerAlias,
    UndoPartner,
)
from services.activities.examples.joint import ALIAS_ID, COURT, PARTNER_FACTS, PARTNER_ID
from shared.contracts.ids import partner_id
from shared.contracts.joint import (
    PartnerAliasReleased,
    PartnerAliasTaken,
    PartnerCorrected,
    PartnerFacts,
    PartnerMerged,
    PartnerRegistered,
    PartnerSeparated,
    PartnerUndone,
)
from shared.rejection import Rejected
from shared.testing.given import given

THIRD_ID = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d07"
REGISTERED = PartnerRegistered(facts=PARTNER_FACTS)
MERGED = (REGISTERED, PartnerMerged(into=PARTNER_ID))
TAKEN = (REGISTERED, PartnerAliasTaken(alias=ALIAS_ID))
UNDONE = (REGISTERED, PartnerUndone())


def facts(**changes: object) -> PartnerFacts:
    return PARTNER_FACTS.model_copy(update=changes)


def register(**changes: object) -> RegisterPartner:
    return RegisterPartner(facts=facts(**changes), court=COURT)


def test_a_partner_is_registered_once() -> None:
    given(PARTNER).when(register()).then(REGISTERED)
    given(PARTNER, REGISTERED).when(register()).then()
    given(PARTNER, REGISTERED).when(register(level="high")).then_rejected("partner_already_registered", "facts")


def test_a_ledger_that_says_something_else_corrects() -> None:
    other = facts(level="high")
    given(PARTNER).when(RecordPartner(facts=other, court=COURT)).then(PartnerRegistered(facts=other))
    given(PARTNER, REGISTERED).when(RecordPartner(facts=other, court=COURT)).then(
        PartnerCorrected(facts=other, changed=("level",))
    )
    given(PARTNER, REGISTERED).when(CorrectPartner(facts=other, court=COURT)).then(
        PartnerCorrected(facts=other, changed=("level",))
    )
    given(PARTNER, REGISTERED).when(CorrectPartner(facts=PARTNER_FACTS, court=COURT)).then()
    given(PARTNER, *MERGED).when(RecordPartner(facts=PARTNER_FACTS, court=COURT)).then()


def test_a_branch_of_this_court_is_no_partner_whatever_width_its_name_is_written_in() -> None:
    field = "facts.organisation"
    given(PARTNER).when(register(organisation=COURT)).then_rejected("partner_is_this_court", field)
    given(PARTNER).when(register(organisation=f"　{COURT} ")).then_rejected("partner_is_this_court", field)
    for command in (RecordPartner, CorrectPartner):
        given(PARTNER, REGISTERED).when(command(facts=facts(organisation=COURT), court=COURT)).then_rejected(
            "partner_is_this_court", field
        )


def test_an_undone_partner_is_absent_until_it_is_stated_again() -> None:
    given(PARTNER, REGISTERED).when(UndoPartner()).then(PartnerUndone())
    given(PARTNER, *UNDONE).when(register()).then(REGISTERED)
    given(PARTNER, *UNDONE).when(RecordPartner(facts=PARTNER_FACTS, court=COURT)).then(REGISTERED)


def test_nothing_is_undone_twice_or_before_it_was() -> None:
    given(PARTNER, *UNDONE).when(UndoPartner()).then_rejected("undone_already", "partner_id")
    given(PARTNER).when(UndoPartner()).then_rejected("unknown_partner", "partner_id")


def test_undoing_leads_back_to_what_was_said_before() -> None:
    corrected = (REGISTERED, PartnerCorrected(facts=facts(level="high"), changed=("level",)))
    before = PARTNER.fold([REGISTERED])
    given(PARTNER, *corrected).when(UndoPartner(before=before)).then(
        PartnerCorrected(facts=PARTNER_FACTS, changed=("level",))
    )
    given(PARTNER, *UNDONE, REGISTERED).when(UndoPartner(before=PARTNER.fold(UNDONE))).then(PartnerUndone())


@pytest.mark.parametrize("history", [MERGED, TAKEN])
def test_what_was_merged_since_is_not_undone(history: tuple[PartnerRegistered, PartnerMerged]) -> None:
    given(PARTNER, *history).when(UndoPartner()).then_rejected("undo_not_possible", "partner_id")


def test_a_partner_is_merged_into_another_and_separated_again() -> None:
    merge = MergePartner(partner_id=ALIAS_ID, into=PARTNER_ID)
    given(PARTNER, REGISTERED).when(merge).then(PartnerMerged(into=PARTNER_ID))
    given(PARTNER, *MERGED).when(merge).then()
    given(PARTNER, REGISTERED).when(TakePartnerAlias(alias=ALIAS_ID)).then(PartnerAliasTaken(alias=ALIAS_ID))
    given(PARTNER, *TAKEN).when(TakePartnerAlias(alias=ALIAS_ID)).then()
    given(PARTNER, *MERGED).when(SeparatePartner(into=PARTNER_ID)).then(PartnerSeparated())
    given(PARTNER, REGISTERED).when(SeparatePartner(into=PARTNER_ID)).then()
    given(PARTNER, *TAKEN).when(ReleasePartnerAlias(alias=ALIAS_ID)).then(PartnerAliasReleased(alias=ALIAS_ID))
    given(PARTNER, REGISTERED).when(ReleasePartnerAlias(alias=ALIAS_ID)).then()


@pytest.mark.parametrize(
    ("history", "command", "code", "field"),
    [
        ((REGISTERED,), MergePartner(partner_id=ALIAS_ID, into=ALIAS_ID), "merged_into_itself", "into"),
        (MERGED, MergePartner(partner_id=ALIAS_ID, into=THIRD_ID), "partner_merged", "partner_id"),
        (MERGED, SeparatePartner(into=THIRD_ID), "partner_merged", "partner_id"),
        (MERGED, TakePartnerAlias(alias=PARTNER_ID), "alias_cycle", "into"),
        (MERGED, TakePartnerAlias(alias=THIRD_ID), "partner_merged", "into"),
        ((), TakePartnerAlias(alias=ALIAS_ID), "unknown_partner", "into"),
        (UNDONE, TakePartnerAlias(alias=ALIAS_ID), "unknown_partner", "into"),
        ((), MergePartner(partner_id=ALIAS_ID, into=PARTNER_ID), "unknown_partner", "partner_id"),
        (UNDONE, MergePartner(partner_id=ALIAS_ID, into=PARTNER_ID), "unknown_partner", "partner_id"),
        ((), SeparatePartner(into=PARTNER_ID), "unknown_partner", "partner_id"),
        ((), CorrectPartner(facts=PARTNER_FACTS, court=COURT), "unknown_partner", "partner_id"),
        (UNDONE, CorrectPartner(facts=PARTNER_FACTS, court=COURT), "unknown_partner", "partner_id"),
    ],
)
def test_what_cannot_be_merged_separated_or_corrected_is_refused(
    history: tuple[PartnerRegistered, ...], command: PartnerCommand, code: str, field: str
) -> None:
    given(PARTNER, *history).when(command).then_rejected(code, field)


def test_a_partner_is_found_again_by_house_and_branch_in_any_width() -> None:
    assert partner_id("shi04", "青岚市云溪区人民法院", "第２党支部") == partner_id(
        "shi04", " 青岚市云溪区人民法院", "第2党支部"
    )
    assert partner_id("shi04", "青岚市云溪区人民法院", None) != partner_id("shi04", "青岚市云溪区人民法院", "第2党支部")


PARTNERS = [f"5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d8d{n:02d}" for n in range(5)]
STEPS = st.tuples(st.sampled_from(["merge", "separate"]), st.sampled_from(PARTNERS), st.sampled_from(PARTNERS))


@settings(max_examples=300, deadline=None)
@every(st.lists(STEPS, max_size=25))
def test_whatever_is_merged_and_separated_nobody_counts_in_a_circle(steps: list[tuple[str, str, str]]) -> None:
    states = {identity: PARTNER.fold([REGISTERED]) for identity in PARTNERS}
    for step, one, other in steps:
        states = together(states, step, one, other)
        for identity, state in states.items():
            assert states[state.into].aliases.count(identity) == 1 if state.into else True
            counts_as(states, identity)
        assert sum(len(state.aliases) for state in states.values()) == sum(
            state.into is not None for state in states.values()
        )


def together(states: dict[str, PartnerState], step: str, one: str, other: str) -> dict[str, PartnerState]:
    """Both halves of a step, or neither."""
    merging = step == "merge"
    halves: list[tuple[str, PartnerCommand]] = [
        (one, MergePartner(partner_id=one, into=other) if merging else SeparatePartner(into=other)),
        (other, TakePartnerAlias(alias=one) if merging else ReleasePartnerAlias(alias=one)),
    ]
    after = dict(states)
    try:
        for identity, command in halves:
            after[identity] = PARTNER.fold(PARTNER.decide(command, after[identity]), after[identity])
    except Rejected:
        return states
    return after


def counts_as(states: dict[str, PartnerState], identity: str) -> str:
    """The partner that counts for this one; walks at most as far as there are partners."""
    for _ in PARTNERS:
        into = states[identity].into
        if into is None:
            return identity
        identity = into
    raise AssertionError("a circle")
