"""Joint construction over HTTP: partners, agreements, joint activities and problems, and what is refused in them."""

import asyncio
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

pytestmark = pytest.mark.asyncio(loop_scope="session")


def own(unit_id: str) -> dict[str, str]:
    return {"party_kind": "own_unit", "party_id": unit_id}


def outside(partner_id: str) -> dict[str, str]:
    return {"party_kind": "partner", "party_id": partner_id}


def a_partner(**changed: Any) -> dict[str, Any]:
    return {"organisation": f"青岚市{uuid4().hex[:6]}区人民法院", "branch": "第一党支部", "level": "basic"} | changed


async def partner(court: Court) -> str:
    answer = await court.activities.post("/partners", json={"facts": a_partner()})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["partner_id"]
    return found


async def parties(court: Court) -> tuple[str, str]:
    """A branch and a partner."""
    return (await branch(court))[0], await partner(court)


def an_agreement(branch_id: str, partner_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "number": f"青04联建〔2024〕{uuid4().hex[:6]}号",
        "proposer": own(branch_id),
        "parties": [outside(partner_id)],
        "joint_modes": ["planning"],
        "planned_a_year": 2,
        "agreement_term_months": 12,
    } | changed


async def signed(court: Court, branch_id: str, partner_id: str, **changed: Any) -> str:
    """An agreement in force since 20 February 2024."""
    stated = an_agreement(branch_id, partner_id, signed="2024-02-20", **changed)
    answer = await court.activities.post("/agreements/record", json={"facts": stated})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["agreement_id"]
    return found


def joint_facts(branch_id: str, partner_id: str, **changed: Any) -> dict[str, Any]:
    joint = {
        "lead": own(branch_id),
        "participations": [{"party": own(branch_id), "seats": 12}, {"party": outside(partner_id), "seats": 9}],
    } | changed.pop("joint", {})
    return facts(branch_id, kind="joint_activity", title="联学共建", date="2024-03-08", joint=joint, **changed)


async def test_a_partner_is_registered_once_and_read_from_its_stream(court: Court) -> None:
    stated = {"facts": a_partner()}
    first = await court.activities.post("/partners", json=stated)
    assert (first.status_code, first.headers["etag"]) == (201, '"1"')
    again = await court.activities.post("/partners", json=stated)
    assert (again.status_code, again.json()["partner_id"]) == (201, first.json()["partner_id"])
    other = {"facts": stated["facts"] | {"level": "high"}}
    answer = await court.activities.post("/partners", json=other)
    assert problem(answer) == (409, "partner_already_registered", ["facts"])
    path = first.headers["location"]
    assert (await court.activities.post(f"{path}/correct", json=other)).status_code == 200
    seen = await court.activities.get(path)
    assert (seen.headers["etag"], seen.json()["facts"]["level"], seen.json()["aliases"]) == ('"2"', "high", [])


async def test_a_branch_of_the_court_itself_is_no_partner(court: Court) -> None:
    answer = await court.activities.post("/partners", json={"facts": a_partner(organisation="青岚市中级人民法院")})
    assert problem(answer) == (409, "partner_is_this_court", ["facts.organisation"])


async def test_an_alias_is_merged_and_separated_with_both_streams_telling_of_it(court: Court) -> None:
    alias, counts = await partner(court), await partner(court)
    merged = await court.activities.post(f"/partners/{alias}/merge", json={"into": counts}, headers={"If-Match": '"1"'})
    assert (merged.status_code, merged.headers["etag"]) == (200, '"2"')
    assert (await court.activities.get(f"/partners/{alias}")).json()["into"] == counts
    assert (await court.activities.get(f"/partners/{counts}")).json()["aliases"] == [alias]
    undone = await court.activities.post(f"/partners/{counts}/undo")
    assert problem(undone) == (409, "undo_not_possible", ["partner_id"])
    assert (await court.activities.post(f"/partners/{alias}/separate", json={"into": counts})).status_code == 200
    assert (await court.activities.get(f"/partners/{alias}")).json()["into"] is None
    assert (await court.activities.get(f"/partners/{counts}")).json()["aliases"] == []
    assert (await court.activities.post(f"/partners/{counts}/undo")).status_code == 200
    assert problem(await court.activities.post(f"/partners/{counts}/undo")) == (409, "undone_already", ["partner_id"])


async def test_merging_into_oneself_into_nobody_or_in_a_circle_is_refused(court: Court) -> None:
    one, other = await partner(court), await partner(court)
    path = f"/partners/{one}/merge"
    assert problem(await court.activities.post(path, json={"into": one})) == (409, "merged_into_itself", ["into"])
    assert problem(await court.activities.post(path, json={"into": SOME_ID})) == (422, "unknown_partner", ["into"])
    unknown = await court.activities.post(f"/partners/{SOME_ID}/merge", json={"into": one})
    assert problem(unknown) == (404, "unknown_partner", ["partner_id"])
    assert (await court.activities.post(path, json={"into": other})).status_code == 200
    back = await court.activities.post(f"/partners/{other}/merge", json={"into": one})
    assert problem(back) == (409, "alias_cycle", ["into"])
    third = await partner(court)
    assert problem(await court.activities.post(path, json={"into": third})) == (409, "partner_merged", ["partner_id"])


