"""A service changes its signing key: the former one seals the change, the next one what follows."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.cli.verify import verify
from shared.sealing.key_files import make_next_key
from shared.sealing.keys import SigningKey
from shared.sealing.note import parse_note
from shared.sealing.succession import followed, succession_of
from tests.component.court import Court, config_of, court

_NOTES = "select note from seals order by epoch, first"
_LATEST = "select last from seals order by epoch desc, first desc limit 1"


@pytest.fixture
async def running(postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(postgres_url, rabbitmq_url, management_url, tmp_path) as found:
        yield found


async def change(here: Court, service: str) -> dict[str, Any]:
    """What `lianjian link rotate-key --service` does."""
    if service != "reporting":
        return dict((await here.services[service].client.post("/keys/rotation")).raise_for_status().json())
    following = (await here.reporting.post("/keys/next")).raise_for_status().json()
    (await here.members.post("/keys/reporting", json=following)).raise_for_status()
    return dict(following)


async def branch(here: Court, order: int) -> None:
    said = {
        "facts": {
            "name": f"第{order}党支部",
            "branch_kind": "in_service",
            "official_order": order,
            "effective_from": "2024-01-01",
        }
    }
    (await here.members.post("/branches", json=said["facts"])).raise_for_status()


async def signatures(pool: asyncpg.Pool) -> list[tuple[int, int, str]]:
    """(first, last, key id) of every seal."""
    notes = [parse_note(row["note"]) for row in await pool.fetch(_NOTES)]
    return [(note.seal.first, note.seal.last, note.signatures[0].key_id) for note in notes]


async def arrived(here: Court, origin: str) -> None:
    """Wait until the journal has all of the log and the log's relay has heard so."""
    service = origin.split("/")[1]
    log, journal = here.services[service].parts.tasks, here.services["reporting"].parts.tasks
    for _ in range(600):
        head = await log.fetchval("select max(position) from events")
        have = await journal.fetchval("select have from receipts where origin = $1", origin)
        heard = await log.fetchval("select min(have) from peer_states where origin = $1", origin)
        if head == have == heard == await log.fetchval(_LATEST):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{origin}: {head} recorded, {have} received, {heard} heard")


async def test_each_service_changes_its_key_and_the_log_goes_on(running: Court) -> None:
    await branch(running, 1)
    changed = {name: await change(running, name) for name in ("members", "activities", "reporting")}
    await branch(running, 2)
    await arrived(running, "shi04/members/log/1")
    await arrived(running, "shi04/activities/log/1")

    log = running.services["members"].parts.tasks
    at = await log.fetchval("select position from events where type = 'members.signing-key-changed.v1'")
    seals = await signatures(log)
    assert (changed["members"]["changed_at"], "changed_at" in changed["reporting"]) == (at, False)
    assert {key for _, last, key in seals if last <= at} == {changed["members"]["former_key_id"]}
    assert {key for first, _, key in seals if first > at} == {changed["members"]["key_id"]}
    assert at in {last for _, last, _ in seals}
    suspended = "select count(*) from inbound_links where suspended_at is not null"
    for name in ("reporting", "activities"):
        assert await running.services[name].parts.tasks.fetchval(suspended) == 0
    for name in changed:
        keys = running.services[name].parts
        own = keys.own_keys if name == "reporting" else keys.key_changing.keys
        assert own.public.key_id == changed[name]["key_id"]
    verdict = await verify(config_of(running))
    assert (verdict.findings, verdict.unchecked) == ([], [])


async def test_the_same_request_again_changes_nothing(running: Court) -> None:
    once = {"Idempotency-Key": "rotate-1"}
    first = (await running.activities.post("/keys/rotation", headers=once)).raise_for_status().json()
    again = (await running.activities.post("/keys/rotation", headers=once)).raise_for_status().json()
    assert (again["key_id"], again["former_key_id"]) == (first["key_id"], first["former_key_id"])
    log = running.services["activities"].parts.tasks
    assert await log.fetchval("select count(*) from events where type = 'activities.signing-key-changed.v1'") == 1


def test_a_key_left_over_from_an_attempt_before_is_taken_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    made = make_next_key(tmp_path, ["0" * 16])
    assert make_next_key(tmp_path, ["0" * 16]).key_id == made.key_id
    assert make_next_key(tmp_path, [made.key_id]).key_id != made.key_id
    assert stat.S_IMODE((tmp_path / f"signing-{made.key_id}.key").stat().st_mode) == 0o600


def test_who_knows_any_former_key_believes_the_present_one() -> None:
    first, second, third, stranger = (SigningKey(bytes([number]) * 32) for number in range(1, 5))
    lines = "\n".join(succession_of("shi04/reporting", [first, second], third.public))
    for known in (first, second):
        found = followed("shi04/reporting", [known.public], lines)
        assert [key.key_id for key in found] == [known.public.key_id, third.public.key_id]
    assert [key.key_id for key in followed("shi04/reporting", [stranger.public], lines)] == [stranger.public.key_id]
    assert len(followed("shi04/members", [first.public], lines)) == 1
