"""Names to people and people to names, from the directory, under the asker's rights."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.members.directory import DirectoryDeps, names_of, position, resolve_names
from services.members.domain.branch import (
    BRANCH,
    DissolveBranchCommittee,
    DissolvePartyGroup,
    EstablishBranch,
    FormBranchCommittee,
    FormPartyGroup,
)
from services.members.domain.person import PERSON, PersonDetails, RecordMembership, RegisterPerson
from services.members.projections.directory import follow, follow_page, make_anew
from services.members.queries import branches
from shared.acts import Act, CommandContext, CommandDeps
from shared.command_path import execute_all
from shared.contracts.lookups import (
    LookupRefused,
    NameAsked,
    NameFound,
    NamesOf,
    NamesResolved,
    PersonNamed,
    PersonsNamed,
    ResolveNames,
)
from shared.contracts.members import BranchFacts, MemberKind, MembershipFacts, PartyGroupFacts
from shared.meta import Actor, Source
from shared.personal.key_files import read_hash_key

OFFICE = Actor(subject="clerk-1", role="party_office", organisation="demo1")
FIRST, SECOND = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e01", "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e02"
GROUP, OLD_GROUP = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e03", "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e04"
SECRETARY = Actor(subject="s-1", role="branch_secretary", organisation=f"demo1.{FIRST}")
GU, LIN_1, LIN_2, LIN_3 = (f"0b6f7c52-6d0e-4d39-8a35-9c1f20e4b10{n}" for n in range(1, 5))


def person(person_id: str, name: str, post: str, branch: str, kind: MemberKind = "full_member") -> list[Act]:
    details = PersonDetails(person_id=person_id, name=name, department_post=post)
    facts = MembershipFacts(
        person_id=person_id,
        branch_id=branch,
        group_id=GROUP if branch == FIRST else None,
        member_kind=kind,
        standing="normal",
        effective_from="2024-01-01",
    )
    return [
        Act(PERSON, UUID(person_id), RegisterPerson(details=details)),
        Act(PERSON, UUID(person_id), RecordMembership(facts=facts)),
    ]


def branch(branch_id: str, name: str, order: int) -> Act:
    facts = BranchFacts(name=name, branch_kind="in_service", official_order=order, effective_from="2024-01-01")
    return Act(BRANCH, UUID(branch_id), EstablishBranch(facts=facts))


def group(group_id: str, name: str, order: int) -> Act:
    facts = PartyGroupFacts(group_id=group_id, name=name, official_order=order, effective_from="2024-01-01")
    return Act(BRANCH, UUID(FIRST), FormPartyGroup(facts=facts))


async def carried_out(deps: CommandDeps, acts: list[Act]) -> None:
    context = CommandContext(
        actor=OFFICE,
        source=Source(kind="ui"),
        command_id=str(uuid4()),
        correlation="c",
        request_hash=b"h",
    )
    await execute_all(deps, context, acts)


@pytest.fixture
async def directory(members: CommandDeps, members_pool: asyncpg.Pool, key_dir: Path) -> DirectoryDeps:
    """Two branches with four people, three of them of one name."""
    deps = DirectoryDeps(members_pool, members, "demo1", read_hash_key(key_dir))
    acts = [branch(SECOND, "第二党支部", 2), branch(FIRST, "第一党支部", 1)]
    acts += [Act(BRANCH, UUID(FIRST), FormBranchCommittee(effective_from="2024-01-01"))]
    acts += [group(GROUP, "第一党小组", 1), group(OLD_GROUP, "第二党小组", 2)]
    acts += [Act(BRANCH, UUID(FIRST), DissolvePartyGroup(group_id=OLD_GROUP, effective_to="2024-03-31"))]
    acts += person(GU, "顾青禾", "民二庭副庭长", FIRST)
    acts += person(LIN_1, "林晓·岚", "刑一庭法官助理", FIRST, "probationary_member")
    acts += person(LIN_2, "林晓·岚", "立案庭书记员", SECOND)
    acts += person(LIN_3, "林晓·岚", "执行局法官", SECOND)
    await carried_out(members, acts)
    await caught_up(deps)
    return deps


async def caught_up(deps: DirectoryDeps) -> None:
    while await follow_page(deps.commands, deps.pool, deps.hash_key, 3):
        pass


async def asked(
    deps: DirectoryDeps, *names: NameAsked, actor: Actor = OFFICE, after: str | None = None
) -> NamesResolved | LookupRefused:
    return await resolve_names(deps, ResolveNames(actor=actor, after=after, names=names))


async def found(deps: DirectoryDeps, *names: NameAsked, actor: Actor = OFFICE) -> list[str | None]:
    """The id, or the status where nobody was found."""
    answer = await asked(deps, *names, actor=actor)
    assert isinstance(answer, NamesResolved)
    return [one.person_id or one.status for one in answer.answers]


async def test_a_name_leads_to_its_person_and_an_unknown_one_to_nobody(directory: DirectoryDeps) -> None:
    answer = await asked(directory, NameAsked(name="顾青禾"), NameAsked(name="无此人"))
    assert answer == NamesResolved(
        answers=(NameFound(status="found", person_id=GU), NameFound(status="unknown", person_id=None))
    )


async def test_spaces_width_and_dots_do_not_hide_a_name(directory: DirectoryDeps) -> None:
    assert await found(directory, NameAsked(name="顾 青禾"), NameAsked(name="　顾青禾 ")) == [GU, GU]
    assert await found(directory, NameAsked(name="林晓•岚", branch_id=FIRST)) == [LIN_1]


async def test_one_name_of_several_people_is_looked_for_in_the_branch(directory: DirectoryDeps) -> None:
    assert await found(
        directory,
        NameAsked(name="林晓·岚"),
        NameAsked(name="林晓·岚", branch_id=FIRST),
        NameAsked(name="林晓·岚", branch_id=SECOND),
    ) == ["ambiguous", LIN_1, "ambiguous"]


async def test_a_department_tells_namesakes_apart_and_is_stronger_than_the_branch(directory: DirectoryDeps) -> None:
    assert await found(
        directory,
        NameAsked(name="林晓·岚", department="立案庭"),
        NameAsked(name="林晓·岚", branch_id=FIRST, department="执行局"),
        NameAsked(name="林晓·岚", branch_id=SECOND, department="审管办"),
        NameAsked(name="林晓·岚", branch_id=FIRST, department="审管办"),
        NameAsked(name="顾青禾", department="审管办"),
    ) == [LIN_2, LIN_3, "ambiguous", LIN_1, GU]


async def test_ids_lead_to_names_in_the_order_asked(directory: DirectoryDeps) -> None:
    stranger = str(uuid4())
    answer = await names_of(directory, NamesOf(actor=OFFICE, person_ids=(LIN_2, stranger, GU)))
    assert answer == PersonsNamed(
        answers=(
            PersonNamed(person_id=LIN_2, status="known", name="林晓·岚"),
            PersonNamed(person_id=stranger, status="unknown"),
            PersonNamed(person_id=GU, status="known", name="顾青禾"),
        )
    )


async def test_a_corrected_name_is_found_and_the_old_one_no_more(directory: DirectoryDeps) -> None:
    renamed = PersonDetails(person_id=GU, name="顾青荷", department_post="民二庭副庭长")
    await carried_out(directory.commands, [Act(PERSON, UUID(GU), RegisterPerson(details=renamed))])
    await caught_up(directory)
    assert await found(directory, NameAsked(name="顾青荷"), NameAsked(name="顾青禾")) == [GU, "unknown"]


async def test_a_forgotten_person_has_an_id_and_no_name(directory: DirectoryDeps) -> None:
    await directory.pool.execute("delete from personal_keys where key_id = $1", f"person:{GU}")
    directory.commands.keyring.drop_cached()
    await make_anew(directory.pool)
    await caught_up(directory)
    answer = await names_of(directory, NamesOf(actor=OFFICE, person_ids=(GU,)))
    assert answer == PersonsNamed(answers=(PersonNamed(person_id=GU, status="forgotten"),))
    assert await found(directory, NameAsked(name="顾青禾")) == ["unknown"]


async def test_a_secretary_sees_the_names_of_the_own_branch_only(directory: DirectoryDeps) -> None:
    assert await found(directory, NameAsked(name="林晓·岚"), NameAsked(name="顾青禾"), actor=SECRETARY) == [LIN_1, GU]
    answer = await names_of(directory, NamesOf(actor=SECRETARY, person_ids=(LIN_1, LIN_2)))
    assert isinstance(answer, PersonsNamed)
    assert [(one.status, one.name) for one in answer.answers] == [("known", "林晓·岚"), ("unknown", None)]


async def test_a_member_sees_the_own_name_only(directory: DirectoryDeps) -> None:
    member = Actor(subject=GU, role="member", organisation=f"demo1.{FIRST}")
    assert await found(directory, NameAsked(name="顾青禾"), NameAsked(name="林晓·岚"), actor=member) == [GU, "unknown"]


@pytest.mark.parametrize("role", ["upper_court_officer", "service", "system"])
async def test_who_may_not_read_names_is_told_nothing(directory: DirectoryDeps, role: str) -> None:
    actor = OFFICE.model_copy(update={"role": role})
    assert await asked(directory, NameAsked(name="顾青禾"), actor=actor) == LookupRefused(refused="not_allowed")
    assert await names_of(directory, NamesOf(actor=actor, person_ids=(GU,))) == LookupRefused(refused="not_allowed")


async def test_the_answer_knows_the_log_as_far_as_was_asked(directory: DirectoryDeps) -> None:
    head = await directory.commands.store.head()
    assert await position(directory.pool) == head
    new = str(uuid4())
    await carried_out(directory.commands, person(new, "沈知微", "研究室主任", FIRST))
    waiting = asyncio.create_task(asked(directory, NameAsked(name="沈知微"), after=f"members.1@{head + 2}"))
    await asyncio.sleep(0)
    await caught_up(directory)
    answer = await waiting
    assert answer == NamesResolved(answers=(NameFound(status="found", person_id=new),))


async def test_a_position_that_is_not_reached_is_behind_and_one_of_another_log_is_malformed(
    directory: DirectoryDeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.members.directory.PATIENCE_SECONDS", 0.05)
    name = NameAsked(name="顾青禾")
    assert await asked(directory, name, after="members.1@9999") == LookupRefused(refused="behind")
    assert await asked(directory, name, after="members.2@1") == LookupRefused(refused="malformed")
    assert await asked(directory, name, after="activities.1@1") == LookupRefused(refused="malformed")


async def test_positions_of_a_former_epoch_are_those_of_the_present_one(
    directory: DirectoryDeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.members.directory._EPOCH", "select 2")
    known = await position(directory.pool)
    for after in (f"members.1@{known}", f"members.2@{known}"):
        assert not isinstance(await asked(directory, NameAsked(name="顾青禾"), after=after), LookupRefused)
    assert await asked(directory, NameAsked(name="顾青禾"), after=f"members.3@{known}") == LookupRefused(
        refused="malformed"
    )


async def test_no_name_stands_in_any_table(directory: DirectoryDeps) -> None:
    tables = await directory.pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    assert {row["tablename"] for row in tables} >= {"directory_people", "events", "commands", "personal_keys"}
    held = [
        row["tablename"]
        for row in tables
        for text in await directory.pool.fetch(f'select t::text as row from "{row["tablename"]}" t')
        if any(word in text["row"] for word in ("顾青禾", "林晓", "民二庭"))
    ]
    assert held == []


async def test_branches_are_listed_in_official_order_with_their_groups_and_numbers(directory: DirectoryDeps) -> None:
    first, second = await branches(directory.pool, "2024-12-31")
    assert (first["name"], first["has_committee"], first["members"], first["full_members"]) == (
        "第一党支部",
        True,
        2,
        1,
    )
    assert [(one["name"], one["members"]) for one in first["groups"]] == [("第一党小组", 2)]
    assert (second["name"], second["has_committee"], second["members"], second["groups"]) == (
        "第二党支部",
        False,
        2,
        [],
    )
    assert [one["name"] for one in (await branches(directory.pool, "2024-03-31"))[0]["groups"]] == [
        "第一党小组",
        "第二党小组",
    ]
    assert await branches(directory.pool, "2023-12-31") == []


async def test_a_dissolved_committee_ends_on_its_day_whichever_page_says_so(directory: DirectoryDeps) -> None:
    await carried_out(
        directory.commands, [Act(BRANCH, UUID(FIRST), DissolveBranchCommittee(effective_to="2024-06-30"))]
    )
    await caught_up(directory)
    assert (await branches(directory.pool, "2024-06-30"))[0]["has_committee"]
    assert not (await branches(directory.pool, "2024-07-01"))[0]["has_committee"]


async def test_two_followers_at_once_apply_every_event_once(directory: DirectoryDeps) -> None:
    await make_anew(directory.pool)
    head = await directory.commands.store.head()
    while await position(directory.pool) < head:
        await asyncio.gather(
            *(follow_page(directory.commands, directory.pool, directory.hash_key, 2) for _ in range(3))
        )
    assert await found(directory, NameAsked(name="顾青禾")) == [GU]
    assert len(await branches(directory.pool, "2024-12-31")) == 2


async def test_the_directory_follows_until_it_is_stopped(
    directory: DirectoryDeps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.members.directory.PATIENCE_SECONDS", 30.0)
    stop = asyncio.Event()
    role = asyncio.create_task(follow(directory.commands, directory.pool, directory.hash_key, stop))
    new = str(uuid4())
    await carried_out(directory.commands, person(new, "沈知微", "研究室主任", FIRST))
    head = await directory.commands.store.head()
    answer = await asked(directory, NameAsked(name="沈知微"), after=f"members.1@{head}")
    assert answer == NamesResolved(answers=(NameFound(status="found", person_id=new),))
    stop.set()
    await asyncio.wait_for(role, 30)
