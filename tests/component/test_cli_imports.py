"""`lianjian imports`, `undo` and `status`: how runs are listed and named, and what the views are called."""

import io
from typing import Any

import httpx
import pytest
from rich.console import Console

from deploy.cli import undoing
from deploy.cli.client import Client
from deploy.cli.running import CannotDo, Running
from deploy.cli.status import STAGES
from services.reporting.projections import PROJECTIONS

SERVICES = {"members": "http://m", "activities": "http://a", "reporting": "http://r"}


def a_run(run_id: str, accepted_at: str, **more: Any) -> dict[str, Any]:
    said = {"state": "done", "dry_run": False, "ended_at": None, "undoes": None, "undone_by": None, "undone": None}
    counted = {"ledger": "brands", "year": 2024, "rows": 1, "added": 1, "corrected": 0, "unchanged": 0}
    return {"run_id": run_id, "accepted_at": accepted_at} | said | counted | {"errors_in_all": 0} | more


ROSTER = a_run("11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa", "2024-02-20T16:30:00.100000+00:00", ledger="member_roster")
BRANDS = a_run("22222222-bbbb-4bbb-8bbb-bbbbbbbbbbbb", "2024-02-20T16:30:00.200000+00:00")
AGAIN = a_run("22222222-cccc-4ccc-8ccc-cccccccccccc", "2024-02-20T16:30:00.300000+00:00", added=0)


def listed() -> list[dict[str, Any]]:
    def answers(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"runs": [ROSTER] if request.url.host == "m" else [AGAIN, BRANDS]})

    running = Running("shi04", "青岚市中级人民法院", "t", SERVICES, {})
    return undoing.recent(Client(running, httpx.MockTransport(answers)))


def shown(runs: list[dict[str, Any]]) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    undoing.show_recent(console, runs)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_runs_of_one_second_stand_in_the_order_they_were_taken_in_the_latest_first() -> None:
    assert [run["run_id"] for run in listed()] == [AGAIN["run_id"], BRANDS["run_id"], ROSTER["run_id"]]


def test_a_run_is_one_line_of_eighty_columns_with_the_day_in_china() -> None:
    lines = shown([ROSTER, BRANDS | {"undone_by": "x"}])
    (roster,) = [line for line in lines if "11111111" in line]
    assert "2024-02-21" in roster
    assert "党员名册 2024" in roster
    assert "1/0/0" in roster
    (brands,) = [line for line in lines if "22222222" in line]
    assert "完成，已撤销" in brands
    assert len(lines) == 6


def test_ids_are_shown_as_far_as_it_takes_to_tell_them_apart() -> None:
    assert [line.split()[1] for line in shown(listed()) if "2024" in line] == ["22222222-c", "22222222-b", "11111111"]


def test_a_run_is_named_by_a_beginning_that_no_other_has() -> None:
    runs = listed()
    assert undoing.named(runs, "11111111") == ROSTER["run_id"]
    assert undoing.named(runs, BRANDS["run_id"]) == BRANDS["run_id"]
    assert undoing.named(runs, "1111") == "1111"
    with pytest.raises(CannotDo, match="有 2 次导入的编号以 22222222 开头"):
        undoing.named(runs, "22222222")


def test_only_imports_that_wrote_something_are_in_the_way_of_an_undoing() -> None:
    assert [run["run_id"] for run in undoing.later_than(listed(), ROSTER["run_id"])] == [BRANDS["run_id"]]


def test_every_view_has_a_chinese_name() -> None:
    assert [one.name for one in PROJECTIONS if f"project:{one.name}" not in STAGES] == []
