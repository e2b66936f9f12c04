"""The write side: look up the command, load, fold, decide, encrypt, append, and again on a conflict (design §2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

from shared.acts import (
    Act,
    ActsRejected,
    AnyDecider,
    CommandContext,
    CommandDeps,
    Decided,
    Outcome,
    PreconditionFailed,
    RejectedAct,
)
from shared.codec import Unknown
from shared.eventstore import (
    Append,
    AppendResult,
    CommandIdReused,
    CommandRecord,
    NewEvent,
    RecordedEvent,
    VersionConflict,
)
from shared.eventstore.records import REFILLED, StoreUnavailable
from shared.meta import Meta, Source
from shared.rejection import Rejected
from shared.stored_form import Occurrence, TextKeyGone, TooLong, decode_all, encode_all
from shared.telemetry.commands import ACCEPTED, REPEATED, UNCHANGED, counted

__all__ = [
    "Act",
    "ActsRejected",
    "Answer",
    "AnyDecider",
    "CommandContext",
    "CommandDeps",
    "Decided",
    "Outcome",
    "PreconditionFailed",
    "RejectedAct",
    "decide_all",
    "execute",
    "execute_all",
    "load_state",
    "meta_of",
]

ATTEMPTS: Final = 20
_RESULTS: Final[dict[type[BaseException], str]] = {
    Rejected: "rejected",
    ActsRejected: "rejected",
    PreconditionFailed: "conflict",
    VersionConflict: "conflict",
    StoreUnavailable: "unavailable",
}

Answer: TypeAlias = Callable[[Sequence[Decided]], dict[str, Any]]


async def execute(
    deps: CommandDeps,
    context: CommandContext,
    decider: AnyDecider,
    aggregate_id: UUID,
    command: Any,
    *,
    expected_version: int | None = None,
    answer: Answer | None = None,
) -> Outcome:
    """Carry out one command; `expected_version` is the caller's (If-Match).

    Raises `Rejected`, `PreconditionFailed`, and `VersionConflict` when others were always faster.
    """
    try:
        return await execute_all(
            deps, context, [Act(decider, aggregate_id, command)], expected_version=expected_version, answer=answer
        )
    except ActsRejected as several:
        raise several.rejected[0].rejection from None


async def execute_all(
    deps: CommandDeps,
    context: CommandContext,
    acts: Sequence[Act],
    *,
    expected_version: int | None = None,
    answer: Answer | None = None,
) -> Outcome:
    """Carry out several commands in one atomic append; later acts on a stream see what earlier ones did.

    `answer` makes what is remembered with the command and given to whoever repeats it. Raises `ActsRejected` with
    every rejection there is, `PreconditionFailed`, `VersionConflict`, and what `deps.admit` does.
    """
    await deps.admit()
    with counted(acts[0].decider.category if acts else "none", _RESULTS) as command:
        outcome = await _attempts(deps, context, acts, expected_version, answer)
        command.result = REPEATED if outcome.duplicate else ACCEPTED if outcome.positions else UNCHANGED
    return outcome


async def _attempts(
    deps: CommandDeps,
    context: CommandContext,
    acts: Sequence[Act],
    expected_version: int | None,
    answer: Answer | None,
) -> Outcome:
    for _ in range(ATTEMPTS):
        try:
            return await _attempt(deps, context, acts, expected_version, answer)
        except VersionConflict as conflict:
            if expected_version is not None and conflict.stream == acts[0].stream:
                raise PreconditionFailed(conflict.stream, expected_version, conflict.actual) from conflict
            lost = conflict
    raise lost


async def _attempt(
    deps: CommandDeps,
    context: CommandContext,
    acts: Sequence[Act],
    expected_version: int | None,
    answer: Answer | None,
) -> Outcome:
    known, history = await deps.store.load(context.command_id, _streams(acts))
    if known is not None:
        return _first_outcome(known, context)
    if expected_version is not None:
        _refuse_other_version(acts[0].stream, expected_version, _version(history, acts[0].stream))
    try:
        decided = await _decide(deps, acts, history)
    except ActsRejected:
        # The same command may have come through in the meantime, which is why it is refused now.
        if (known := await deps.store.find_command(context.command_id)) is None:
            raise
        return _first_outcome(known, context)
    told = None if answer is None else answer(decided)
    try:
        result = await _append(deps, context, decided, history, told)
    except CommandIdReused:
        raise _reused() from None
    if result.duplicate and (known := await deps.store.find_command(context.command_id)) is not None:
        return _first_outcome(known, context)
    return Outcome(result.positions, _first_version(decided), False, told)


async def decide_all(deps: CommandDeps, acts: Sequence[Act]) -> list[Decided]:
    """What `execute_all` would do now, without doing it; raises `ActsRejected`."""
    _, history = await deps.store.load(str(uuid4()), _streams(acts))
    return await _decide(deps, acts, history)


async def load_state(deps: CommandDeps, decider: AnyDecider, aggregate_id: UUID) -> tuple[Any, int]:
    """The state of one aggregate and its stream's version; the initial state and 0 if there is none."""
    stream = f"{decider.category}-{aggregate_id}"
    events = await deps.store.read_stream(stream)
    decoded = await decode_all(deps.codec, deps.keyring, events)
    return decider.fold(event for event in decoded if not isinstance(event, Unknown)), len(events)


