"""A brand as a ledger states it, again and again, and the way back to what was stated before."""

from services.activities.domain.brand import BRAND
from services.activities.domain.brand_facts import standing
from services.activities.domain.brand_record import RecordBrand, UndoBrand
from services.activities.domain.brand_state import (
    BrandDescriptionRecorded,
    BrandEvent,
    BrandEvidenceNoted,
    BrandState,
    BrandStepNoted,
    Description,
    StepNote,
)
from services.activities.examples.brands import (
    BRAND_FACTS,
    BRAND_ID,
    EVIDENCE,
    EVIDENCE_ID,
    GOAL,
    GOAL_ID,
    NOTE,
    OWN,
    PROJECT_ID,
)
from shared.contracts.brands import (
    BrandCorrected,
    BrandEvidenceRecorded,
    BrandEvidenceWithdrawn,
    BrandFacts,
    BrandGoalSet,
    BrandGoalWithdrawn,
    BrandRegistered,
    BrandReturned,
    BrandRevoked,
    BrandStepCompleted,
    BrandStepCorrected,
    BrandUndone,
)
from shared.testing.given import given

TODAY = "2024-12-31"
FACTS = BrandFacts(owners=(OWN,), unknown=("name", "concept"))
DESCRIPTION = Description(carriers="宣讲队")
SHOWN = EVIDENCE.model_copy(update={"goal_id": None, "reached": None})
ROW = RecordBrand(
    brand_id=BRAND_ID,
    facts=FACTS,
    steps={"submit": "2024-02-20", "recognise": None},
    description=DESCRIPTION,
    evidence=SHOWN,
    today=TODAY,
)
STATED = (
    BrandRegistered(facts=FACTS),
    BrandStepCompleted(step="submit", date="2024-02-20"),
    BrandStepCompleted(step="recognise", date=None),
    BrandDescriptionRecorded(description=DESCRIPTION),
    BrandEvidenceRecorded(evidence=SHOWN),
)


def row(**changes: object) -> RecordBrand:
    return ROW.model_copy(update=changes)


def test_a_row_registers_a_brand_with_its_steps() -> None:
    given(BRAND).when(ROW).then(*STATED)


def test_the_same_row_again_changes_nothing() -> None:
    given(BRAND, *STATED).when(ROW).then()


def test_a_changed_row_corrects_what_differs() -> None:
    named = FACTS.model_copy(update={"name": "星火助执", "unknown": ("concept",)})
    given(BRAND, *STATED).when(row(facts=named)).then(BrandCorrected(facts=named, changed=("name", "unknown")))
    given(BRAND, *STATED).when(row(steps={"submit": "2024-02-21", "recognise": "2024-05"})).then(
        BrandStepCorrected(step="submit", date="2024-02-21"), BrandStepCorrected(step="recognise", date="2024-05")
    )
    given(BRAND, *STATED).when(row(steps={**ROW.steps, "cultivate": "2024-06-29"})).then(
        BrandStepCompleted(step="cultivate", date="2024-06-29")
    )
    given(BRAND, *STATED).when(row(description=Description())).then(BrandDescriptionRecorded(description=Description()))
    later = SHOWN.model_copy(update={"evidence_id": PROJECT_ID, "date": "2024-10"})
    given(BRAND, *STATED).when(row(evidence=later)).then(BrandEvidenceRecorded(evidence=later))
    given(BRAND, *STATED).when(row(evidence=None)).then()


def test_a_step_that_a_row_leaves_out_stays_and_keeps_its_materials() -> None:
    noted = BrandStepNoted(step="recognise", note=NOTE)
    given(BRAND, *STATED, noted).when(row(steps={"submit": "2024-02-20"})).then()
    given(BRAND, *STATED, noted).when(row(steps={"submit": "2024-02-20", "recognise": "2024-05"})).then(
        BrandStepCorrected(step="recognise", date="2024-05")
    )


def test_slogan_and_pillars_of_which_a_ledger_knows_nothing_stay() -> None:
    full = BRAND_FACTS.model_copy(update={"owners": (OWN,), "parent_id": None})
    stated = full.model_copy(update={"slogan": None, "pillars": ()})
    given(BRAND, BrandRegistered(facts=full)).when(
        row(facts=stated, steps={}, description=Description(), evidence=None)
    ).then()


