"""Taking an import run back by compensating events: newest first, only where nothing that stands came after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import asyncpg

from shared.acts import Act, ActsRejected, AnyDecider, CommandContext, CommandDeps, Decided, Outcome
from shared.codec import Unknown
from shared.command_path import execute_all
from shared.eventstore import RecordedEvent
from shared.ledgers.runs import Claimed
from shared.meta import Source
from shared.rejection import Rejected
from shared.stored_form import decode_all

_ATTEMPTS: Final = 5
_WRITTEN: Final = """
    select e.stream, min(e.version) as first, max(e.version) as last, max(e.position) as at,
           (select max(l.version) from events l where l.stream = e.stream) as now
      from events e where e.position = any($1::bigint[]) group by e.stream order by at desc
"""

Describe = Callable[[Sequence[tuple[str, str, Any]]], Awaitable[list[dict[str, Any]]]]
"""Category, id and state of what cannot be undone: `unit_id`, `unit`, `title` and `date` of each, for a person."""


Needed = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, str]]]
"""Given by stream the states to which records would be led back: those of them that others need, and why they do."""


async def _nobody(_: Mapping[str, Any]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Undoing:
    """How the aggregates of a service are led back.

    `commands` by category of the stream: the class that is given `before`, the state to lead back to. What is in
    `nothing` stays; `records` are what an import counts. `follows` ties a category to another one by a field of its
    events: a main brand's place to its brand.
    """

    deciders: Mapping[str, AnyDecider]
    commands: Mapping[str, type[Any]]
    nothing: frozenset[str]
    records: frozenset[str]
    describe: Describe
    needed: Needed = _nobody
    follows: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Undone:
    """`records` of the ledger, in `streams` with what hangs on them, were led back; `left` is for a person to see."""

    records: int
    streams: int
    left: list[dict[str, Any]]
    outcome: Outcome | None


@dataclass(frozen=True)
class _Written:
    """What a run wrote into one stream: from version `first` to `last`."""

    stream: str
    first: int
    last: int
    now: int

    @property
    def category(self) -> str:
        return self.stream[:-37]

    @property
    def identity(self) -> str:
        return self.stream[-36:]


class _Moved(Exception):
    """Somebody has written to a stream since it was looked at."""


def undo_command_id(run_id: str) -> str:
    """The command that undoes a run: there is one."""
    return str(uuid5(NAMESPACE_URL, "urn:lianjian:import-undo:" + run_id))


async def undo(
    pool: asyncpg.Pool, deps: CommandDeps, undoing: Undoing, claimed: Claimed, positions: Sequence[int]
) -> Undone:
    """Lead back what the run wrote at `positions`, in one append."""
    refused: dict[str, str] = {}
    for _ in range(_ATTEMPTS):
        written = await _written(pool, undoing, positions)
        states = await _states(deps, undoing, written)
        stuck = refused | _held(undoing, written, states)
        _tie(undoing, written, states, stuck)
        stuck |= await undoing.needed({one.stream: states[one.stream].before for one in _free(written, stuck)})
        acts = [_act(undoing, claimed, one, states[one.stream].before) for one in _free(written, stuck)]
        left = [one for one in written if one.stream in stuck]
        versions = {one.stream: one.now for one in written}
        try:
            outcome = await _append(deps, undoing, claimed, acts, versions) if acts else None
        except _Moved:
            continue
        except ActsRejected as several:
            refused |= {acts[one.index].stream: one.rejection.problem for one in several.rejected}
            continue
        told = await undoing.describe([(one.category, one.identity, states[one.stream].now) for one in left])
        shown = [
            {"stream": one.stream, **words, "why": stuck[one.stream]} for one, words in zip(left, told, strict=True)
        ]
        return Undone(_records(undoing, acts), len(acts), shown, outcome)
    raise ConnectionError("others were always faster")


@dataclass(frozen=True)
class _States:
    """`moved`: what came after the run stands. Imports that were taken back leave the state that the run had left."""

    before: Any
    now: Any
    events: Sequence[Any]
    moved: bool


async def _written(pool: asyncpg.Pool, undoing: Undoing, positions: Sequence[int]) -> list[_Written]:
    rows = await pool.fetch(_WRITTEN, list(positions))
    written = [_Written(row["stream"], row["first"], row["last"], row["now"]) for row in rows]
    return [one for one in written if one.category not in undoing.nothing]


async def _states(deps: CommandDeps, undoing: Undoing, written: Sequence[_Written]) -> dict[str, _States]:
    _, history = await deps.store.load(str(uuid4()), [one.stream for one in written])
    recorded = [event for events in history.values() for event in events]
    decoded = iter(await decode_all(deps.codec, deps.keyring, recorded))
    pasts = {stream: [next(decoded) for _ in events] for stream, events in history.items()}
    return {one.stream: _states_of(undoing, one, pasts[one.stream], history[one.stream]) for one in written}


def _states_of(undoing: Undoing, one: _Written, past: Sequence[Any], recorded: Sequence[RecordedEvent]) -> _States:
    def after(version: int) -> Any:
        known = (event for event in past[:version] if not isinstance(event, Unknown))
        return undoing.deciders[one.category].fold(known)

    now, later = after(one.now), recorded[one.last :]
    imported = all(event.meta.get("source", {}).get("kind") == "import" for event in later)
    moved = bool(later) and not (imported and _same(undoing, one.category, after(one.last), now))
    return _States(after(one.first - 1), now, past[one.first - 1 :], moved)


def _same(undoing: Undoing, category: str, former: Any, now: Any) -> bool:
    """Whether nothing is left to be led back."""
    if category not in undoing.commands:
        return False
    try:
        return not undoing.deciders[category].decide(undoing.commands[category](before=former), now)
    except Rejected:
        return False


def _held(undoing: Undoing, written: Sequence[_Written], states: Mapping[str, _States]) -> dict[str, str]:
    held = {one.stream: "此后又有改动" for one in written if states[one.stream].moved}
    return held | {one.stream: "不能自动撤销" for one in written if one.category not in undoing.commands}


def _tie(undoing: Undoing, written: Sequence[_Written], states: Mapping[str, _States], stuck: dict[str, str]) -> None:
    """What follows another stream stays with it, and holds it where it cannot go itself."""
    pairs = [pair for one in written for pair in _followed(undoing, one, states[one.stream])]
    while held := {end for pair in pairs if stuck.keys() & pair for end in pair if end not in stuck}:
        stuck |= dict.fromkeys(held, "所属的记录没有撤销")


def _followed(undoing: Undoing, one: _Written, states: _States) -> list[frozenset[str]]:
    category, name = undoing.follows.get(one.category, ("", ""))
    if not category:
        return []
    return [frozenset({one.stream, f"{category}-{getattr(event, name, None)}"}) for event in states.events]


def _free(written: Sequence[_Written], stuck: Mapping[str, str]) -> list[_Written]:
    return [one for one in written if one.stream not in stuck]


def _act(undoing: Undoing, claimed: Claimed, one: _Written, before: Any) -> Act:
    command = undoing.commands[one.category](before=before)
    return Act(undoing.deciders[one.category], UUID(one.identity), command, _source(claimed))


def _records(undoing: Undoing, acts: Sequence[Act]) -> int:
    return sum(act.decider.category in undoing.records for act in acts)


async def _append(
    deps: CommandDeps, undoing: Undoing, claimed: Claimed, acts: Sequence[Act], versions: Mapping[str, int]
) -> Outcome:
    assert claimed.undoes is not None
    context = CommandContext(
        actor=claimed.actor,
        source=_source(claimed),
        command_id=undo_command_id(claimed.undoes),
        correlation=claimed.correlation,
        request_hash=claimed.request_hash,
    )

    def told(decided: Sequence[Decided]) -> dict[str, Any]:
        # Decided on what is appended to: a stream that has moved on since it was looked at is not led back.
        if any(one.version - len(one.events) != versions[one.act.stream] for one in decided):
            raise _Moved
        return {"undone": _records(undoing, acts)}

    return await execute_all(deps, context, acts, answer=told)


def _source(claimed: Claimed) -> Source:
    return Source(kind="import", run=claimed.run_id)
