"""Which court runs here: asked for, checked, remembered under `var/<court>/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.local.places import Places, make_private, read_json, write_json
from deploy.local.problems import CannotRun

LEVELS = ("supreme", "high", "intermediate", "basic", "specialised")


@dataclass(frozen=True)
class Court:
    """One court as its services are told."""

    id: str
    name: str
    level: str
    code: str | None = None


@dataclass(frozen=True)
class Demonstration:
    """The invented courts that run where none is named; `main` is the one a command means that names none.

    `uppers` says which court is above which.
    """

    courts: tuple[Court, ...]
    main: Court
    uppers: Mapping[str, str] = field(default_factory=dict)

    def court(self, court_id: str) -> Court | None:
        return next((one for one in self.courts if one.id == court_id), None)


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line; None where nothing was said.

    `demo`: a new court begins with ledgers that are generated for it.
    """

    court: str | None = None
    name: str | None = None
    level: str | None = None
    code: str | None = None
    ledgers: str | None = None
    year: str | None = None
    demo: bool = False


def wanted_court(wanted: Wanted, places: Places, demo: Demonstration) -> Court:
    """The court to run: the demonstration when none is named, a remembered one, or a new one.

    Raises `CannotRun` naming the parameter, what was wrong and what would be right.
    """
    court_id = wanted.court or demo.main.id
    if not re.fullmatch(r"[a-z][a-z0-9]{1,31}", court_id):
        raise CannotRun(f"COURT={court_id} 不合格式：应以小写字母开头，共 2 到 32 位小写字母或数字，例如 COURT=shi07。")
    if wanted.level is not None and wanted.level not in LEVELS:
        raise CannotRun(
            f"LEVEL={wanted.level} 不是法院级别：应为 supreme（最高）、high（高级）、intermediate（中级）、"
            "basic（基层）、specialised（专门）之一。"
        )
    known = remembered(court_id, places)
    if known is not None:
        return _unchanged(known, wanted)
    invented = demo.court(court_id)
    if invented is not None and wanted.ledgers is None:
        return invented
    missing = [key for key, value in (("NAME", wanted.name), ("LEVEL", wanted.level)) if not value]
    if missing or wanted.name is None or wanted.level is None:
        raise CannotRun(
            f"法院 {court_id} 尚未在本机建立，缺少参数 {'、'.join(missing)}。"
            f"例：make run COURT={court_id} NAME=某某人民法院 LEVEL=basic LEDGERS=台账目录"
        )
    return Court(court_id, wanted.name, wanted.level, wanted.code)


def _unchanged(known: Court, wanted: Wanted) -> Court:
    for key, said, is_now in (("NAME", wanted.name, known.name), ("LEVEL", wanted.level, known.level)):
        if wanted.court and said is not None and said != is_now:
            raise CannotRun(
                f"{key}={said} 与已建立的法院 {known.id} 不同（现为 {is_now}）；请去掉这个参数，或另用一个 COURT。"
            )
    return known


def remembered(court_id: str, places: Places) -> Court | None:
    kept = read_json(places.court(court_id) / "court.json")
    return Court(**kept) if isinstance(kept, dict) else None


def remember(court: Court, places: Places) -> None:
    make_private(places.court(court.id))
    write_json(places.court(court.id) / "court.json", asdict(court))


def beside(main: Court, places: Places) -> list[Court]:
    """The courts that were added to runs of `main` and not taken away."""
    kept = read_json(places.court(main.id) / "beside.json")
    found = [remembered(court_id, places) for court_id in kept] if isinstance(kept, list) else []
    return [court for court in found if court is not None]


def keep_beside(main: Court, courts: Iterable[str], places: Places) -> None:
    write_json(make_private(places.court(main.id)) / "beside.json", sorted(courts))


def ledger_folder(wanted: Wanted) -> Path | None:
    """The folder named by LEDGERS, seen to hold workbooks."""
    if wanted.ledgers is None:
        return None
    folder = Path(wanted.ledgers).expanduser()
    if not folder.is_dir():
        raise CannotRun(f"LEDGERS={wanted.ledgers} 不是目录；应为存放 .xlsx 台账的目录。")
    if not workbooks(folder):
        raise CannotRun(f"LEDGERS={wanted.ledgers} 中没有 .xlsx 文件。")
    return folder


def workbooks(folder: Path) -> list[Path]:
    """The workbooks of a folder, without the lock files office programs leave beside an open one."""
    return sorted(path for path in folder.glob("*.xlsx") if not path.name.startswith(("~$", ".")))
