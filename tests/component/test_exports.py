"""Ledgers out and in again: nothing changes, with the hidden ids and without them."""

import io
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import openpyxl
import pytest
import pytest_asyncio

from deploy.demo.__main__ import write_demo
from shared.ledgers.columns import LAYOUTS, SERVICE_OF, LedgerKind
from shared.ledgers.sorting import IN_ORDER
from tests.component.court import Court, court
from tests.component.test_imports import ended

pytestmark = pytest.mark.asyncio(loop_scope="session")

YEAR = 2025


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(
    postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Court]:
    """A court of its own with the demonstration's ledgers of a year."""
    async with court(postgres_url, rabbitmq_url, management_url, tmp_path_factory.mktemp("office")) as own:
        files = {path.stem: path for path in write_demo(tmp_path_factory.mktemp("demo"), YEAR)}
        for kind in IN_ORDER:
            if (path := files.get(LAYOUTS[kind].name)) is not None:
                run = await taken_in(own, kind, path.read_bytes())
                assert run["state"] == "done", run["answer"]["errors"]
        yield own


def service_of(own: Court, kind: LedgerKind) -> httpx.AsyncClient:
    return own.services[SERVICE_OF[kind]].client


async def taken_in(own: Court, kind: LedgerKind, data: bytes) -> dict[str, object]:
    after = [f"{name}.1@{await own.services[name].parts.deps.store.head()}" for name in ("members", "activities")]
    headers = {"Idempotency-Key": str(uuid4()), "After": after[0]}
    client = service_of(own, kind)
    return await ended(client, (await client.post("/imports", content=data, headers=headers)).json()["run_id"])


async def taken_out(own: Court, kind: LedgerKind) -> bytes:
    answer = await service_of(own, kind).get(f"/exports/{kind}", params={"year": YEAR})
    assert answer.status_code == 200, answer.text
    return answer.content


def without_ids(data: bytes) -> bytes:
    book, out = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    book.worksheets[0].delete_cols(book.worksheets[0].max_column)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", IN_ORDER)
@pytest.mark.parametrize("ids", [True, False], ids=["with ids", "without ids"])
async def test_an_exported_ledger_imported_again_adds_nothing(office: Court, kind: LedgerKind, ids: bool) -> None:
    data = await taken_out(office, kind)
    head = await office.services[SERVICE_OF[kind]].parts.deps.store.head()
    run = await taken_in(office, kind, data if ids else without_ids(data))
    answer = run["answer"]
    assert isinstance(answer, dict)
    assert (run["state"], answer["added"], answer["corrected"], answer["missing_later"]) == ("done", 0, 0, [])
    assert answer["unchanged"] == answer["rows"] > 0
    assert await office.services[SERVICE_OF[kind]].parts.deps.store.head() == head
