"""What a court's records begin with: its own ledgers, or the generated ones of the demonstration."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.court import Court, workbooks
from deploy.local.found import Say
from deploy.local.places import CHECKOUT, read_json, write_json
from deploy.local.problems import CannotRun

Run = Callable[[list[str]], int]


@dataclass(frozen=True)
class Beginning:
    """Which ledgers to take in: a folder of one's own, or the demonstration's for a year."""

    folder: Path | None
    year: int | None


def beginning(court: Court, demo: Court, folder: Path | None, year: str | None, home: Path) -> Beginning | None:
    """What has to be imported before the court is ready; None when its ledgers are in already.

    Raises `CannotRun` when own ledgers would mix with the demonstration's.
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
    if court.id != demo.id or taken:
        return None
    return Beginning(None, _year(year))


def _year(said: str | None) -> int:
    if said is None:
        return datetime.date.today().year - 1
    if not (said.isdecimal() and 2000 <= int(said) <= 2100):
        raise CannotRun(f"YEAR={said} 不是年份；应为 2000 到 2100 之间的四位数字，例如 YEAR=2025。")
    return int(said)


def take_in(begin: Beginning, court: Court, home: Path, say: Say, run: Run) -> None:
    """Generates the demonstration's ledgers where wanted, imports, and remembers that it is done."""
    folder = begin.folder
    if folder is None:
        folder = home / "demo-ledgers"
        say(f"生成 {begin.year} 年度的演示台账（虚构的法院和人员）……")
        made = run([*_python("-m", "deploy.demo"), str(folder), "--year", str(begin.year)])
        if made != 0:
            raise CannotRun(f"演示台账没有生成（退出码 {made}）。")
    files = workbooks(folder)
    say(f"导入 {len(files)} 个台账：{'、'.join(path.name for path in files)}")
    code = run([str(CHECKOUT / ".venv" / "bin" / "lianjian"), "import", *map(str, files)])
    if code != 0:
        raise CannotRun(
            f"台账没有导入（退出码 {code}）；{court.name} 的数据没有改动。请按上面的提示改正后再运行同一命令。"
        )
    write_json(home / "imported.json", {"demo": begin.folder is None, "files": fingerprints(folder)})


def fingerprints(folder: Path) -> dict[str, str]:
    """What each workbook contained: a changed folder is imported again, the same one is not."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in workbooks(folder)}


def _python(*arguments: str) -> list[str]:
    return [str(CHECKOUT / ".venv" / "bin" / "python"), *arguments]


def run_here(command: list[str]) -> int:
    """Runs a command of the project with the terminal it has; its exit code."""
    return subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603
