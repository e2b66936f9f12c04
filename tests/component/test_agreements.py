"""Partners and agreements over HTTP: registered, merged, signed, ended, undone, and what is refused in them."""

import asyncio

import pytest

from tests.component.court import Court
from tests.component.given import SOME_ID, problem
from tests.component.joint import a_partner, an_agreement, joint_facts, outside, own, parties, partner, signed

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_a_partner_is_not_undone_while_an_agreement_names_it(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    agreement_id, other = await signed(court, branch_id, partner_id), await partner(court)
    undo, correct = f"/partners/{partner_id}/undo", f"/agreements/{agreement_id}/correct"
    assert problem(await court.activities.post(undo)) == (409, "partner_named", ["partner_id"])
    stated = (await court.activities.get(f"/agreements/{agreement_id}")).json()["facts"]
    await court.activities.post(correct, json={"facts": stated | {"parties": [outside(other)]}})
    assert (await court.activities.post(undo)).status_code == 200
    await court.activities.post(f"/agreements/{agreement_id}/undo")
    assert (await court.activities.post(f"/partners/{other}/undo")).status_code == 200


async def test_a_partner_is_not_undone_while_an_activity_or_a_problem_names_it(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    undo = f"/partners/{partner_id}/undo"
    held = await court.activities.post("/activities/record", json={"facts": joint_facts(branch_id, partner_id)})
    assert problem(await court.activities.post(undo)) == (409, "partner_named", ["partner_id"])
    await court.activities.post(f"{held.headers['location']}/cancel", json={"cause": "entered_by_mistake"})
    stated = {"subject": "诉前调解衔接", "owner": outside(partner_id), "raised_on": "2024-03-08"}
    raised = await court.activities.post("/problems", json={"facts": stated})
    assert problem(await court.activities.post(undo)) == (409, "partner_named", ["partner_id"])
    await court.activities.post(f"{raised.headers['location']}/undo")
    assert (await court.activities.post(undo)).status_code == 200


async def test_a_request_sent_again_has_its_first_answer_also_when_its_partner_was_merged_since(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    facts = an_agreement(branch_id, partner_id)
    a_problem = {"subject": "诉前调解衔接", "owner": outside(partner_id), "raised_by": own(branch_id)}
    requests = [
        ("/agreements", {"facts": facts}),
        ("/activities/record", {"facts": joint_facts(branch_id, partner_id)}),
        ("/problems", {"facts": a_problem | {"raised_on": "2024-03-08"}}),
    ]
    keys = [{"Idempotency-Key": f"again-{branch_id}-{number}"} for number in range(3)]

    async def sent() -> list[tuple[int, str]]:
        answers = [
            await court.activities.post(path, json=body, headers=key)
            for (path, body), key in zip(requests, keys, strict=True)
        ]
        return [(answer.status_code, answer.headers.get("location", answer.text)) for answer in answers]

    first = await sent()
    assert [status for status, _ in first] == [201, 201, 201]
    await court.activities.post(f"/partners/{partner_id}/merge", json={"into": await partner(court)})
    assert await sent() == first


async def test_an_agreement_keeps_a_partner_that_was_merged_since(court: Court) -> None:
    branch_id, partner_id = await parties(court)
    agreement_id = await signed(court, branch_id, partner_id)
    await court.activities.post(f"/partners/{partner_id}/merge", json={"into": await partner(court)})
    stated = (await court.activities.get(f"/agreements/{agreement_id}")).json()["facts"] | {"planned_a_year": 8}
    answer = await court.activities.post(f"/agreements/{agreement_id}/correct", json={"facts": stated})
    assert answer.status_code == 200