async def _decide(deps: CommandDeps, acts: Sequence[Act], history: dict[str, list[RecordedEvent]]) -> list[Decided]:
    recorded = [event for events in history.values() for event in events]
    decoded = iter(await decode_all(deps.codec, deps.keyring, recorded))
    pasts = {stream: [next(decoded) for _ in events] for stream, events in history.items()}
    states: dict[str, Any] = {}
    versions = {stream: len(events) for stream, events in history.items()}
    decided: list[Decided] = []
    rejected: list[RejectedAct] = []
    for index, act in enumerate(acts):
        try:
            if act.stream not in states:
                states[act.stream] = act.decider.fold(_understood(pasts.get(act.stream, [])))
            events = tuple(act.decider.decide(act.command, states[act.stream]))
        except Rejected as rejection:
            rejected.append(RejectedAct(index, rejection))
            continue
        states[act.stream] = act.decider.fold(events, states[act.stream])
        versions[act.stream] = versions.get(act.stream, 0) + len(events)
        decided.append(Decided(act, events, versions[act.stream]))
    if rejected:
        raise ActsRejected(rejected)
    return decided


def _understood(past: list[Any]) -> list[Any]:
    # Deciding on half a history would be worse than not deciding.
    unknown = [event.name for event in past if isinstance(event, Unknown)]
    if unknown:
        raise Rejected(
            "written_by_newer_program",
            "type",
            f"此记录含有本程序不认识的事件 {unknown[0]}",
            "升级本服务后再操作",
            value=unknown[0],
        )
    return past


async def _append(
    deps: CommandDeps,
    context: CommandContext,
    decided: Sequence[Decided],
    history: dict[str, list[RecordedEvent]],
    told: dict[str, Any] | None,
) -> AppendResult:
    events = await _written(deps, context, decided)
    appends = [Append(stream, _version(history, stream), new) for stream, new in events.items()]
    return await deps.store.append(
        appends,
        context.command_id,
        actor=context.actor.subject,
        request_hash=context.request_hash,
        answer={"version": _first_version(decided), "told": told},
    )


async def _written(deps: CommandDeps, context: CommandContext, decided: Sequence[Decided]) -> dict[str, list[NewEvent]]:
    occurrences = [
        Occurrence(event, one.act.aggregate_id, meta)
        for one in decided
        for meta in [meta_of(context, one.act.source).stored()]
        for event in one.events
    ]
    try:
        new = iter(await encode_all(deps.codec, deps.keyring, occurrences))
    except TooLong as long:
        too_long = Rejected("too_long", "body", "一条记录的文字太长", "缩短文字，或把全文作为附件引用")
        raise ActsRejected([_of_act(decided, long.index, too_long)]) from None
    except TextKeyGone as gone:
        lost = Rejected(
            *("text_key_lost", gone.field, "此记录的文字密钥在一次恢复后已不存在，文字无法再保存"),
            "不写这一项；或作废此记录，另建一条",
        )
        raise ActsRejected([_of_act(decided, gone.index, lost)]) from None
    written: dict[str, list[NewEvent]] = {one.act.stream: [] for one in decided}
    for one in decided:
        written[one.act.stream].extend(next(new) for _ in one.events)
    return written


def _of_act(decided: Sequence[Decided], occurrence: int, rejection: Rejected) -> RejectedAct:
    acts = [index for index, one in enumerate(decided) for _ in one.events]
    return RejectedAct(acts[occurrence], rejection)


def meta_of(context: CommandContext, source: Source | None) -> Meta:
    """What is stored beside every event of a command; an act's own `source` replaces the context's."""
    return Meta(
        actor=context.actor,
        on_behalf_of=context.on_behalf_of,
        source=source or context.source,
        command_id=context.command_id,
        correlation=context.correlation,
        traceparent=context.traceparent,
        to=context.to,
    )


def _first_version(decided: Sequence[Decided]) -> int:
    return decided[0].version if decided else 0


def _streams(acts: Sequence[Act]) -> list[str]:
    return list({act.stream: None for act in acts})


def _version(history: dict[str, list[RecordedEvent]], stream: str) -> int:
    return len(history.get(stream, ()))


def _refuse_other_version(stream: str, expected: int, actual: int) -> None:
    if expected != actual:
        raise PreconditionFailed(stream, expected, actual)


def _first_outcome(known: CommandRecord, context: CommandContext) -> Outcome:
    if known.actor != context.actor.subject or known.request_hash not in (context.request_hash, REFILLED):
        raise _reused()
    answer = known.answer or {}
    return Outcome(known.positions, answer.get("version", 0), True, answer.get("told"))


def _reused() -> Rejected:
    return Rejected(
        "command_id_reused",
        "Idempotency-Key",
        "这个 Idempotency-Key 已用于另一个请求",
        "新的请求使用新的 Idempotency-Key",
    )
