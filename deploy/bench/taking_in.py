"""An import of 10,000 rows, from handing the workbook in until the run is done, on a court of processes."""

import asyncio
import secrets
import time
from typing import Any, Final

import httpx

from deploy.bench.command_http import READY_WITHIN
from deploy.bench.measure import CannotMeasure, Setting, Shown
from deploy.bench.scale_out import Site, court_of_processes
from deploy.demo.court import Court, invent_court
from deploy.demo.meetings import meeting_rows
from deploy.demo.roster import roster_rows
from deploy.demo.workbook import Cell, Table, write_ledger

YEAR: Final = 2025
ROWS, QUICK_ROWS = 10_000, 1_000
HOLD_SECONDS: Final = 20.0
_ENDS_WITHIN: Final = 300.0


def rows() -> list[Shown]:
    return [Shown("import-10000", _import)]


async def _import(setting: Setting) -> dict[str, Any]:
    token, wanted = secrets.token_urlsafe(32), QUICK_ROWS if setting.is_quick else ROWS
    court = invent_court(YEAR)
    async with court_of_processes(setting, token) as site:
        (members,) = site.pids
        await site.start("reporting", "serve")
        activities = await site.start("activities", "serve")
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(headers=headers, timeout=60.0, trust_env=False) as client:
            await _taken_in(client, members, write_ledger(f"党员名册（{YEAR}年）", roster_rows(court)))
            await _units_known(site, len(court.branches))
            workbook = write_ledger(f"“三会一课”记录（{YEAR}年）", _many_rows(court, wanted))
            began = time.perf_counter()
            answer = await _taken_in(client, activities, workbook)
            took = time.perf_counter() - began
        events = await site.ask("activities", "select count(*) from events")
    return {
        "rows": wanted,
        "added": answer["added"],
        "events": events,
        "import_seconds": round(took, 1),
        "hold": f"<= {HOLD_SECONDS:g} s for {ROWS} rows",
        "met": took <= HOLD_SECONDS * wanted / ROWS and answer["added"] == wanted,
    }


def _many_rows(court: Court, wanted: int) -> Table:
    """The year's records again and again, each time under another title."""
    table = meeting_rows(court)
    once = [row for row in table.rows if len(row) == len(table.headings) and row[4] is not None]
    once = [row for row in once if row[1] != "机关党委"]
    many: list[list[Cell]] = []
    for number in range(wanted):
        row = once[number % len(once)]
        many.append([number + 1, *row[1:3], f"{row[3]}（之{number // len(once) + 1}）", *row[4:]])
    return Table(table.headings, many)


async def _taken_in(client: httpx.AsyncClient, port: int, workbook: bytes) -> dict[str, Any]:
    """The answer of the import run, once it is done."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    address = f"http://127.0.0.1:{port}"
    handed = await client.post(f"{address}/imports", content=workbook, headers={"Content-Type": kind})
    handed.raise_for_status()
    async with asyncio.timeout(_ENDS_WITHIN):
        while (run := (await client.get(address + handed.headers["location"])).json())["state"] in _GOING_ON:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    if run["state"] != "done":
        raise CannotMeasure(f"an import run ended as {run['state']}: {str(run['answer'])[:300]}")
    answer: dict[str, Any] = run["answer"]
    return answer


_GOING_ON: Final = ("accepted", "running")


async def _units_known(site: Site, branches: int) -> None:
    query = "select count(*) from replica_units where unit_kind = 'branch'"
    async with asyncio.timeout(READY_WITHIN):
        while await site.ask("activities", query) < branches:  # noqa: ASYNC110 - over SQL
            await asyncio.sleep(0.1)
