"""Joint activities and problems over HTTP, and whose it is to state them."""

import secrets
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.identity.tokens import enter_token
from shared.meta import Actor
from tests.component.court import Court
from tests.component.given import SOME_ID, branch, facts, problem
from tests.component.joint import a_partner, an_agreement, joint_facts, outside, own, parties, partner, signed

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def remarks(court: Court, stated: dict[str, Any]) -> list[str]:
    """What the record of an activity remarks."""
    answer = await court.activities.post("/activities/record", json={"facts": stated})
    assert answer.status_code == 201, answer.text
    events = await court.services["activities"].parts.deps.store.read_stream(f"activity-{answer.json()['activity_id']}")
    found: list[str] = events[-1].data["remarks"]
    return found


async def test_an_activity_that_does_not_fit_its_agreement_is_recorded_with_a_remark(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    other = await partner(court)
    agreement_id = await signed(court, branch_id, partner_id)
    under = {"agreement_id": agreement_id}
    three = [*joint_facts(branch_id, partner_id)["joint"]["participations"], {"party": outside(other)}]
    fitting = joint_facts(branch_id, partner_id, joint=under)
    assert await remarks(court, fitting) == []
    assert await remarks(court, fitting | {"date": "2024-02-19"}) == ["before_signing"]
    wider = joint_facts(branch_id, partner_id, joint=under | {"participations": three})
    assert await remarks(court, wider) == ["party_outside_agreement"]
    await court.activities.post(f"/partners/{partner_id}/merge", json={"into": other})
    assert await remarks(court, joint_facts(branch_id, other, joint=under)) == []
    await court.activities.post(f"/agreements/{agreement_id}/end", json={"cause": "expired", "effective_to": "2024-03"})
    assert await remarks(court, joint_facts(branch_id, other, joint=under) | {"date": "2024-04-01"}) == ["after_ending"]


async def test_a_joint_activity_is_found_by_its_number_and_recorded_once(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    stated = {"facts": joint_facts(branch_id, partner_id, number=f"LJ2024-{uuid4().hex[:6]}")}
    key = {"Idempotency-Key": f"joint-{branch_id}"}
    first, again = [await court.activities.post("/activities/record", json=stated, headers=key) for _ in range(2)]
    assert [first.status_code, again.status_code] == [201, 201]
    for path in ("/activities/record", "/activities"):
        assert problem(await court.activities.post(path, json=stated)) == (409, "number_taken", ["facts.number"])
    location = first.headers["location"]
    mistake = await court.activities.post(f"{location}/cancel", json={"cause": "entered_by_mistake"})
    assert mistake.status_code == 200
    restated = await court.activities.post("/activities/record", json=stated)
    assert (restated.status_code, restated.headers["location"]) == (201, location)


async def test_a_joint_activity_names_only_what_is_there(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    lists = [{"party": own(branch_id), "person_ids": [SOME_ID]}]
    stranger = [{"party": own(branch_id)}, {"party": outside(SOME_ID)}]
    for changed, named, code, field in (
        ({"agreement_id": SOME_ID}, [], (422, "unknown_agreement"), "facts.joint.agreement_id"),
        ({"lead": outside(SOME_ID)}, [], (422, "unknown_partner"), "facts.joint.lead.party_id"),
        ({"participations": stranger}, [], (422, "unknown_partner"), "facts.joint.participations.1.party.party_id"),
        ({}, lists, (422, "unknown_person"), "participants.0.person_ids.0"),
        ({"participations": stranger[:1]}, [], (409, "one_party_alone"), "facts.joint.participations"),
    ):
        body = {"facts": joint_facts(branch_id, partner_id, joint=changed), "participants": named}
        answer = await court.activities.post("/activities/record", json=body)
        assert problem(answer) == (*code, [field])
    plain = facts(branch_id, joint=joint_facts(branch_id, partner_id)["joint"])
    answer = await court.activities.post("/activities", json={"facts": plain})
    assert problem(answer) == (409, "joint_part_of_another_kind", ["facts.joint"])


async def test_a_problem_is_raised_solved_and_reopened(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    stated = {
        "subject": "诉前调解衔接",
        "raised_by": outside(partner_id),
        "owner": own(branch_id),
        "raised_on": "2024-03-08",
        "due": "2024-06-30",
    }
    raised = await court.activities.post("/problems", json={"facts": stated, "note": "正在推进"})
    assert raised.status_code == 201
    path = raised.headers["location"]
    early = await court.activities.post(f"{path}/solve", json={"solved_on": "2024-03-07"})
    assert problem(early) == (409, "solved_before_raised", ["solved_on"])
    assert (await court.activities.post(f"{path}/solve", json={"solved_on": "2024-05-16"})).status_code == 200
    assert (await court.activities.get(path)).json()["status"] == "solved"
    assert (await court.activities.post(f"{path}/reopen")).status_code == 200
    changed = {"facts": stated | {"due": "2024-09-30"}}
    assert (await court.activities.post(f"{path}/correct", json=changed)).status_code == 200
    seen = (await court.activities.get(path)).json()
    assert (seen["status"], seen["note"], seen["facts"]["due"]) == ("raised", "正在推进", "2024-09-30")
    assert (await court.activities.post(f"{path}/undo")).status_code == 200


async def test_a_problem_names_only_what_is_there(court: Court) -> None:
    branch_id, _ = await branch(court)
    stated = {"subject": "诉前调解衔接", "owner": own(branch_id), "raised_on": "2024-03-08"}
    for changed, code, field in (
        ({"activity_id": SOME_ID}, "unknown_activity", "facts.activity_id"),
        ({"agreement_id": SOME_ID}, "unknown_agreement", "facts.agreement_id"),
        ({"raised_by": outside(SOME_ID)}, "unknown_partner", "facts.raised_by.party_id"),
    ):
        answer = await court.activities.post("/problems", json={"facts": stated | changed})
        assert problem(answer) == (422, code, [field])
    for verb in ("solve", "correct"):
        answer = await court.activities.post(f"/problems/{SOME_ID}/{verb}", json={})
        assert problem(answer) == (404, "not_found", ["problem_id"])


async def secretary(court: Court, branch_id: str) -> httpx.AsyncClient:
    """Somebody who keeps the records of one branch."""
    token = secrets.token_urlsafe(32)
    service = court.services["activities"]
    url = service.settings.owner_database_url
    assert url is not None
    connection = await asyncpg.connect(url.get_secret_value())
    actor = Actor(subject=f"s-{branch_id}", role="branch_secretary", organisation=f"{court.site}.{branch_id}")
    await enter_token(connection, token, actor)
    await connection.close()
    transport = service.client._transport
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers, timeout=60.0)


async def test_a_secretary_states_what_his_branch_proposed_leads_or_owns_and_nothing_else(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    other_id, _ = await branch(court)
    client = await secretary(court, branch_id)
    by_his, by_another = an_agreement(branch_id, partner_id), an_agreement(other_id, partner_id)
    led = joint_facts(branch_id, partner_id)
    led_by_another = led | {"joint": joint_facts(other_id, partner_id)["joint"]}
    a_problem = {"subject": "诉前调解衔接", "owner": own(other_id), "raised_on": "2024-03-08"}
    received = an_agreement(
        branch_id, partner_id, proposer=outside(partner_id), parties=[own(other_id), own(branch_id)]
    )
    for path, body, status in (
        ("/agreements", {"facts": by_his}, 201),
        ("/agreements", {"facts": by_another}, 403),
        ("/agreements", {"facts": received}, 201),
        ("/activities/record", {"facts": led}, 201),
        ("/activities/record", {"facts": led_by_another}, 403),
        ("/problems", {"facts": a_problem}, 403),
        ("/problems", {"facts": a_problem | {"raised_by": own(branch_id)}}, 201),
        ("/partners", {"facts": a_partner()}, 403),
    ):
        assert ((await client.post(path, json=body)).status_code, path) == (status, path)
    assert (await client.get(f"/partners/{partner_id}")).status_code == 200
    theirs = await court.activities.post("/agreements", json={"facts": by_another})
    assert (await client.get(theirs.headers["location"])).status_code == 403
    assert (await client.post(f"{theirs.headers['location']}/undo")).status_code == 403