def test_a_row_that_skips_a_step_or_turns_time_back_is_refused_at_that_step() -> None:
    given(BRAND).when(row(steps={"submit": "2024-02-20", "cultivate": "2024-06"})).then_rejected(
        "step_skipped", "steps.cultivate"
    )
    given(BRAND).when(row(steps={"recognise": "2024-02-20"})).then_rejected("step_skipped", "steps.recognise")
    given(BRAND).when(row(steps={"submit": "2024-02-20", "recognise": "2024-02-19"})).then_rejected(
        "before_beginning", "steps.recognise"
    )
    given(BRAND).when(row(steps={"submit": "2025-01-01"})).then_rejected("date_in_the_future", "steps.submit")
    given(BRAND).when(row(evidence=SHOWN.model_copy(update={"date": "2025-01-01"}))).then_rejected(
        "date_in_the_future", "evidence.date"
    )
    known = (*STATED[:2], BrandStepCompleted(step="recognise", date="2024-03-01"))
    given(BRAND, *known).when(row(steps={"submit": "2024-04-01"})).then_rejected("before_beginning", "steps.recognise")


def test_a_ledger_leaves_a_revoked_brand_revoked() -> None:
    given(BRAND, *STATED, BrandRevoked(date="2024-12-01")).when(ROW).then()


def test_an_undone_brand_is_stated_again() -> None:
    given(BRAND, *STATED, BrandUndone()).when(ROW).then(*STATED)


def after(*events: BrandEvent) -> BrandState:
    return BRAND.fold(events)


def test_undoing_what_a_run_registered_makes_it_absent_and_only_once() -> None:
    given(BRAND, *STATED).when(UndoBrand()).then(BrandUndone())
    given(BRAND, *STATED).when(UndoBrand(before=after(*STATED, BrandUndone()))).then(BrandUndone())
    given(BRAND, *STATED).when(UndoBrand(), UndoBrand()).then_rejected("brand_undone", "brand_id")


def test_undoing_what_a_run_changed_leads_to_what_was_before() -> None:
    before = after(*STATED)
    named = FACTS.model_copy(update={"name": "星火助执", "unknown": ("concept",)})
    changes: tuple[BrandEvent, ...] = (
        BrandCorrected(facts=named, changed=("name", "unknown")),
        BrandStepCorrected(step="submit", date="2024-02-21"),
        BrandStepNoted(step="submit", note=NOTE),
        BrandStepCompleted(step="cultivate", date="2024-06-29"),
        BrandDescriptionRecorded(description=Description()),
        BrandGoalSet(goal=GOAL),
        BrandEvidenceRecorded(evidence=SHOWN.model_copy(update={"evidence_id": PROJECT_ID})),
        BrandEvidenceNoted(evidence_id=EVIDENCE_ID, text="宣讲3场"),
    )
    given(BRAND, *STATED, *changes).when(UndoBrand(before=before)).then(
        BrandCorrected(facts=FACTS, changed=("name", "unknown")),
        BrandReturned(step="cultivate", date=None),
        BrandStepCorrected(step="submit", date="2024-02-20"),
        BrandStepNoted(step="submit", note=StepNote()),
        BrandDescriptionRecorded(description=DESCRIPTION),
        BrandGoalWithdrawn(goal_id=GOAL_ID),
        BrandEvidenceWithdrawn(evidence_id=PROJECT_ID),
        BrandEvidenceNoted(evidence_id=EVIDENCE_ID, text=None),
    )
    given(BRAND, *STATED).when(UndoBrand(before=before)).then()


def test_undoing_brings_back_steps_goals_and_evidence_that_were_taken_away() -> None:
    noted = BrandStepNoted(step="recognise", note=NOTE)
    before = after(*STATED, noted, BrandGoalSet(goal=GOAL))
    gone: tuple[BrandEvent, ...] = (
        BrandReturned(step="recognise", date="2024-09-01"),
        BrandGoalWithdrawn(goal_id=GOAL_ID),
        BrandEvidenceWithdrawn(evidence_id=EVIDENCE_ID),
    )
    given(BRAND, *STATED, noted, BrandGoalSet(goal=GOAL), *gone).when(UndoBrand(before=before)).then(
        BrandStepCompleted(step="recognise", date=None),
        noted,
        BrandGoalSet(goal=GOAL),
        BrandEvidenceRecorded(evidence=SHOWN),
    )


def test_a_revocation_is_not_undone() -> None:
    given(BRAND, *STATED, BrandRevoked(date="2024-12-01")).when(UndoBrand(before=after(*STATED))).then_rejected(
        "undo_not_possible", "brand_id"
    )
    revoked = after(*STATED, BrandRevoked(date="2024-12-01"))
    given(BRAND, *STATED).when(UndoBrand(before=revoked)).then_rejected("undo_not_possible", "brand_id")


def test_a_brand_that_moved_since_its_row_was_read_is_not_stated_over() -> None:
    read = ROW.model_copy(update={"seen": standing(BRAND.fold(STATED))})
    given(BRAND, *STATED).when(read).then()
    given(BRAND, *STATED, BrandRevoked(date="2024-11-30")).when(read).then_rejected("brand_changed", "brand_id")
    given(BRAND).when(read).then_rejected("brand_changed", "brand_id")
