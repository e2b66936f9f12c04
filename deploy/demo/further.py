"""`python -m deploy.demo.further --year 2025`: what no ledger tells of the demonstration, through the interfaces.

Campaigns, business lines, party-plus projects, goals of brands and honours. Running it again changes nothing: every
request has an `Idempotency-Key` of its own. Everything is invented.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from deploy.cli.client import Client
from deploy.cli.running import running
from deploy.demo.meetings import CAMPAIGN
from deploy.demo.profiles import MAIN, Profile, profile_of
from shared.contracts.ids import brand_id

_HONOURED: Final = {"省": "provincial", "市": "municipal", "县": "county"}


@dataclass
class Telling:
    """Who tells what to which service; `members` is the position that `activities` must know."""

    client: Client
    profile: Profile
    year: int
    members: str

    def tell(self, service: str, path: str, **body: Any) -> dict[str, Any]:
        """One request, the same one however often it is sent."""
        key = str(uuid5(NAMESPACE_URL, f"urn:lianjian:demo:{self.year}:{path}:{sorted(body.items())}"))
        headers = {"Idempotency-Key": key} | ({"After": self.members} if service == "activities" else {})
        answer = self.client.tell(service, path, json=body, headers=headers)
        told: dict[str, Any] = answer.json()
        return told


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="deploy.demo.further", description="演示数据中台账以外的部分（均为虚构）")
    parser.add_argument("--year", type=int, required=True, help="年度")
    year: int = parser.parse_args(arguments).year
    with Client(running()) as client:
        told = client.running
        profile = profile_of(told.court, told.name, str(told.config["level"]))
        telling = Telling(client, profile, year, client.ask("members", "/status").headers["position"])
        branches = {one["name"]: one["branch_id"] for one in client.ask("members", "/branches").json()["branches"]}
        ids = list(branches.values())
        _campaigns(telling)
        _lines(telling, ids)
        if profile.site == MAIN:
            _counterparts(telling)
        _projects(telling, client.running.court, branches)
        _goals(telling, client.running.court, list(branches))
        _honours(telling, client.running.court, branches)
        if profile.submits:
            telling.tell("activities", f"/periods/{year}/submission", remark="全年记录已核对")
    return 0


def _campaigns(telling: Telling) -> None:
    year, issuer = telling.year, telling.profile.issuer
    first = {"name": CAMPAIGN, "issuer": issuer, "start": f"{year}-03-15", "end": f"{year}-07-31"}
    second = {"name": "模范机关创建", "issuer": issuer, "start": f"{year}-01-01", "end": f"{year}-12-31"}
    for facts in (first, second):
        telling.tell("activities", "/campaigns", facts=facts)


def _lines(telling: Telling, ids: list[str]) -> None:
    for branch, line in zip(ids, telling.profile.lines, strict=False):
        telling.tell("members", f"/branches/{branch}/business-line", business_line=line)


def _counterparts(telling: Telling) -> None:
    """Branches of other courts in the same lines of business, with which there is no agreement yet."""
    for house, branch, level, line in (
        ("青岚市石桥区人民法院", "第五党支部", "basic", "执行"),
        ("青岚市云溪县人民法院", "第四党支部", "basic", "民事审判"),
        ("云岭省高级人民法院", "第六党支部", "high", "少年审判"),
    ):
        facts = {"organisation": house, "branch": branch, "level": level, "business_line": line}
        telling.tell("activities", "/partners", facts=facts)


def _projects(telling: Telling, site: str, branches: dict[str, str]) -> None:
    year = telling.year
    for branch, name, breakthrough, work in (
        ("第四党支部", "枫桥夜话·巡回调解", False, ("选定三个村居", "组建调解小组", "开展夜间调解", "汇编典型案例")),
        ("第五党支部", "涉民生案件集中执行", True, ("摸排未结案件", "集中执行行动", "回访申请人")),
    ):
        facts = {"name": name, "unit_id": branches[branch], "breakthrough": breakthrough, "start": f"{year}-03-01"}
        facts |= {"brand_id": str(brand_id(site, branch, 1)), "due": f"{year}-11-30", "place": telling.profile.place}
        project = telling.tell("activities", "/projects", facts=facts)["project_id"]
        done = work if breakthrough else work[:3]
        for month, title in enumerate(work, 4):
            path = f"/projects/{project}/work"
            item = telling.tell("activities", path, title=title, due=f"{year}-{month + 2:02d}-28")["item_id"]
            if title in done:
                telling.tell("activities", f"{path}/{item}/done", date=f"{year}-{month + 1:02d}-20")
        if breakthrough:
            outcome = {"at_least": 30, "words": "30余件"}
            telling.tell("activities", f"/projects/{project}/complete", date=f"{year}-09-30", outcome=outcome)


def _goals(telling: Telling, site: str, names: list[str]) -> None:
    year = telling.year
    for name, indicator, target, reached in (
        (names[0], "为群众当场办结事项", 200, (60, 85)),
        (names[4], "执行到位案件", 120, (90,)),
    ):
        brand = f"/brands/{brand_id(site, name, 1)}"
        goal = telling.tell(
            "activities", f"{brand}/goals", indicator=indicator, target=target, measure="件", due=f"{year}-12-31"
        )["goal_id"]
        for month, number in zip((6, 11), reached, strict=False):
            telling.tell("activities", f"{brand}/evidence", date=f"{year}-{month:02d}-25", goal_id=goal, reached=number)


def _honours(telling: Telling, site: str, branches: dict[str, str]) -> None:
    year = telling.year
    profile = telling.profile
    title = f"全{profile.rank}机关党建工作先进单位"
    court = {"title": title, "subject_kind": "court", "granted_by": profile.issuer}
    for back in (5, 4, 2, 1, 0):
        facts = court | {"honour_level": _HONOURED[profile.rank], "date": f"{year - back}-12"}
        telling.tell("activities", "/honours/award", facts=facts)
    brand = {
        "title": "全省法院党建优秀品牌",
        "subject_kind": "brand",
        "honour_level": "provincial",
        "date": f"{year}-10",
    }
    telling.tell("activities", "/honours/award", facts=brand | {"subject_id": str(brand_id(site, "第一党支部", 1))})
    unit = {"title": "省级青年文明号", "subject_kind": "unit", "honour_level": "provincial", "date": f"{year}-12"}
    telling.tell("activities", "/honours", facts=unit | {"subject_id": branches["第五党支部"]})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
