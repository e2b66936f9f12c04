"""A roster names what was recorded by hand before: nobody and nothing comes into being twice."""

from typing import Any
from uuid import UUID, uuid4

from services.members.domain.branch import BRANCH, EstablishBranch, FormBranchCommittee, FormPartyGroup
from services.members.domain.person import PERSON, PersonDetails, RecordMembership, RegisterPerson
from shared.acts import AnyDecider, CommandContext
from shared.command_path import execute
from shared.contracts.members import BranchFacts, BranchKind, MembershipFacts, PartyGroupFacts
from shared.meta import Source
from tests.integration.imports.given import OPERATOR, ROSTER, Court, codes, counts, events_of, person, workbook

TITLE = "某院党员名册（2025年）"


async def done(court: Court, decider: AnyDecider, aggregate: str, command: Any) -> None:
    key = str(uuid4())
    context = CommandContext(OPERATOR, Source(kind="ui"), key, key, b"")
    await execute(court.members.commands, context, decider, UUID(aggregate), command)


async def a_branch(court: Court, name: str, kind: BranchKind = "in_service") -> str:
    branch = str(uuid4())
    facts = BranchFacts(name=name, branch_kind=kind, official_order=1, effective_from="2025-01-01")
    await done(court, BRANCH, branch, EstablishBranch(facts=facts))
    return branch


async def a_group(court: Court, branch: str, name: str) -> str:
    group = str(uuid4())
    facts = PartyGroupFacts(group_id=group, name=name, official_order=1, effective_from="2025-01-01")
    await done(court, BRANCH, branch, FormPartyGroup(facts=facts))
    return group


async def a_person(court: Court, branch: str, name: str, birth: str | None) -> str:
    known = str(uuid4())
    await done(court, PERSON, known, RegisterPerson(details=PersonDetails(person_id=known, name=name, birth=birth)))
    facts = MembershipFacts(
        person_id=known,
        branch_id=branch,
        group_id=None,
        member_kind="full_member",
        standing="normal",
        effective_from="2025-01-01",
    )
    await done(court, PERSON, known, RecordMembership(facts=facts))
    return known


async def kinds_after(court: Court, head: int) -> list[str]:
    return [kind for kind, _ in (await events_of(court.members))[head:]]


async def test_branches_and_groups_of_the_same_names_are_the_same(court: Court) -> None:
    branch = await a_branch(court, "第一党支部", "retired")
    group = await a_group(court, branch, "第一党小组")
    head = await court.members.commands.store.head()
    run = await court.take(workbook(TITLE, ROSTER, person("张红", "第一黨支部", "第一党支部第一党小组")))
    assert counts(run) == (1, 0, 0)
    assert await kinds_after(court, head) == ["person-registered", "membership-recorded"]
    facts = (await events_of(court.members))[-1][1]["facts"]
    assert (facts["branch_id"], facts["group_id"]) == (branch, group)


async def test_a_person_registered_by_hand_is_known_by_name_birth_and_branch(court: Court) -> None:
    branch = await a_branch(court, "第一党支部")
    known = await a_person(court, branch, "张 红", "1972-06-15")
    rows = [person("张红", "第一党支部", 公民身份号码="999907197206150016"), person("张红", "第二党支部")]
    run = await court.take(workbook(TITLE, ROSTER, *rows))
    assert counts(run) == (1, 1, 0)
    people = {data["facts"]["person_id"] for kind, data in await events_of(court.members) if "membership" in kind}
    assert known in people
    assert len(people) == 2
    assert counts(await court.take(workbook(TITLE, ROSTER, *rows))) == (0, 0, 2)


async def test_two_people_of_one_name_birth_and_branch_are_two(court: Court) -> None:
    branch = await a_branch(court, "第一党支部")
    await a_person(court, branch, "张红", "1972-06")
    rows = [
        person("张红", "第一党支部"),
        person("张红", "第一党支部"),
        person("张红", "第一党支部", 出生年月="1980.01"),
    ]
    assert counts(await court.take(workbook(TITLE, ROSTER, *rows))) == (2, 1, 0)


async def test_a_name_that_two_branches_or_groups_bear_is_refused(court: Court) -> None:
    await a_branch(court, "第一党支部")
    await a_branch(court, "第一党支部")
    second = await a_branch(court, "第二党支部")
    for name in ("第一党小组", "第二党支部第一党小组"):
        await a_group(court, second, name)
    rows = [person("张红", "第一党支部"), person("李青", "第二党支部", "第一党小组")]
    run = await court.take(workbook(TITLE, ROSTER, *rows))
    assert run.state == "refused"
    assert codes(run) == [(4, "所在支部", "unknown_branch"), (5, "所在党小组", "unknown_party_group")]


async def test_units_that_a_roster_leaves_out_stay_and_are_named(court: Court) -> None:
    first = await a_branch(court, "第一党支部")
    await done(court, BRANCH, first, FormBranchCommittee(effective_from="2025-01-01"))
    await a_group(court, first, "第一党小组")
    await a_branch(court, "第二党支部")
    run = await court.take(workbook(TITLE, ROSTER, person("张红", "第一党支部")))
    assert counts(run) == (1, 0, 0)
    assert run.answer is not None
    (remark,) = [remark for remark in run.answer["remarks"] if remark["code"] == "unit_missing_later"]
    assert "第一党支部支委会、第一党支部第一党小组、第二党支部" in remark["sentence"]
    earlier = await court.take(workbook("名册（2024年）", ROSTER, person("张红", "第一党支部")))
    assert "unit_missing_later" not in [code for _, _, code in codes(earlier, "remarks")]
