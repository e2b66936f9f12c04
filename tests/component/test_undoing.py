"""Imports listed, marked and taken back over HTTP."""

import pytest

from tests.component.court import Court
from tests.component.given import problem
from tests.component.test_imports import ended
from tests.integration.imports.given import ROSTER, person, workbook

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_import_is_listed_taken_back_once_and_its_marked_workbook_is_given_out(court: Court) -> None:
    good = workbook("2019年党员名册", ROSTER, person("澹台明远", "临时党支部"))
    bad = workbook("2019年党员名册", ROSTER, person("澹台明远", "临时党支部", 出生年月="1972-02-30"))
    run_id = (await court.members.post("/imports", content=good)).json()["run_id"]
    assert (await ended(court.members, run_id))["state"] == "done"
    answer = await court.members.post(f"/imports/{run_id}/undo")
    assert (answer.status_code, answer.json()["undoes"]) == (202, run_id)
    undoing = await ended(court.members, answer.json()["run_id"])
    assert (undoing["state"], undoing["answer"]["undone"], undoing["answer"]["left"]) == ("done", 1, [])
    again = await court.members.post(f"/imports/{run_id}/undo")
    assert problem(again) == (409, "undone_already", ["run_id"])
    other = await court.activities.post(f"/imports/{run_id}/undo")
    assert problem(other) == (404, "unknown_import", ["run_id"])
    runs = {run["run_id"]: run for run in (await court.members.get("/imports")).json()["runs"]}
    assert (runs[run_id]["added"], runs[run_id]["undone_by"]) == (1, answer.json()["run_id"])
    refused = (await court.members.post("/imports", content=bad)).json()["run_id"]
    assert (await ended(court.members, refused))["state"] == "refused"
    book = await court.members.get(f"/imports/{refused}/workbook")
    assert (book.status_code, book.content[:2]) == (200, b"PK")
    assert (await court.members.get("/imports/nothing/workbook")).status_code == 404
