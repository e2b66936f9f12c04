"""From workbooks to figures through separate processes, and what kills do to it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from tests.e2e.conftest import CHECKOUT, RunningCourt, until
from tests.e2e.independent_count import count

LEDGERS = tuple(
    f"{name}.xlsx" for name in ("党员名册", "三会一课记录", "主题党日台账", "联建协议", "联建活动", "品牌台账")
)


def figures(report: dict[str, Any]) -> dict[str, Any]:
    missing = sorted((entry["unit"], entry["obligation"], entry["period"]) for entry in report["missing"])
    return {**report, "missing": missing}


def imported(court: RunningCourt, *files: Path) -> list[dict[str, Any]]:
    return [result["answer"] for result in json.loads(court.lianjian("import", "--json", *map(str, files)))]


def test_every_figure_of_the_report_is_the_one_counted_from_the_workbooks(court: RunningCourt) -> None:
    report, counted = figures(court.report()), count(court.ledgers, 2025)
    assert counted["members"] > 100
    assert len(counted["missing"]) > 3
    assert report == counted


def test_what_is_stored_is_what_is_sealed_sent_kept_and_shown(court: RunningCourt) -> None:
    court.lianjian("verify", expected=0)


def test_a_second_import_adds_nothing(court: RunningCourt) -> None:
    before = court.report()
    for answer in imported(court, *(court.ledgers / name for name in LEDGERS)):
        assert (answer["added"], answer["corrected"]) == (0, 0)
    assert court.report() == before


def test_one_changed_row_makes_exactly_one_correction(court: RunningCourt, tmp_path: Path) -> None:
    changed = tmp_path / "主题党日台账.xlsx"
    workbook = openpyxl.load_workbook(court.ledgers / "主题党日台账.xlsx")
    workbook.worksheets[0].cell(row=5, column=5).value = "另一处会议室"
    workbook.save(changed)
    (answer,) = imported(court, changed)
    assert (answer["added"], answer["corrected"], answer["unchanged"]) == (0, 1, answer["rows"] - 1)
    (back,) = imported(court, court.ledgers / "主题党日台账.xlsx")
    assert (back["added"], back["corrected"]) == (0, 1)
    assert figures(court.report()) == count(court.ledgers, 2025)


def test_a_refused_row_changes_nothing_and_is_named(court: RunningCourt, tmp_path: Path) -> None:
    wrong = tmp_path / "主题党日台账.xlsx"
    workbook = openpyxl.load_workbook(court.ledgers / "主题党日台账.xlsx")
    workbook.worksheets[0].cell(row=5, column=5).value = "又一处会议室"
    workbook.worksheets[0].cell(row=6, column=4).value = "2025年2月30日"
    workbook.save(wrong)
    before = court.report()
    (result,) = json.loads(court.lianjian("import", "--json", str(wrong), expected=1))
    (error,) = result["answer"]["errors"]
    assert (error["row"], error["column"], error["value"]) == (6, "日期", "2025年2月30日")
    assert court.report() == before


def test_a_rebuilt_projection_says_the_same(court: RunningCourt) -> None:
    before = court.report()
    court.lianjian("rebuild")
    assert court.report() == before
    court.lianjian("verify", expected=0)


@pytest.mark.parametrize("victim", ["members", "activities", "reporting", "rabbitmq", "postgres"])
def test_whatever_is_killed_nothing_is_lost_or_doubled(court: RunningCourt, victim: str, tmp_path: Path) -> None:
    """An import is under way; one process is killed; sent again with the same key, all of it is there once."""
    ledger = tmp_path / "三会一课记录.xlsx"
    workbook = openpyxl.load_workbook(court.ledgers / "三会一课记录.xlsx")
    sheet = workbook.worksheets[0]
    for row in range(4, 60):
        sheet.cell(row=row, column=8).value = f"{victim}会议室"
    workbook.save(ledger)
    under_way = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.import_again", str(court.var / "lianjian.json"), str(ledger)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert under_way.stdout is not None
    assert under_way.stdout.readline() == "accepted\n"
    court.kill(victim)
    answer = json.loads(under_way.communicate(timeout=150)[0])
    assert (answer["state"], answer["answer"]["corrected"]) == ("done", 56)
    until(lambda: ready(court), "all services are ready again")
    assert figures(court.report()) == count(court.ledgers, 2025)
    court.lianjian("verify", expected=0)


def ready(court: RunningCourt) -> bool:
    addresses = json.loads((court.var / "lianjian.json").read_text())["services"].values()
    try:
        return all(httpx.get(f"{address}/health/ready", timeout=2.0).status_code == 200 for address in addresses)
    except httpx.HTTPError:
        return False


def test_nothing_of_a_person_lies_in_clear_in_a_log_or_table(court: RunningCourt) -> None:
    sheet = openpyxl.load_workbook(court.ledgers / "党员名册.xlsx").worksheets[0]
    rows = [row for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
    planted = [str(value) for row in rows for value in (row[1], row[5], row[15])]
    assert len(planted) > 300
    dumped = shutil.which("pg_dump") or next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))))
    config = json.loads((court.var / "lianjian.json").read_text())
    texts = [path.read_text("utf-8", "replace") for path in (court.var / "shi04" / "logs").iterdir()]
    for service in config["databases"].values():
        done = subprocess.run([dumped, service["owner"]], capture_output=True, text=True, check=True)
        texts.append(done.stdout)
    found = [text for text in texts for value in planted if value in text]
    assert found == []
