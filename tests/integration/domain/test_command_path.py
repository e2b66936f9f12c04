"""From a command to events in PostgreSQL: once, by somebody, encrypted, and again on a conflict."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.activities.domain.activity import ACTIVITY, CancelActivity, RecordActivity
from services.activities.examples import ATTENDANCE, FACTS, MINUTES
from services.members.domain.branch import BRANCH, DissolvePartyGroup, EstablishBranch, FormPartyGroup
from services.members.domain.person import PERSON, RegisterPerson
from services.members.examples import BRANCH_FACTS, DETAILS, GROUP_FACTS
from shared.acts import Act, ActsRejected, CommandContext, CommandDeps, Decided, PreconditionFailed
from shared.codec import UnregisteredEvent
from shared.command_path import decide_all, execute, execute_all, load_state
from shared.contracts.values import Value
from shared.decider import Decider
from shared.eventstore import ANY, Append, CommandRecord, EventStore, NewEvent, RecordedEvent
from shared.meta import Actor, Source
from shared.rejection import Rejected

BRANCH_ID = UUID("5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c03")
PERSON_ID = UUID(DETAILS.person_id)
ACTIVITY_ID = UUID("5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01")
OFFICE = Actor(subject="clerk-1", role="party_office", organisation="demo1")
ESTABLISH = EstablishBranch(facts=BRANCH_FACTS)
RECORD = RecordActivity(facts=FACTS, attendance=ATTENDANCE, minutes=MINUTES, entry="timely", today="2024-03-09")


def by(command_id: str, request: bytes = b"one", actor: Actor = OFFICE) -> CommandContext:
    return CommandContext(
        actor=actor,
        source=Source(kind="ui"),
        command_id=command_id,
        correlation="correlation-1",
        request_hash=request,
        on_behalf_of="demo1.branch",
    )


async def test_a_command_becomes_events_with_their_meta(members: CommandDeps) -> None:
    outcome = await execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH)
    assert (outcome.positions, outcome.version, outcome.duplicate) == ([1], 1, False)
    (event,) = await members.store.read_stream(f"branch-{BRANCH_ID}")
    assert event.type == "members.branch-established.v1"
    assert event.meta == {
        "actor": {"subject": "clerk-1", "role": "party_office", "organisation": "demo1"},
        "on_behalf_of": "demo1.branch",
        "source": {"kind": "ui"},
        "command_id": "c1",
        "correlation": "correlation-1",
    }


async def test_the_same_command_again_gets_the_first_answer_for_ever(members: CommandDeps) -> None:
    def told(decided: Any) -> dict[str, Any]:
        return {"events": sum(len(one.events) for one in decided)}

    first = await execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH, answer=told)
    other = EstablishBranch(facts=BRANCH_FACTS.model_copy(update={"name": "改名党支部"}))
    await execute(members, by("c2"), BRANCH, BRANCH_ID, other)
    again = await execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH, answer=told)
    assert again == replace(first, duplicate=True)
    assert again.answer == {"events": 1}
    assert await members.store.head() == 2


@pytest.mark.parametrize(
    ("request_hash", "actor"),
    [(b"another", OFFICE), (b"one", OFFICE.model_copy(update={"subject": "clerk-2"}))],
)
async def test_a_command_id_used_for_another_request_or_by_another_actor_is_refused(
    members: CommandDeps, request_hash: bytes, actor: Actor
) -> None:
    await execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH)
    with pytest.raises(Rejected) as refusal:
        await execute(members, by("c1", request_hash, actor), BRANCH, BRANCH_ID, ESTABLISH)
    assert (refusal.value.code, refusal.value.field) == ("command_id_reused", "Idempotency-Key")


async def test_a_command_without_events_is_remembered_too(members: CommandDeps) -> None:
    await execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH)
    nothing = await execute(members, by("c2"), BRANCH, BRANCH_ID, ESTABLISH)
    assert (nothing.positions, nothing.version, nothing.duplicate) == ([], 1, False)
    again = await execute(members, by("c2"), BRANCH, BRANCH_ID, ESTABLISH)
    assert (again.positions, again.version, again.duplicate) == ([], 1, True)


async def test_a_rejection_is_not_remembered(members: CommandDeps) -> None:
    form = FormPartyGroup(facts=GROUP_FACTS)
    with pytest.raises(Rejected, match="unknown_branch"):
        await execute(members, by("c1"), BRANCH, BRANCH_ID, form)
    await execute(members, by("c2"), BRANCH, BRANCH_ID, ESTABLISH)
    assert (await execute(members, by("c1"), BRANCH, BRANCH_ID, form)).positions == [2]


async def test_a_repeated_command_that_would_now_be_refused_gets_its_first_answer(activities: CommandDeps) -> None:
    await execute(activities, by("c1"), ACTIVITY, ACTIVITY_ID, RECORD)
    await execute(activities, by("c2"), ACTIVITY, ACTIVITY_ID, CancelActivity(cause="duplicate"))
    again = await execute(activities, by("c1"), ACTIVITY, ACTIVITY_ID, RECORD)
    assert (again.positions, again.duplicate) == ([1, 2, 3, 4], True)


class Overtaken(EventStore):
    """A store on which others act between this caller's reading and deciding."""

    meanwhile: Callable[[], Awaitable[Any]] | None = None

    async def load(
        self, command_id: str | UUID, streams: Sequence[str]
    ) -> tuple[CommandRecord | None, dict[str, list[RecordedEvent]]]:
        loaded = await super().load(command_id, streams)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            await act()
        return loaded


