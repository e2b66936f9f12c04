"""ID number, telephone and dues base: stored where the run says so, elsewhere only a keyed hash of the number."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.members.domain.person import PERSON, PersonState
from shared.contracts.personal import DELETED
from shared.ledgers.columns import identifier_columns
from shared.ledgers.importing import accept, status, work_once
from shared.ledgers.runs import Run
from shared.ledgers.states import load_states
from shared.personal.key_files import key_encryption_keys
from shared.personal.rotation import rotate
from shared.rejection import Rejected
from tests.integration.imports.given import OPERATOR, Court, codes, counts, events_of, workbook

ALL = identifier_columns("id,phone,dues")
HEADINGS = ("姓名", "出生年月", "公民身份号码", "联系电话", "月党费基数", "党员类型", "转正时间", "所在支部")
ID, OTHER_ID, PHONE = "990101197206261234", "990101197206265673", "19900001234"


def book(name: str = "李青", number: Any = ID, phone: str = PHONE, base: Any = 8235.5) -> bytes:
    row = (name, "1972.06", number, phone, base, "正式党员", "1996.07", "第一党支部")
    return workbook("名册（2025年）", HEADINGS, row)


async def taken(court: Court, data: bytes, stored: frozenset[str] = frozenset(), run_id: str | None = None) -> Run:
    run = await accept(court.members, OPERATOR, data, "名册.xlsx", run_id=run_id, with_identifiers=stored)
    await work_once(court.members)
    now = await status(court.members, run.run_id)
    assert now is not None
    return now


async def people(court: Court) -> list[PersonState]:
    rows = await court.members.pool.fetch(
        "select right(stream, 36) as id from events where stream like 'person-%' and version = 1 order by position"
    )
    states: dict[str, PersonState] = await load_states(court.members.commands, PERSON, [row["id"] for row in rows])
    return list(states.values())


async def test_without_being_asked_for_nothing_of_them_is_stored(court: Court) -> None:
    run = await taken(court, book())
    assert counts(run) == (1, 0, 0)
    (state,) = await people(court)
    assert state.identifiers is None
    assert "person-identifiers-recorded" not in [kind for kind, _ in await events_of(court.members)]


async def test_what_is_asked_for_is_stored_encrypted_in_an_event_of_its_own(court: Court) -> None:
    assert counts(await taken(court, book(), ALL)) == (1, 0, 0)
    (state,) = await people(court)
    assert state.identifiers is not None
    known = state.identifiers
    assert (known.id_number, known.phone, known.dues_base_fen) == (ID, PHONE, 823_550)
    stored = json.dumps(await events_of(court.members), ensure_ascii=False)
    assert [mark for mark in (ID, PHONE, "823550", "8235.5") if mark in stored] == []


async def test_what_a_later_run_is_not_asked_for_stays_as_it_is(court: Court) -> None:
    await taken(court, book(), identifier_columns("phone"))
    assert counts(await taken(court, book(phone="19900009999"))) == (0, 0, 1)
    assert counts(await taken(court, book(phone="19900009999"), identifier_columns("dues"))) == (0, 1, 0)
    (state,) = await people(court)
    assert state.identifiers is not None
    assert (state.identifiers.id_number, state.identifiers.phone) == (None, PHONE)
    assert counts(await taken(court, book(phone="19900009999"), identifier_columns("dues"))) == (0, 0, 1)


async def test_the_number_tells_people_apart_whether_it_is_stored_or_not(court: Court) -> None:
    await taken(court, book("李青", ID))
    await taken(court, book("李青", OTHER_ID), ALL)
    assert len(await people(court)) == 2
    assert counts(await taken(court, book("李清", ID))) == (0, 1, 0)
    assert [state.details and state.details.name for state in await people(court)] == ["李清", "李青"]


async def test_the_same_key_with_other_identifiers_is_another_request(court: Court) -> None:
    await taken(court, book(), ALL, "run-1")
    assert (await taken(court, book(), ALL, "run-1")).state == "done"
    with pytest.raises(Rejected, match="command_id_reused"):
        await taken(court, book(), frozenset(), "run-1")


@pytest.mark.parametrize(
    ("changed", "code", "kept"),
    [
        ({"number": 990101197206261234}, "id_number_damaged", (None, PHONE, 823_550)),
        ({"number": "990101197206261235"}, "id_number_odd", ("990101197206261235", PHONE, 823_550)),
        ({"phone": "内线甲"}, "phone_odd", (ID, "内线甲", 823_550)),
        ({"base": "待核"}, "dues_base_unreadable", (ID, PHONE, None)),
        ({"base": 0.001}, "dues_base_unreadable", (ID, PHONE, None)),
        ({"base": -1}, "dues_base_unreadable", (ID, PHONE, None)),
        ({"base": 10_000_000}, "dues_base_unreadable", (ID, PHONE, None)),
    ],
)
async def test_what_looks_odd_is_remarked_and_never_refused(
    court: Court, changed: dict[str, Any], code: str, kept: tuple[Any, ...]
) -> None:
    run = await taken(court, book(**changed), ALL)
    assert code in [found for _, _, found in codes(run, "remarks")]
    (state,) = await people(court)
    assert state.identifiers is not None
    known = state.identifiers
    assert (known.id_number, known.phone, known.dues_base_fen) == kept


async def test_a_row_that_an_export_wrote_of_a_forgotten_person_is_left_out(court: Court) -> None:
    run = await taken(court, book(DELETED, None, "", None))
    assert (run.state, await people(court)) == ("done", [])
    assert (4, "姓名", "person_forgotten") in codes(run, "remarks")


async def test_a_run_handed_in_before_the_key_encryption_key_was_changed_is_carried_out_after_it(
    court: Court, key_dir: Path
) -> None:
    run = await accept(court.members, OPERATOR, book(), "名册.xlsx", run_id="run-1")
    async with court.members.pool.acquire() as connection:
        changed = await rotate(connection, key_dir)
    assert (changed.wrapped, list(key_encryption_keys(key_dir))) == (1, [changed.kek_id])
    await work_once(court.members)
    ended = await status(court.members, run.run_id)
    assert ended is not None
    assert counts(ended) == (1, 0, 0)
