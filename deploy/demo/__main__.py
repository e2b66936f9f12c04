"""`python -m deploy.demo OUTDIR --year 2025 [--court ID --court-name NAME --level LEVEL]`: six ledgers.

The same bytes every time for the same court and year.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.demo.brands import brand_rows
from deploy.demo.court import COURT_NAME, invent_court
from deploy.demo.joint import agreement_rows, joint_activity_rows
from deploy.demo.meetings import meeting_rows
from deploy.demo.profiles import MAIN, profile_of
from deploy.demo.roster import roster_rows
from deploy.demo.theme_days import theme_day_rows
from deploy.demo.workbook import write_ledger


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="deploy.demo", description="生成演示台账（法院和人员均为虚构）")
    parser.add_argument("folder", type=Path, help="写入的文件夹")
    parser.add_argument("--year", type=int, required=True, help="台账年份")
    parser.add_argument("--court", default=MAIN, help="法院标识；演示的三个法院各有规模和伙伴")
    parser.add_argument("--court-name", default=COURT_NAME, help="法院名称")
    parser.add_argument("--level", default="intermediate", help="法院级别")
    given = parser.parse_args(arguments)
    if not 1950 <= given.year <= 2150:
        parser.error("--year 应在 1950 与 2150 之间")
    write_demo(given.folder, given.year, given.court_name, given.court, given.level)
    return 0


def write_demo(
    folder: Path, year: int, court_name: str = COURT_NAME, site: str = MAIN, level: str = "intermediate"
) -> list[Path]:
    """Write the six ledgers of one year; their paths in the order of their import."""
    folder.mkdir(parents=True, exist_ok=True)
    court = invent_court(year, profile_of(site, court_name, level))
    ledgers = {
        "党员名册": ("党员名册", roster_rows(court)),
        "三会一课记录": ("“三会一课”记录", meeting_rows(court)),
        "主题党日台账": ("主题党日台账", theme_day_rows(court)),
        "联建协议": ("联建协议", agreement_rows(court, court_name)),
        "联建活动": ("联建活动", joint_activity_rows(court)),
        "品牌台账": ("党建品牌台账", brand_rows(court)),
    }
    paths = []
    for name, (title, rows) in ledgers.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(write_ledger(f"{court_name}{title}（{year}年）", rows))
        paths.append(path)
    return paths


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
