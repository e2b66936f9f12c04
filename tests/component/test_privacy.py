"""Canaries: what is planted as personal is in clear nowhere while it is known, and given back by nothing afterwards.

One story in one court: planted through every door, searched, forgotten, searched again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.cli.verify import verify
from deploy.demo.workbook import Table, write_ledger
from services.members.directory import DirectoryDeps, names_of
from shared.contracts.lookups import NamesOf
from shared.identity.tokens import enter_token
from shared.meta import Actor
from shared.personal.rotation import rotate
from tests.component.canary import everything_opened, hits, places, unzipped
from tests.component.court import Court, court
from tests.component.given import facts, problem
from tests.component.test_imports import ended

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, ID, PHONE, DUES = "澹台皎霁", "990101197203041237", "19900005678", "98765431"
PLAIN, PLAIN_ID, PLAIN_PHONE = "濮阳皎霁", "990101196807063338", "19900009876"
REASON, OUTSIDE, TALK, SAID = "陪护皎霁慈母", "宰父懿翀", "谈琤琭旧事", "琤琭发言要点"
PERSONAL = ("皎霁", ID, PHONE, DUES, "987654.31", PLAIN_ID, PLAIN_PHONE, "懿翀")
PLANTED = (*PERSONAL, "琤琭")
ROSTER = ("姓名", "出生年月", "公民身份号码", "联系电话", "月党费基数", "党员类型", "转正时间", "所在支部", "备注")
MEETINGS = ("支部名称", "会议类型", "会议名称", "日期", "主持人", "应到", "实到", "缺席人员及原因", "发言要点")


async def until(true: Callable[[], Awaitable[Any]]) -> Any:
    while not (found := await true()):  # noqa: ASYNC110 - over SQL and HTTP
        await asyncio.sleep(0.02)
    return found


def roster(name: str, number: str, phone: str) -> bytes:
    row: list[Any] = [
        name,
        "1972.03",
        number,
        phone,
        987654.31,
        "正式党员",
        date(1996, 7, 1),
        "第一党支部",
        f"{name}备注",
    ]
    return write_ledger("党员名册（2024年）", Table(ROSTER, [row]))


def meetings() -> bytes:
    rows: list[list[Any]] = [
        [
            "第一党支部",
            "支部党员大会",
            "第一次党员大会",
            date(2024, 2, 20),
            OUTSIDE,
            12,
            11,
            f"{NAME}（{REASON}）",
            SAID,
        ],
        ["第一党支部", "谈心谈话", TALK, date(2024, 3, 20), None, None, None, None, SAID],
    ]
    return write_ledger("三会一课记录（2024年）", Table(MEETINGS, rows))


async def taken(client: httpx.AsyncClient, data: bytes, **query: str) -> dict[str, Any]:
    answer = await client.post("/imports", content=data, params={"filename": f"{NAME}.xlsx"} | query)
    assert answer.status_code == 202, answer.text
    return await ended(client, answer.json()["run_id"])


async def person_named(own: Court, name: str) -> str:
    """The id of the only person of that name, by way of reading everybody."""
    pool = own.services["members"].parts.pool
    found = []
    for row in await pool.fetch("select distinct right(stream, 36) as id from events where stream like 'person-%'"):
        shown = (await own.members.get(f"/people/{row['id']}")).json()
        found += [row["id"]] if shown["details"]["name"] == name else []
    (person,) = found
    return str(person)


async def planted(own: Court) -> str:
    """Everything planted through imports and commands, refused ones too; the id of whom is to be forgotten."""
    after = {"After": ""}
    for data, query in (
        (roster(PLAIN, PLAIN_ID, PLAIN_PHONE), {}),
        (roster(NAME, ID, PHONE), {"with": "id,phone,dues"}),
    ):
        run = await taken(own.members, data, **query)
        assert (run["state"], run["answer"]["added"]) == ("done", 1)
        after = {"After": run["position"]}
    await until(lambda: reached(own, after["After"]))
    assert (await taken(own.activities, meetings()))["state"] == "done"
    person = await person_named(own, NAME)
    branch_id = (await own.members.get(f"/people/{person}")).json()["memberships"][0]["branch_id"]
    absent = {"absences": [{"person_id": person, "reason": REASON}], "non_voting_attendees": SAID}
    minutes = {"content": SAID, "resolutions": SAID}
    record = {"facts": facts(branch_id, present=11), "attendance": absent, "minutes": minutes}
    recorded = await own.activities.post("/activities/record", json=record)
    assert recorded.status_code == 201, recorded.text
    wrong = record | {"attendance": {"absences": [{"person_id": NAME, "reason": REASON}]}}
    assert problem(await own.activities.post("/activities/record", json=wrong))[0] == 422
    assert (await own.members.get(f"/people/{NAME}")).status_code == 404
    assert (await own.members.post(f"/people/{person}/correct", json={"name": NAME, NAME: ID})).status_code == 422
    assert (await taken(own.activities, roster(NAME, ID, PHONE)))["state"] == "refused"
    key = {"unit_kind": "branch", "unit_id": branch_id, "obligation": "branch_assembly", "period": "2024-Q4"}
    explained = await own.activities.post("/explanations", json={"key": key, "text": SAID})
    assert explained.status_code == 200, explained.text
    return person


async def reached(own: Court, position: str) -> bool:
    known = await own.services["activities"].parts.reached("members", 1)
    return bool(known >= int(position.partition("@")[2]))


async def report(own: Court) -> dict[str, Any]:
    heads = [f"{name}.1@{await own.services[name].parts.deps.store.head()}" for name in ("members", "activities")]
    answer = await until(lambda: fresh(own, ", ".join(heads)))
    told: dict[str, Any] = answer.json()["report"]
    return told


async def fresh(own: Court, after: str) -> httpx.Response | None:
    answer = await own.reporting.get("/report?year=2024", headers={"After": after})
    return None if "x-stale" in answer.headers else answer


def config_of(own: Court) -> dict[str, Any]:
    urls = {name: {"application": one.settings.database_url.get_secret_value()} for name, one in own.services.items()}
    return {
        "court": own.site,
        "databases": urls,
        "key_dirs": {name: str(one.settings.key_dir) for name, one in own.services.items()},
    }


async def office_token(own: Court) -> dict[str, str]:
    token = secrets.token_urlsafe(32)
    for service in own.services.values():
        async with service.parts.pool.acquire() as connection:
            await enter_token(connection, token, Actor(subject="dangban", role="party_office", organisation="shi04"))
    return {"Authorization": f"Bearer {token}"}


async def forgotten(own: Court, client: httpx.AsyncClient, path: str, office: dict[str, str]) -> None:
    """Both rules on the way: nobody alone, and nobody who must be kept."""
    reason = {"reason": "retention_over"}
    assert (await client.post(f"{path}/forgetting", json=reason)).status_code == 403
    assert problem(await client.post(f"{path}/forgetting/confirm"))[1] == "no_request"
    asked = await client.post(f"{path}/forgetting", json=reason, headers=office)
    assert asked.status_code == 200, asked.text
    assert (await client.post(f"{path}/forgetting/confirm", headers=office)).status_code == 403
    assert (await client.post(f"{path}/forgetting/confirm")).status_code == 200


async def name_of(own: Court, person: str) -> tuple[str, str | None]:
    parts = own.services["members"].parts
    deps = DirectoryDeps(parts.pool, parts.deps, own.site, parts.keys.hashing)
    operator = Actor(subject="operator", role="operator", organisation=own.site)
    answer = await names_of(deps, NamesOf(actor=operator, person_ids=(person,)))
    told = answer.answers[0]  # type: ignore[union-attr]  # not refused: this is the operator
    return told.status, told.name


async def keys_left(own: Court, person: str) -> int:
    counted = "select count(*) from personal_keys where key_id = $1"
    return sum(
        [
            await own.services[name].parts.pool.fetchval(counted, f"person:{person}")
            for name in ("members", "activities")
        ]
    )


async def test_canaries_are_in_clear_nowhere_and_given_back_by_nothing_once_forgotten(
    postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with court(postgres_url, rabbitmq_url, management_url, tmp_path) as own:
        person = await planted(own)
        await report(own)
        assert hits(PLANTED, await places(own, tmp_path, management_url)) == []
        assert {mark for _, mark in hits(PLANTED, await everything_opened(own))} == set(PLANTED) - {
            "987654.31",
            PLAIN_ID,
            PLAIN_PHONE,
        }
        await identifiers_are_masked(own, person)
        office = await office_token(own)
        refused = await own.members.post(f"/people/{person}/forgetting", json={"reason": "other_law"}, headers=office)
        assert problem(refused)[1] == "must_be_kept"
        over = await own.members.post(f"/people/{person}/membership/end", json={"effective_to": "2024-12-31"})
        assert over.status_code == 200, over.text
        before = await report(own)
        await forgotten(own, own.members, f"/people/{person}", office)
        plain = await person_named(own, PLAIN)
        assert (
            await own.members.post(f"/people/{plain}/membership/end", json={"effective_to": "2024-12-31"})
        ).is_success
        await forgotten(own, own.members, f"/people/{plain}", office)
        stream = "select distinct right(stream, 36) from events where stream like 'outside_person-%'"
        guest = await own.services["activities"].parts.pool.fetchval(stream)
        await forgotten(own, own.activities, f"/outside-people/{guest}", office)
        for service in ("members", "activities"):
            async with own.services[service].parts.pool.acquire() as connection:
                await rotate(connection, own.services[service].settings.key_dir)
        await until(lambda: all_buried(own, (person, plain, guest)))
        await nothing_gives_it_back(own, person, before)
        assert hits(PLANTED, await places(own, tmp_path, management_url)) == []
        await a_ledger_that_still_names_them_makes_somebody_new(own, person)
    assert hits(PLANTED, dict(zip(("out", "err"), capfd.readouterr(), strict=True))) == []


async def all_buried(own: Court, people: tuple[str, ...]) -> bool:
    return sum([await keys_left(own, person) for person in people]) == 0


async def identifiers_are_masked(own: Court, person: str) -> None:
    shown = (await own.members.get(f"/people/{person}")).json()["identifiers"]
    assert shown == {
        "person_id": person,
        "id_number": "990101********1237",
        "phone": "199****5678",
        "dues_base_fen": "****",
    }
    path = f"/people/{person}/identifiers"
    assert problem(await own.members.get(path))[2] == ["reason"]
    full = await own.members.get(f"{path}?reason=assess_dues&field=phone&field=dues_base_fen")
    assert full.json() == {"person_id": person, "phone": PHONE, "dues_base_fen": 98_765_431}
    (read,) = (await own.members.get(f"{path}/reads")).json()["reads"]
    assert (read["subject"], read["fields"], read["reason"]) == ("operator", ["phone", "dues_base_fen"], "assess_dues")


async def nothing_gives_it_back(own: Court, person: str, before: dict[str, Any]) -> None:
    assert hits(PERSONAL, await everything_opened(own)) == []
    assert hits(("琤琭",), await everything_opened(own)) != []  # under the keys of records: see docs/how-to/privacy.md
    shown = (await own.members.get(f"/people/{person}")).json()
    assert (shown["details"]["name"], shown["identifiers"]["id_number"]) == ({"forgotten": True}, {"forgotten": True})
    assert await name_of(own, person) == ("forgotten", None)
    assert problem(await own.members.post(f"/people/{person}/correct", json={"name": NAME}))[1] == "person_forgotten"
    assert await report(own) == before
    assert (await own.reporting.get("/")).status_code == 200
    verdict = await verify(config_of(own))
    assert (verdict.code, verdict.findings, verdict.unchecked) == (0, [], [])
    for service, ledger in (("members", "member_roster"), ("activities", "meeting_records")):
        answer = await own.services[service].client.get(f"/exports/{ledger}?year=2024&with=id,phone,dues")
        assert answer.status_code == 200, answer.text
        assert hits(PERSONAL, {ledger: unzipped(answer.content)}) == []


async def a_ledger_that_still_names_them_makes_somebody_new(own: Court, person: str) -> None:
    run = await taken(own.members, roster(NAME, ID, PHONE), run=str(uuid4()))
    assert (run["state"], run["answer"]["added"]) == ("done", 1)
    assert await person_named(own, NAME) != person
    assert await keys_left(own, person) == 0
