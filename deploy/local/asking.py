"""`make court` and `make court-stop`: a court added to the run that goes on, or taken away from it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from deploy.local.block import court_lines
from deploy.local.court import Court, Demonstration, Wanted, beside, keep_beside, ledger_folder, remember, wanted_court
from deploy.local.courts import Courts
from deploy.local.first_run import beginning
from deploy.local.places import Places, make_private, read_json, write_json
from deploy.local.problems import CannotRun
from deploy.local.state import print_line, running_state

LOOKS_EVERY = 0.2


def add(wanted: Wanted, places: Places, demo: Demonstration) -> int:
    """Asks the run that goes on for one court more, and waits until it is ready."""
    if wanted.court is None:
        raise CannotRun("缺少参数 COURT。例：make court COURT=ji0402 NAME=某某区人民法院 LEVEL=basic DEMO=yes")
    if wanted.demo and wanted.ledgers:
        raise CannotRun("DEMO=yes 与 LEDGERS 只能写一个：演示台账和自己的台账不混在一个法院里。")
    _going_on(places)
    court = wanted_court(wanted, places, demo)
    folder = ledger_folder(wanted)
    beginning(court, places.court(court.id), folder, wanted.year, invented=wanted.demo)
    _ask(places, court.id, {"wanted": asdict(replace(wanted, ledgers=str(folder.resolve()) if folder else None))})
    return _shown(court, places)


def _shown(court: Court, places: Places) -> int:
    said = ""
    while True:
        one = _going_on(places)["courts"].get(court.id)
        if one is None:
            raise CannotRun(f"{court.id} 没有加入；原因见运行的窗口或 {places.engine_logs / 'background.log'}。")
        if one["message"] not in ("", said):
            said = one["message"]
            print_line(f"· {said}")
        if one["phase"] == "failed":
            return 1
        if one["phase"] == "ready":
            print_line("\n".join(["", f"  已就绪：{court.name}（{court.id}）", *court_lines(places, court.id), ""]))
            return 0
        time.sleep(LOOKS_EVERY)


def take_away(wanted: Wanted, places: Places) -> int:
    """Asks the run that goes on to stop one court; its data stay."""
    if wanted.court is None:
        raise CannotRun("缺少参数 COURT。例：make court-stop COURT=ji0402")
    state = _going_on(places)
    if wanted.court not in state["courts"]:
        raise CannotRun(f"COURT={wanted.court} 没有在运行；在运行的是 {'、'.join(state['courts'])}。")
    if wanted.court == state["court"]:
        raise CannotRun(f"COURT={wanted.court} 是本次运行的主法院，不能单独停；全部停止：make stop。")
    _ask(places, wanted.court, {"stop": True})
    while wanted.court in _going_on(places)["courts"]:
        time.sleep(LOOKS_EVERY)
    print_line(f"· {wanted.court} 已停止；数据留在 {places.court(wanted.court)}。")
    return 0


def _going_on(places: Places) -> Mapping[str, Any]:
    state = running_state(places)
    if state is None or state.get("phase") == "stopped":
        raise CannotRun("没有在运行；请先 make run 或 make start。")
    if state.get("phase") != "ready":
        raise CannotRun("正在启动，还没有就绪；请稍后再试。")
    return state


def _ask(places: Places, court_id: str, what: Mapping[str, Any]) -> None:
    file = make_private(places.asked) / f"{court_id}.json"
    write_json(file, what)
    while file.exists():
        _going_on(places)
        time.sleep(LOOKS_EVERY)


def answer(courts: Courts) -> None:
    """Does what was asked for since the last look; what cannot be done is said, and the run goes on."""
    places = courts.setting.places
    for file in sorted(places.asked.glob("[a-z]*.json")):
        asked = read_json(file)
        try:
            if isinstance(asked, dict) and "wanted" in asked:
                _add(courts, Wanted(**asked["wanted"]))
            elif file.stem in courts.found and file.stem != courts.main.id:
                courts.end(file.stem)
                keep_beside(courts.main, {one.id for one in beside(courts.main, places)} - {file.stem}, places)
        finally:
            file.unlink(missing_ok=True)


def _add(courts: Courts, wanted: Wanted) -> None:
    setting, places = courts.setting, courts.setting.places
    known = courts.found.get(str(wanted.court))
    if known is not None and known.phase != "failed":
        return
    try:
        court = wanted_court(wanted, places, setting.demo)
        invented = wanted.demo or setting.demo.court(court.id) is not None
        begin = beginning(court, places.court(court.id), ledger_folder(wanted), wanted.year, invented=invented)
    except CannotRun as reason:
        courts.say(str(reason))
        return
    if known is not None:
        courts.end(court.id)
    remember(court, places)
    courts.add(court, begin)
    if setting.demo.court(court.id) is None:
        keep_beside(courts.main, {one.id for one in beside(courts.main, places)} | {court.id}, places)
