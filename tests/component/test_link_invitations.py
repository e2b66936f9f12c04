"""Inviting over HTTP: the token, what a wrong invitation has wrong, and what a court must be told to be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from services.members.linking.inviting import reached_at
from services.members.linking.showing import expires_at
from shared.links import token
from shared.rejection import Rejected
from tests.component.given import problem
from tests.component.link_sites import START, Site, invitation, peer_name

UNSET: Final = {"broker_management_url": None}
CA = """-----BEGIN CERTIFICATE-----
MIIBATCBtKADAgECAgEBMAUGAytlcDAgMR4wHAYDVQQDDBVDQSBvZiBpbnZlbnRl
ZCBjb3VydHMwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAgMR4wHAYD
VQQDDBVDQSBvZiBpbnZlbnRlZCBjb3VydHMwKjAFBgMrZXADIQCKiOPddAnxlf1S
2y08ul1yymcJvx2UEhvzdIgBtA9vXKMTMBEwDwYDVR0TAQH/BAUwAwEB/zAFBgMr
ZXADQQAp26nBrHaS16aLbiWGjZu2BSGuCO5mwVD8y361p3dU294Xp4VlMDcnP8pl
DW/kNoysV1TNG/NlxY6FrI6pCoYK
-----END CERTIFICATE-----
"""
"""Of an invented court, until 2036-01-01."""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_same_invitation_request_gives_the_same_token_until_it_expires(upper: Site) -> None:
    upper.now = START
    peer, headers = peer_name(), {"Idempotency-Key": str(uuid4())}
    first = await upper.client.post("/links/invitations", json=invitation(peer), headers=headers)
    upper.now = START + timedelta(hours=71)
    again = await upper.client.post("/links/invitations", json=invitation(peer), headers=headers)
    assert (again.json()["token"], again.headers["position"]) == (first.json()["token"], first.headers["position"])
    assert token.read(first.json()["token"]).expires_at == "2026-01-04T08:00:00.000000Z"
    upper.now = START + timedelta(hours=72)
    late = await upper.client.post("/links/invitations", json=invitation(peer), headers=headers)
    assert (late.status_code, late.json()["token"]) == (201, None)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"site": "Shi"}, "invalid_fields", "site"),
        ({"site": "shi04"}, "invalid_peer", "peer"),
        ({"level": "high"}, "invalid_level", "level"),
        ({"official_order": 0}, "invalid_fields", "official_order"),
        ({"valid_hours": 0}, "invalid_fields", "valid_hours"),
        ({"withheld_families": ["activities.minutes"]}, "invalid_withheld_families", "withheld_families"),
        ({"address": "amqp://elsewhere"}, "invalid_fields", "address"),
    ],
)
async def test_a_wrong_invitation_is_named(upper: Site, changed: dict[str, Any], code: str, field: str) -> None:
    answer = await upper.client.post("/links/invitations", json=invitation(peer_name()) | changed)
    assert problem(answer) == (422, code, [field])


async def test_an_invitation_that_was_refused_leaves_no_secret(upper: Site) -> None:
    count = "select count(*) from personal_keys where key_id like 'invitation:%'"
    before = await upper.parts.pool.fetchval(count)
    await upper.client.post("/links/invitations", json=invitation(peer_name()) | {"level": "high"})
    assert await upper.parts.pool.fetchval(count) == before
    await upper.client.post("/links/invitations", json=invitation(peer_name()))
    assert await upper.parts.pool.fetchval(count) == before + 1


async def test_whoever_cannot_be_reached_is_told_what_to_set_before_inviting(upper: Site) -> None:
    unreached = replace(upper.parts.linking, settings=upper.parts.settings.model_copy(update=UNSET))
    reached, upper.parts.linking = upper.parts.linking, unreached
    answer = await upper.client.post("/links/invitations", json=invitation(peer_name()))
    upper.parts.linking = reached
    assert problem(answer) == (409, "links_not_configured", ["LIANJIAN_BROKER_MANAGEMENT_URL"])
    assert "重启 members 后再邀请" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("told", "variable"),
    [
        ({"broker_public_address": None}, "LIANJIAN_BROKER_PUBLIC_ADDRESS"),
        ({"broker_public_address": "amqps://upper.invalid:5671/lianjian"}, "LIANJIAN_BROKER_CA_FILE"),
        (
            {"broker_public_address": "amqps://upper.invalid:5671/v", "broker_ca_file": Path("no such file")},
            "LIANJIAN_BROKER_CA_FILE",
        ),
    ],
)
async def test_what_is_missing_for_lower_courts_to_reach_this_one_is_named(
    upper: Site, told: dict[str, Any], variable: str
) -> None:
    settings = upper.parts.settings.model_copy(update=told)
    with pytest.raises(Rejected) as refusal:
        reached_at(settings)
    assert (refusal.value.code, refusal.value.field) == ("links_not_configured", variable)


async def test_the_ca_goes_with_the_token_and_its_end_is_shown(upper: Site, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(CA)
    told = {"broker_public_address": "amqps://upper.invalid:5671/v", "broker_ca_file": tmp_path / "ca.pem"}
    assert reached_at(upper.parts.settings.model_copy(update=told)) == ("amqps://upper.invalid:5671/v", CA)
    assert expires_at(CA) == "2036-01-01T00:00:00.000000Z"
    assert expires_at("no certificate") is None
