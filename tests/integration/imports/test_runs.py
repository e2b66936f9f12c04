"""Import runs: asked for twice, interrupted, worked off by several."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shared.crash import AFTER_BATCH_COMMIT, BEFORE_BATCH_SEND
from shared.ledgers import importing
from shared.ledgers.cells import Refused
from shared.ledgers.importing import accept, status, work, work_once
from shared.ledgers.runs import VALUES_KEPT, forget_values
from shared.personal.keyed_hash import request_hash
from shared.rejection import Rejected
from tests.integration.imports.given import OPERATOR, ROSTER, Court, codes, counts, person, taken, workbook

TITLE = "某院党员名册（2025年）"
BOOK = workbook(TITLE, ROSTER, person("张红", "第一党支部"), person("李青", "第一党支部"))
OTHER = workbook(TITLE, ROSTER, person("王文", "第一党支部"))
BAD = workbook(TITLE, ROSTER, person("王文", "第一党支部", 党员类型="积极分子", 公民身份号码="999907197206150016"))


async def test_the_same_request_again_gives_the_first_answer_and_no_event(court: Court) -> None:
    first = await court.take(BOOK, "run-1")
    head = await court.members.commands.store.head()
    assert await court.take(BOOK, "run-1") == first
    assert counts(first) == (2, 0, 0)
    assert first.answer is not None
    assert first.answer["position"] == head == await court.members.commands.store.head()


async def test_what_is_remembered_of_a_workbook_is_a_keyed_hash(court: Court) -> None:
    await court.take(BOOK, "run-1")
    remembered = await court.members.pool.fetchval("select request_hash from import_runs")
    assert remembered == request_hash(court.hash_key)("import", BOOK)
    assert await court.members.pool.fetchval("select request_hash from commands") == remembered


@pytest.mark.parametrize("other", [(OTHER, False), (BOOK, True)])
async def test_another_request_under_the_same_id_is_refused(court: Court, other: tuple[bytes, bool]) -> None:
    await court.take(BOOK, "run-1")
    with pytest.raises(Rejected) as refused:
        await accept(court.members, OPERATOR, other[0], "台账.xlsx", run_id="run-1", dry_run=other[1])
    assert (refused.value.code, refused.value.field) == ("command_id_reused", "Idempotency-Key")


async def test_a_run_of_somebody_else_is_not_given_away(court: Court) -> None:
    await court.take(BOOK, "run-1")
    stranger = OPERATOR.model_copy(update={"subject": "stranger"})
    with pytest.raises(Rejected):
        await accept(court.members, stranger, BOOK, "台账.xlsx", run_id="run-1")


async def test_a_run_tells_how_far_it_is(court: Court) -> None:
    run = await accept(court.members, OPERATOR, BOOK, "名册.xlsx", run_id="run-1")
    assert (run.state, run.done, run.total, run.answer) == ("accepted", 0, None, None)
    await work_once(court.members)
    ended = await status(court.members, "run-1")
    assert ended is not None
    assert (ended.state, ended.done, ended.total) == ("done", 2, 2)
    assert await status(court.members, "run-2") is None


async def test_a_workbook_waits_encrypted_and_is_wiped_at_the_end(court: Court) -> None:
    await accept(court.members, OPERATOR, BOOK, "名册.xlsx", run_id="run-1")
    waiting: bytes = await court.members.pool.fetchval("select workbook from import_runs")
    assert BOOK[:16] not in waiting
    assert b"xl/worksheets" not in waiting
    await work_once(court.members)
    assert tuple(*await court.members.pool.fetch("select workbook, filename from import_runs")) == (None, "")


async def test_values_of_refused_cells_are_shown_for_a_week_and_lie_encrypted(court: Court) -> None:
    run = await court.take(BAD, "run-1")
    assert run.answer is not None
    assert run.answer["errors"][0]["value"] == "积极分子"
    assert "积极分子" not in await court.members.pool.fetchval("select answer from import_runs")
    await court.members.pool.execute("update import_runs set ended_at = ended_at - $1::interval", VALUES_KEPT)
    await forget_values(court.members.pool)
    forgotten = await status(court.members, "run-1")
    assert forgotten is not None
    assert forgotten.answer is not None
    assert forgotten.answer["errors"][0]["value"] is None
    assert codes(forgotten) == codes(run)


@pytest.mark.parametrize("crash_at", [BEFORE_BATCH_SEND, AFTER_BATCH_COMMIT])
async def test_a_run_whose_process_was_killed_is_taken_up_and_done_once(
    court: Court, members_url: str, key_dir: Path, crash_at: str
) -> None:
    await accept(court.members, OPERATOR, BOOK, "名册.xlsx", run_id="run-1")
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.imports.worker", members_url, str(key_dir)),
        env=os.environ | {"CRASH_AT": crash_at},
    )
    assert await worker.wait() == -signal.SIGKILL
    interrupted = await status(court.members, "run-1")
    assert interrupted is not None
    assert interrupted.state == "running"
    while not await work_once(court.members):  # noqa: ASYNC110 - the server alone sees that the process is gone
        await asyncio.sleep(0.05)
    run = await status(court.members, "run-1")
    assert run is not None
    assert counts(run) == (2, 0, 0)
    assert await court.members.commands.store.head() == 5
    assert run.answer is not None
    assert run.answer["position"] == 5


async def test_several_workers_do_every_run_once(court: Court) -> None:
    runs = [await accept(court.members, OPERATOR, book, "名册.xlsx") for book in (BOOK, OTHER)]
    stop = asyncio.Event()
    workers = [asyncio.create_task(work(court.members, stop)) for _ in range(2)]
    ended = []
    for run in runs:
        while (now := await status(court.members, run.run_id)) is None or now.answer is None:  # noqa: ASYNC110 - as a client asks
            await asyncio.sleep(0.05)
        ended.append(now)
    stop.set()
    await accept(court.members, OPERATOR, BAD, "名册.xlsx")  # wakes them
    await asyncio.gather(*workers)
    assert [run.state for run in ended] == ["done", "done"]
    assert sum(counts(run)[0] for run in ended) == 3


async def test_a_run_that_fails_again_and_again_ends_as_failed(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "FIRST_PAUSE_SECONDS", 0.0)
    await court.members.pool.execute("alter table person_keys rename to mislaid")
    run = await court.take(BOOK, "run-1")
    assert run.state == "failed"
    assert [code for _, _, code in codes(run)] == ["interrupted"]
    assert await court.members.commands.store.head() == 0


async def test_what_no_attempt_can_mend_fails_at_once(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []

    async def broken(*_: object) -> None:
        attempts.append(1)
        raise ValueError("a name")

    deps = replace(court.members, prepare={"member_roster": broken})  # type: ignore[dict-item] # it never returns
    run = await taken(deps, BOOK, "run-1")
    assert (run.state, len(attempts)) == ("failed", 1)
    assert [code for _, _, code in codes(run)] == ["program_error"]
    assert run.answer is not None
    assert "ValueError" in run.answer["errors"][0]["problem"]
    assert "a name" not in json.dumps(run.answer)


async def test_a_run_whose_rows_are_in_is_done_whatever_its_preparation_would_say_now(
    court: Court, members_url: str, key_dir: Path
) -> None:
    await accept(court.members, OPERATOR, BOOK, "名册.xlsx", run_id="run-1")
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.imports.worker", members_url, str(key_dir)),
        env=os.environ | {"CRASH_AT": AFTER_BATCH_COMMIT},
    )
    assert await worker.wait() == -signal.SIGKILL

    async def refusing(*_: object) -> None:
        raise Refused([])

    deps = replace(court.members, prepare={"member_roster": refusing})  # type: ignore[dict-item] # it never returns
    while not await work_once(deps):  # noqa: ASYNC110 - the server alone sees that the process is gone
        await asyncio.sleep(0.05)
    run = await status(deps, "run-1")
    assert run is not None
    assert (run.state, counts(run)) == ("done", (2, 0, 0))
    assert codes(run, "remarks") == [(None, None, "remarks_lost")]
    assert run.answer is not None
    assert (run.answer["ledger"], run.answer["year"], run.answer["rows"]) == ("member_roster", 2025, 2)
    assert run.answer["position"] == await court.members.commands.store.head()
