"""Personal values in PostgreSQL: nowhere in clear, and gone with their key."""

from uuid import UUID

import asyncpg
import pytest

from services.activities.domain.activity import ACTIVITY, CorrectActivity, RecordActivity
from services.activities.domain.facts import Minutes
from services.activities.examples import ABSENT_ID, ATTENDANCE, FACTS, MINUTES
from services.members.domain.person import PERSON, PersonDetails, RegisterPerson
from services.members.examples import DETAILS
from shared.acts import CommandContext, CommandDeps
from shared.command_path import execute, load_state
from shared.contracts.personal import FORGOTTEN
from shared.meta import Actor, Source
from shared.personal.tombstones import bury
from shared.rejection import Rejected

PERSON_ID = UUID(DETAILS.person_id)
ACTIVITY_ID = UUID("5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01")
OFFICE = Actor(subject="clerk-1", role="party_office", organisation="demo1")
RECORD = RecordActivity(facts=FACTS, attendance=ATTENDANCE, minutes=MINUTES, entry="timely", today="2024-03-09")


def by(command_id: str) -> CommandContext:
    return CommandContext(
        actor=OFFICE, source=Source(kind="ui"), command_id=command_id, correlation="c", request_hash=b"one"
    )


async def test_no_personal_value_stands_anywhere_in_the_stored_text(
    members: CommandDeps, activities: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    await execute(members, by("c1"), PERSON, PERSON_ID, RegisterPerson(details=DETAILS))
    await execute(activities, by("c2"), ACTIVITY, ACTIVITY_ID, RECORD)
    rows = await members_pool.fetch(
        "select e::text from events e union all select c::text from commands c"
        " union all select k::text from personal_keys k"
    )
    stored = "\n".join(row[0] for row in rows)
    personal = [
        *[getattr(DETAILS, name) for name in PersonDetails.model_fields if name != "person_id"],
        *["开庭", "出差", "院领导1人", "学习研讨", "同意月度计划", "月度计划", "形成清单1份"],
    ]
    assert [value for value in personal if value is not None and value in stored] == []
    assert "党员活动室" in stored
    state, _ = await load_state(members, PERSON, PERSON_ID)
    assert state.details == DETAILS


async def test_after_a_key_is_deleted_its_values_are_forgotten_and_the_rest_goes_on(
    members: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    await execute(members, by("c1"), PERSON, PERSON_ID, RegisterPerson(details=DETAILS))
    await members_pool.execute("delete from personal_keys where key_id = $1", f"person:{PERSON_ID}")
    members.keyring.drop_cached()
    state, version = await load_state(members, PERSON, PERSON_ID)
    assert version == 1
    assert state.details.person_id == DETAILS.person_id
    assert state.details.name is FORGOTTEN
    assert state.details.remark is None


async def test_an_activity_is_still_corrected_after_a_reason_was_forgotten(
    activities: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    await execute(activities, by("c1"), ACTIVITY, ACTIVITY_ID, RECORD)
    await members_pool.execute("delete from personal_keys where key_id = $1", f"person:{ABSENT_ID}")
    activities.keyring.drop_cached()
    state, _ = await load_state(activities, ACTIVITY, ACTIVITY_ID)
    stated = state.attendance.model_copy(update={"recorder_id": None})
    await execute(activities, by("c2"), ACTIVITY, ACTIVITY_ID, CorrectActivity(attendance=stated, today="2024-03-09"))
    state, _ = await load_state(activities, ACTIVITY, ACTIVITY_ID)
    assert state.attendance == stated
    assert state.attendance.absences[0].reason is FORGOTTEN
    assert state.attendance.absences[1].reason == "出差"
    keys = await members_pool.fetchval("select count(*) from personal_keys where key_id = $1", f"person:{ABSENT_ID}")
    assert keys == 0


async def test_new_text_on_a_record_whose_key_is_gone_for_good_is_refused_and_the_rest_goes_on(
    activities: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    await execute(activities, by("c1"), ACTIVITY, ACTIVITY_ID, RECORD)
    async with members_pool.acquire() as connection:
        await bury(connection, [f"record:{ACTIVITY_ID}"])
    activities.keyring.drop_cached()
    said = CorrectActivity(minutes=Minutes(content="补记的发言"), today="2024-03-10")
    with pytest.raises(Rejected) as refusal:
        await execute(activities, by("c2"), ACTIVITY, ACTIVITY_ID, said)
    assert (refusal.value.code, refusal.value.field) == ("text_key_lost", "minutes.content")
    assert refusal.value.value is None
    unsaid = CorrectActivity(facts=FACTS.model_copy(update={"title": "另一题目"}), today="2024-03-10")
    assert (await execute(activities, by("c3"), ACTIVITY, ACTIVITY_ID, unsaid)).positions != []
