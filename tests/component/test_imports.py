"""Ledgers handed in over HTTP: a job, the same one for the same request, and bad files refused with nothing done."""

import asyncio
import io
import zipfile
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.component.court import Court
from tests.component.given import problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ended(client: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    """The job, once it has ended."""
    while True:
        run: dict[str, Any] = (await client.get(f"/imports/{run_id}")).json()
        if run["state"] not in ("accepted", "running"):
            return run
        await asyncio.sleep(0.05)


def a_bomb() -> bytes:
    """A small archive that unpacks to very much."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 100_000_000)
    return packed.getvalue()


async def test_a_file_that_is_no_workbook_is_a_refused_job_and_changes_nothing(court: Court) -> None:
    head = await court.services["members"].parts.deps.store.head()
    key = str(uuid4())
    answer = await court.members.post("/imports", content=b"no workbook", headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.headers["location"]) == (202, f"/imports/{key}")
    run = await ended(court.members, key)
    assert run["state"] == "refused"
    assert run["position"] is None
    assert set(run["answer"]["errors"][0]) >= {"sheet", "row", "column", "value", "problem", "expected"}
    assert await court.services["members"].parts.deps.store.head() == head


async def test_a_zip_bomb_is_refused(court: Court) -> None:
    run_id = (await court.activities.post("/imports", content=a_bomb())).json()["run_id"]
    assert (await ended(court.activities, run_id))["state"] == "refused"


async def test_a_form_with_a_file_is_taken_like_a_bare_workbook(court: Court) -> None:
    answer = await court.members.post("/imports", files={"file": ("名册.xlsx", b"no workbook")})
    run = await ended(court.members, answer.json()["run_id"])
    assert run["answer"]["errors"][0]["value"] == "名册.xlsx"


@pytest.mark.parametrize("files", [[("a", ("1.xlsx", b"1")), ("b", ("2.xlsx", b"2"))], []])
async def test_a_form_without_exactly_one_file_is_refused(court: Court, files: list[Any]) -> None:
    data = {} if files else {"note": "no file"}
    headers = {} if files else {"Content-Type": "multipart/form-data; boundary=x"}
    content = None if files else b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nx\r\n--x--\r\n'
    sent: dict[str, Any] = {"files": files, "data": data} if files else {"content": content}
    answer = await court.members.post("/imports", headers=headers, **sent)
    assert problem(answer) == (400, "malformed_request", ["body"])


async def test_the_same_key_with_the_same_file_is_the_same_job_and_with_another_refused(court: Court) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first = await court.members.post("/imports", content=b"one", headers=headers)
    again = await court.members.post("/imports", content=b"one", headers=headers)
    other = await court.members.post("/imports", content=b"two", headers=headers)
    assert again.json()["run_id"] == first.json()["run_id"]
    assert problem(other) == (422, "command_id_reused", ["Idempotency-Key"])


async def test_a_workbook_above_twenty_mebibytes_is_refused_before_it_is_read(court: Court) -> None:
    answer = await court.members.post("/imports", content=b"\0" * (20 * 1024 * 1024 + 1))
    assert problem(answer) == (413, "body_too_large", ["body"])


@pytest.mark.parametrize("key", ["a/b", "a?b#c", "a%2Fb"])
async def test_the_job_is_where_its_location_says_whatever_its_key(court: Court, key: str) -> None:
    key += uuid4().hex
    answer = await court.members.post("/imports", content=b"no workbook", headers={"Idempotency-Key": key})
    found = await court.members.get(answer.headers["location"])
    assert (found.status_code, found.json()["run_id"]) == (200, key)
