"""A campaign: opened, corrected, undone; one of a name."""

from uuid import UUID

import pytest

from services.activities.domain.campaign import (
    CAMPAIGN,
    CampaignCommand,
    CampaignState,
    CorrectCampaign,
    OpenCampaign,
    UndoCampaign,
)
from services.activities.examples.brands import BRANCH_ID, CAMPAIGN_FACTS
from shared.contracts.honours import CampaignCorrected, CampaignOpened, CampaignUndone
from shared.contracts.ids import campaign_id
from shared.testing.given import given

OPEN = OpenCampaign(facts=CAMPAIGN_FACTS)
OPENED = CampaignOpened(facts=CAMPAIGN_FACTS)
LONGER = CAMPAIGN_FACTS.model_copy(update={"end": "2024-08-31"})


def test_a_campaign_is_opened_once() -> None:
    given(CAMPAIGN).when(OPEN).then(OPENED)
    given(CAMPAIGN, OPENED).when(OPEN).then()


def test_another_campaign_of_the_name_is_refused() -> None:
    given(CAMPAIGN, OPENED).when(OpenCampaign(facts=LONGER)).then_rejected("campaign_already_open", "facts.name")


def test_the_end_is_corrected() -> None:
    corrected = CampaignCorrected(facts=LONGER, changed=("end",))
    given(CAMPAIGN, OPENED).when(CorrectCampaign(facts=LONGER)).then(corrected)
    given(CAMPAIGN, OPENED, corrected).when(CorrectCampaign(facts=LONGER)).then()


def test_the_name_stays_but_for_how_it_is_typed() -> None:
    renamed = CAMPAIGN_FACTS.model_copy(update={"name": "主题教育"})
    given(CAMPAIGN, OPENED).when(CorrectCampaign(facts=renamed)).then_rejected("campaign_renamed", "facts.name")
    typed = CAMPAIGN_FACTS.model_copy(update={"name": "党纪学习教育 "})
    given(CAMPAIGN, OPENED).when(CorrectCampaign(facts=typed)).then(CampaignCorrected(facts=typed, changed=("name",)))


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"end": "2024-03-31"}, "end_before_start", "facts.end"),
        ({"unit_ids": (BRANCH_ID, BRANCH_ID)}, "unit_named_twice", "facts.unit_ids.1"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(changes: dict[str, object], code: str, field: str) -> None:
    facts = CAMPAIGN_FACTS.model_copy(update=changes)
    given(CAMPAIGN).when(OpenCampaign(facts=facts)).then_rejected(code, field)
    given(CAMPAIGN, OPENED).when(CorrectCampaign(facts=facts)).then_rejected(code, field)


def test_a_campaign_of_one_day_may_be() -> None:
    facts = CAMPAIGN_FACTS.model_copy(update={"end": "2024-04-01"})
    given(CAMPAIGN).when(OpenCampaign(facts=facts)).then(CampaignOpened(facts=facts))


@pytest.mark.parametrize("command", [CorrectCampaign(facts=LONGER), UndoCampaign()])
def test_what_is_not_there_cannot_change(command: CampaignCommand) -> None:
    given(CAMPAIGN).when(command).then_rejected("unknown_campaign", "campaign_id")
    given(CAMPAIGN, OPENED, CampaignUndone()).when(command).then_rejected("campaign_undone", "campaign_id")


def test_undoing_leads_to_what_was_before() -> None:
    given(CAMPAIGN, OPENED).when(UndoCampaign()).then(CampaignUndone())
    given(CAMPAIGN, OPENED, CampaignUndone()).when(OPEN).then(OPENED)
    before = CampaignState(status="open", facts=CAMPAIGN_FACTS)
    given(CAMPAIGN, OPENED, CampaignCorrected(facts=LONGER, changed=("end",))).when(UndoCampaign(before=before)).then(
        CampaignCorrected(facts=CAMPAIGN_FACTS, changed=("end",))
    )


def test_the_id_of_a_campaign_follows_from_its_name() -> None:
    assert campaign_id("demo1", "党纪学习教育") == UUID("f52c0fd9-cd25-5dba-a103-a4e11510cf13")
    assert campaign_id("demo1", " 党纪学习教育") == campaign_id("demo1", "党纪学习教育")
    assert campaign_id("demo2", "党纪学习教育") != campaign_id("demo1", "党纪学习教育")