async def test_a_command_refused_because_its_twin_came_through_first_gets_the_twins_answer(
    members: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    form = FormPartyGroup(facts=GROUP_FACTS)

    async def twin() -> None:
        await execute(members, by("c0"), BRANCH, BRANCH_ID, ESTABLISH)
        await execute(members, by("c1"), BRANCH, BRANCH_ID, form)

    store = Overtaken(members_pool)
    store.meanwhile = twin
    outcome = await execute(replace(members, store=store), by("c1"), BRANCH, BRANCH_ID, form)
    assert (outcome.positions, outcome.version, outcome.duplicate) == ([2], 2, True)


async def test_the_same_command_sent_twice_at_once_happens_once(members: CommandDeps) -> None:
    outcomes = await asyncio.gather(*(execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH) for _ in range(8)))
    assert {tuple(outcome.positions) for outcome in outcomes} == {(1,)}
    assert sorted(outcome.duplicate for outcome in outcomes) == [False] + [True] * 7


async def test_commands_that_meet_on_one_stream_all_happen(members: CommandDeps) -> None:
    await execute(members, by("c0"), BRANCH, BRANCH_ID, ESTABLISH)
    groups = [GROUP_FACTS.model_copy(update={"group_id": str(uuid4())}) for _ in range(12)]
    await asyncio.gather(
        *(
            execute(members, by(f"g{number}"), BRANCH, BRANCH_ID, FormPartyGroup(facts=facts))
            for number, facts in enumerate(groups)
        )
    )
    state, version = await load_state(members, BRANCH, BRANCH_ID)
    assert set(state.groups) == {facts.group_id for facts in groups}
    assert version == 13


async def test_the_callers_version_must_be_the_streams(members: CommandDeps) -> None:
    await execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH, expected_version=0)
    with pytest.raises(PreconditionFailed) as failure:
        await execute(members, by("c2"), BRANCH, BRANCH_ID, FormPartyGroup(facts=GROUP_FACTS), expected_version=0)
    assert (failure.value.expected, failure.value.actual) == (0, 1)
    assert await members.store.head() == 1