async def test_of_two_mergings_at_once_that_would_make_a_circle_one_happens(court: Court) -> None:
    for _ in range(5):
        one, other = await partner(court), await partner(court)
        answers = await asyncio.gather(
            court.activities.post(f"/partners/{one}/merge", json={"into": other}),
            court.activities.post(f"/partners/{other}/merge", json={"into": one}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        states = [(await court.activities.get(f"/partners/{identity}")).json() for identity in (one, other)]
        assert [state["into"] for state in states].count(None) == 1
        assert sorted(len(state["aliases"]) for state in states) == [0, 1]


async def test_an_agreement_lives_from_proposal_to_undoing(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    stated = an_agreement(branch_id, partner_id)
    proposed = await court.activities.post("/agreements", json={"facts": stated, "details": {"goals": "共建共促"}})
    assert proposed.status_code == 201
    path = proposed.headers["location"]
    sign = {"signed": "2024-02-20"}
    assert (await court.activities.post(f"{path}/sign", json=sign, headers={"If-Match": '"2"'})).status_code == 200
    stale = await court.activities.post(f"{path}/end", json={"cause": "expired"}, headers={"If-Match": '"2"'})
    assert problem(stale) == (412, "precondition_failed", ["If-Match"])
    early = {"cause": "terminated", "effective_to": "2024-02-19"}
    answer = await court.activities.post(f"{path}/end", json=early)
    assert problem(answer) == (409, "ended_before_signed", ["effective_to"])
    assert (await court.activities.post(f"{path}/end", json={"cause": "expired"})).status_code == 200
    assert (await court.activities.post(f"{path}/resume")).status_code == 200
    changed = {"facts": stated | sign | {"planned_a_year": 6}, "details": {"goals": "互学互鉴"}}
    assert (await court.activities.post(f"{path}/correct", json=changed)).status_code == 200
    seen = (await court.activities.get(path)).json()
    assert (seen["status"], seen["facts"]["planned_a_year"], seen["details"]["goals"]) == ("signed", 6, "互学互鉴")
    assert (await court.activities.post(f"{path}/undo")).status_code == 200
    assert problem(await court.activities.post(f"{path}/undo")) == (409, "undone_already", ["agreement_id"])


async def test_goals_and_contact_of_an_agreement_are_stored_apart_and_encrypted(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    stated = {"facts": an_agreement(branch_id, partner_id), "details": {"goals": "共建共促"}}
    answer = await court.activities.post("/agreements", json=stated)
    store = court.services["activities"].parts.deps.store
    shared, private = await store.read_stream(f"joint_agreement-{answer.json()['agreement_id']}")
    assert "共建共促" not in str(shared.data)
    assert private.data["details"]["goals"]["enc"] == "A256GCM"


async def test_one_number_is_one_agreement_also_of_two_requests_at_once(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    first = an_agreement(branch_id, partner_id, signed="2024-02-20")
    other = first | {"planned_a_year": 9}
    answers = await asyncio.gather(
        *(court.activities.post("/agreements/record", json={"facts": stated}) for stated in (first, other))
    )
    taken = next(answer for answer in answers if answer.status_code != 201)
    assert problem(taken) == (409, "number_taken", ["facts.number"])
    key = {"Idempotency-Key": f"number-{branch_id}"}
    fresh = {"facts": an_agreement(branch_id, partner_id, signed="2024-02-20")}
    twice = [await court.activities.post("/agreements/record", json=fresh, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [201, 201]
    assert (await court.activities.post(f"{twice[0].headers['location']}/undo")).status_code == 200
    again = await court.activities.post("/agreements/record", json=fresh)
    assert (again.status_code, again.json()["agreement_id"]) == (201, twice[0].json()["agreement_id"])


async def test_an_agreement_names_only_parties_that_are_there(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    merged, undone = await partner(court), await partner(court)
    await court.activities.post(f"/partners/{merged}/merge", json={"into": partner_id})
    await court.activities.post(f"/partners/{undone}/undo")
    for changed, code, field in (
        ({"proposer": own(SOME_ID)}, (422, "unknown_unit"), "facts.proposer.party_id"),
        ({"parties": [outside(SOME_ID)]}, (422, "unknown_partner"), "facts.parties.0.party_id"),
        ({"parties": [outside(undone)]}, (422, "unknown_partner"), "facts.parties.0.party_id"),
        ({"parties": [outside(merged)]}, (409, "partner_merged"), "facts.parties.0.party_id"),
        ({"parties": [own(branch_id)]}, (409, "proposer_among_parties"), "facts.parties.0"),
        ({"agreement_term_months": 0}, (422, "invalid_fields"), "facts.agreement_term_months"),
    ):
        stated = an_agreement(branch_id, partner_id, **changed)
        answer = await court.activities.post("/agreements", json={"facts": stated})
        assert problem(answer) == (*code, [field])
    contact = {"facts": an_agreement(branch_id, partner_id), "details": {"contact_id": SOME_ID}}
    answer = await court.activities.post("/agreements", json=contact)
    assert problem(answer) == (422, "unknown_person", ["details.contact_id"])


async def test_an_agreement_keeps_a_partner_that_was_merged_since(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    agreement_id = await signed(court, branch_id, partner_id)
    await court.activities.post(f"/partners/{partner_id}/merge", json={"into": await partner(court)})
    stated = (await court.activities.get(f"/agreements/{agreement_id}")).json()["facts"] | {"planned_a_year": 8}
    answer = await court.activities.post(f"/agreements/{agreement_id}/correct", json={"facts": stated})
    assert answer.status_code == 200


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
