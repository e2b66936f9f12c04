"""Which court runs, and how to reach it: `var/lianjian.json`, a file only its owner can read."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.local.places import Places
from deploy.local.state import running_state

CHECKOUT: Final = Path(__file__).resolve().parents[2]
VARIABLE: Final = "LIANJIAN_CONFIG"
COURT: Final = "LIANJIAN_COURT"
PLACE: Final = Path("var") / "lianjian.json"


class CannotDo(Exception):
    """What stops a command; the message is what the person reads, `code` the exit code."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Running:
    """The running court: `services` maps names to addresses, `config` is the whole file."""

    court: str
    name: str
    token: str = field(repr=False)
    services: dict[str, str]
    config: dict[str, Any] = field(repr=False)


def find(start: Path, environment: dict[str, str]) -> Path | None:
    """The file named by LIANJIAN_CONFIG, else the nearest one from `start` upward, else the checkout's own."""
    if named := environment.get(VARIABLE):
        return Path(named)
    for folder in (start, *start.parents, CHECKOUT):
        if (folder / PLACE).is_file():
            return folder / PLACE
    return None


def running() -> Running:
    """The running court that is meant: LIANJIAN_COURT (`--court`), else the main one, which is said where others run.

    `CannotDo` where none runs here, or not the one named.
    """
    path = find(Path.cwd(), dict(os.environ))
    if path is None:
        raise CannotDo(_why_none())
    found = read(path)
    others = beside(path)
    if wanted := os.environ.get(COURT):
        if wanted == found.court:
            return found
        if wanted not in others:
            named = "、".join(sorted({found.court, *others}))
            raise CannotDo(f"--court {wanted}：这个法院没有在运行；在运行的是 {named}。")
        return read(others[wanted])
    others.pop(found.court, None)
    if others and VARIABLE not in os.environ:
        sys.stderr.write(f"· {found.name}（{found.court}）；另有 {'、'.join(others)}，以 --court 指定。\n")
    return found


def _why_none() -> str:
    state = running_state(Places(CHECKOUT / "var"))
    if state is None or state.get("phase") != "starting":
        return "没有正在运行的法院：找不到 var/lianjian.json。请先 make run 或 make start。"
    courts = [f"{court}：{one['message']}" for court, one in state["courts"].items() if one["message"]]
    return "\n".join(["正在启动，还没有就绪；请稍后再试。", *(courts or [str(state["message"])])])


def beside(path: Path) -> dict[str, Path]:
    """The courts that run together with the one this file tells of, by id."""
    folder = path.parent if path.parent.name == PLACE.parent.name else path.parent.parent
    files = {file.parent.name: file for file in sorted(folder.glob(f"*/{PLACE.name}"))}
    return {court: file for court, file in files.items() if file == path or read(file).court == court}


def read(path: Path) -> Running:
    """The running court that the file describes."""
    try:
        config = json.loads(path.read_text("utf-8"))
        return Running(config["court"], config["name"], config["token"], dict(config["services"]), config)
    except PermissionError:
        raise CannotDo(f"无权读取 {path}：请以启动本系统的用户执行。") from None
    except FileNotFoundError:
        raise CannotDo(f"找不到 {path}（{VARIABLE}）：请先 make run 或 make start。") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise CannotDo(f"{path} 不完整：请重新 make start。") from None