async def test_of_two_callers_with_one_version_one_fails(members: CommandDeps) -> None:
    await execute(members, by("c0"), BRANCH, BRANCH_ID, ESTABLISH)
    groups = [GROUP_FACTS.model_copy(update={"group_id": str(uuid4())}) for _ in range(2)]
    results = await asyncio.gather(
        *(
            execute(members, by(f"g{n}"), BRANCH, BRANCH_ID, FormPartyGroup(facts=facts), expected_version=1)
            for n, facts in enumerate(groups)
        ),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Outcome", "PreconditionFailed"]


async def test_several_commands_are_one_append_and_later_ones_see_earlier_ones(members: CommandDeps) -> None:
    row = Source(kind="import", run="r1", sheet="党员名册", row=5)
    acts = [
        Act(BRANCH, BRANCH_ID, ESTABLISH),
        Act(PERSON, PERSON_ID, RegisterPerson(details=DETAILS), row),
        Act(BRANCH, BRANCH_ID, FormPartyGroup(facts=GROUP_FACTS)),
    ]
    outcome = await execute_all(members, by("run"), acts)
    assert (sorted(outcome.positions), outcome.version) == ([1, 2, 3], 1)
    events = await members.store.read_all()
    assert [event.meta["source"] for event in events if event.type == "members.person-registered.v1"] == [
        {"kind": "import", "run": "r1", "sheet": "党员名册", "row": 5}
    ]
    assert {event.meta["command_id"] for event in events} == {"run"}


async def test_one_rejected_command_of_several_stops_all_and_every_rejection_is_told(members: CommandDeps) -> None:
    acts = [
        Act(BRANCH, BRANCH_ID, ESTABLISH),
        Act(BRANCH, BRANCH_ID, DissolvePartyGroup(group_id=str(uuid4()), effective_to="2024-12-31")),
        Act(PERSON, PERSON_ID, RegisterPerson(details=DETAILS)),
        Act(BRANCH, uuid4(), FormPartyGroup(facts=GROUP_FACTS)),
    ]
    with pytest.raises(ActsRejected) as refusal:
        await execute_all(members, by("run"), acts)
    assert [(one.index, one.rejection.code) for one in refusal.value.rejected] == [
        (1, "unknown_party_group"),
        (3, "unknown_branch"),
    ]
    assert await members.store.head() == 0


async def test_deciding_alone_changes_nothing(members: CommandDeps) -> None:
    (decided,) = await decide_all(members, [Act(BRANCH, BRANCH_ID, ESTABLISH)])
    assert isinstance(decided, Decided)
    assert (len(decided.events), decided.version) == (1, 1)
    assert await members.store.head() == 0


async def test_a_command_without_acts_is_remembered(members: CommandDeps) -> None:
    outcome = await execute_all(members, by("empty"), [])
    assert (outcome.positions, outcome.version) == ([], 0)
    assert (await execute_all(members, by("empty"), [])).duplicate


async def test_no_command_is_decided_on_a_history_that_a_newer_program_wrote(members: CommandDeps) -> None:
    await execute(members, by("c1"), BRANCH, BRANCH_ID, ESTABLISH)
    newer = NewEvent("members.branch-merged.v1", {}, {"actor": {"subject": "x"}})
    await members.store.append([Append(f"branch-{BRANCH_ID}", ANY, [newer])])
    with pytest.raises(Rejected, match="written_by_newer_program"):
        await execute(members, by("c2"), BRANCH, BRANCH_ID, FormPartyGroup(facts=GROUP_FACTS))


class Unregistered(Value):
    """An event nobody gave a stored name."""


async def test_an_unregistered_event_cannot_pass(members: CommandDeps) -> None:
    decider: Decider[str, int, Unregistered] = Decider(
        "branch", 0, lambda _command, _state: [Unregistered()], lambda state, _event: state
    )
    with pytest.raises(UnregisteredEvent):
        await execute(members, by("c1"), decider, BRANCH_ID, "anything")
    assert await members.store.head() == 0


async def test_a_text_beyond_the_stores_bound_is_refused_in_words_and_for_its_act(activities: CommandDeps) -> None:
    long = "长" * 20_000
    minutes = MINUTES.model_copy(update=dict.fromkeys(("agenda", "resolutions", "content", "outcome"), long))
    acts = [Act(ACTIVITY, ACTIVITY_ID, RECORD), Act(ACTIVITY, uuid4(), RECORD.model_copy(update={"minutes": minutes}))]
    with pytest.raises(ActsRejected) as refusal:
        await execute_all(activities, by("c1"), acts)
    assert [(one.index, one.rejection.code) for one in refusal.value.rejected] == [(1, "too_long")]
    assert await activities.store.head() == 0
