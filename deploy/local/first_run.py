"""What a court's records begin with: its own ledgers, or the generated ones of the demonstration."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.aside import Steps
from deploy.local.court import Court, workbooks
from deploy.local.found import Say
from deploy.local.places import LIANJIAN, PYTHON, read_json, write_json
from deploy.local.problems import CannotRun
from shared.ledgers.cells import Refused, Unreadable
from shared.ledgers.sorting import IN_ORDER, place, sort_workbook

DEMO_LEDGERS = "demo-ledgers"


@dataclass(frozen=True)
class Beginning:
    """Which ledgers to take in: a folder of one's own, or the demonstration's for a year."""

    folder: Path | None
    year: int | None


def beginning(court: Court, home: Path, folder: Path | None, year: str | None, *, invented: bool) -> Beginning | None:
    """What has to be imported before the court is ready; None when its ledgers are in already.

    Raises `CannotRun` when own ledgers would mix with generated ones.
    """
    done = read_json(home / "imported.json")
    taken = done if isinstance(done, dict) else {}
    if folder is not None:
        if taken.get("demo"):
            raise CannotRun(
                f"法院 {court.id} 里是演示数据，自己的台账不能混进去。"
                f"请另用一个 COURT；或先 make clean DATA=yes 删除全部数据。"
            )
        return None if taken.get("files") == fingerprints(folder) else Beginning(folder, None)
    if taken or not (invented or (home / DEMO_LEDGERS).is_dir()):
        return None
    return Beginning(None, _year(year))


def _year(said: str | None) -> int:
    if said is None:
        return datetime.date.today().year - 1
    if not (said.isdecimal() and 2000 <= int(said) <= 2100):
        raise CannotRun(f"YEAR={said} 不是年份；应为 2000 到 2100 之间的四位数字，例如 YEAR=2025。")
    return int(said)


def take_in(
    begin: Beginning, court: Court, home: Path, say: Say, run: Callable[[list[str]], Generator[None, None, int]]
) -> Steps:
    """Generates the demonstration's ledgers where wanted, imports, and remembers that it is done."""
    folder = begin.folder
    if folder is None:
        folder = home / DEMO_LEDGERS
        say(f"生成 {begin.year} 年度的演示台账（虚构的法院和人员）……")
        named = ["--court", court.id, "--court-name", court.name, "--level", court.level]
        made = yield from run([PYTHON, "-m", "deploy.demo", str(folder), "--year", str(begin.year), *named])
        if made != 0:
            raise CannotRun(f"演示台账没有生成（退出码 {made}）。")
    files, year = sorted_out(folder)
    yield
    if files:
        say(f"导入 {len(files)} 个台账：{'、'.join(path.name for path in files)}")
        code = yield from run([LIANJIAN, "import", *map(str, files)])
        if code != 0:
            raise CannotRun(
                f"台账没有全部导入（退出码 {code}），有问题的工作簿一行也没有写入 {court.name}。"
                f"请按上面的提示改正后再运行同一命令。"
            )
    if begin.folder is None:
        say("登记台账以外的部分……")
        if (yield from run([PYTHON, "-m", "deploy.demo.further", "--year", str(begin.year)])) != 0:
            raise CannotRun("演示数据中台账以外的部分没有登记完；请再运行同一命令。")
    write_json(
        home / "imported.json",
        {"demo": begin.folder is None, "year": begin.year or year, "files": fingerprints(folder)},
    )


def sorted_out(folder: Path) -> tuple[list[Path], int | None]:
    """The workbooks to import, the roster first, and the latest year they tell of.

    A workbook that cannot be read comes last: the import says what is wrong with it.
    """
    return asyncio.run(_sorted_out(folder))


async def _sorted_out(folder: Path) -> tuple[list[Path], int | None]:
    placed: list[tuple[int, Path]] = []
    years = []
    for path in workbooks(folder):
        try:
            found = await sort_workbook(path.read_bytes())
        except (Unreadable, Refused):
            placed.append((len(IN_ORDER), path))
            continue
        placed.append((place(found.kind), path))
        years.append(found.year)
    return [path for _, path in sorted(placed)], max(years, default=None)


def held(home: Path) -> tuple[bool, int | None]:
    """Whether a court holds the demonstration, and the year its ledgers tell of."""
    kept = read_json(home / "imported.json")
    taken = kept if isinstance(kept, dict) else {}
    year = taken.get("year")
    return bool(taken.get("demo")), year if isinstance(year, int) else None


def fingerprints(folder: Path) -> dict[str, str]:
    """What each workbook contained: a changed folder is imported again, the same one is not."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in workbooks(folder)}
