"""`lianjian link status`: honest about both directions, and for each thing that is wrong a word of what helps."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from rich.console import Console

from deploy.cli import link_status
from deploy.cli.client import Client
from deploy.cli.running import Running
from tests.component.test_link_cli import FINGERPRINT, a_link


def going_up(**changed: Any) -> dict[str, Any]:
    origin = {
        "origin": "qu01/members/log/1",
        "sealed_to": 200,
        "journal": 200,
        "sent_to": 150,
        "have": 100,
        "status": "ok",
        "alarm": None,
        "countersigned_to": 100,
        "countersigned_at": "2026-01-01T08:00:00+00:00",
    }
    return {
        "upper": "shi04",
        "name": "shi04法院",
        "connected": True,
        "since": "2026-01-01T08:00:00+00:00",
        "state_age": 3.2,
        "origins": [origin | {name: changed.pop(name) for name in ("status", "alarm") if name in changed}],
        "alarms": [],
    } | changed


def coming_in(**changed: Any) -> dict[str, Any]:
    late = changed.pop("late", False)
    origin = {"origin": "qu01/members/log/1", "sealed_to": 200, "have": 200, "late": late, "head_age": 4.0}
    if "head_age" in changed:
        origin["head_age"] = changed["head_age"]
    return {
        "lower": "qu01",
        "connected": True,
        "head_age": 4.0,
        "last_message_age": 2.0,
        "complete": True,
        "suspended_at": None,
        "reason": None,
        "origin": None,
        "position": None,
        "problem": None,
        "remedy": None,
        "origins": [origin],
    } | changed


def judged(link: dict[str, Any], up: Any = None, down: Any = None) -> dict[str, Any]:
    """The link as the command sees it; `up`, `down` is what reporting answers, a status where it is a number."""

    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/links":
            return httpx.Response(200, json={"site": "here", "links": [link]})
        found = up if request.url.path == "/links/up" else down
        if isinstance(found, int):
            return httpx.Response(found, json={"title": "不行", "detail": "没有回答"})
        return httpx.Response(200, json={"links": [] if found is None else [found]})

    services = {"members": "http://m", "reporting": "http://r"}
    court = Running("here", "本院", "t", services, {})
    (found,) = link_status.read(Client(court, httpx.MockTransport(answers)))
    return found


def printed(*found: dict[str, Any]) -> str:
    page = io.StringIO()
    link_status.show(Console(file=page, width=200, highlight=False), list(found))
    return page.getvalue()


def test_a_good_link_shows_fingerprint_progress_and_what_is_countersigned() -> None:
    up = judged(a_link("shi04", "upper"), up=going_up())
    down = judged(a_link("qu01", "lower"), down=coming_in())
    assert (up["wrong"], down["wrong"]) == ([], [])
    page = printed(up, down)
    for word in (FINGERPRINT, "是，回执 3 秒前", "会签至", "50%", "是，消息 4 秒前", "100%", "上级", "下级"):
        assert word in page


def test_on_a_narrow_terminal_the_fingerprint_is_parted_between_its_groups() -> None:
    page = io.StringIO()
    link_status.show(Console(file=page, width=70, highlight=False), [judged(a_link("qu01", "lower"), down=coming_in())])
    cells = [line.split("│")[6].strip() for line in page.getvalue().splitlines() if line.startswith("│")]
    assert cells[:2] == ["1a2b-3c4d-5e6f-", "7081-92a3"]


def test_before_the_first_countersignature_it_says_so() -> None:
    up = going_up()
    up["origins"][0]["countersigned_to"] = None
    row = next(line for line in printed(judged(a_link("shi04", "upper"), up=up)).splitlines() if "/log/1" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        *("shi04", "qu01/members/log/1", "150", "100", "尚未", "200", "50%"),
    ]


def test_every_log_says_on_its_own_line_how_far_it_is_countersigned() -> None:
    up = going_up()
    up["origins"].append(up["origins"][0] | {"origin": "xia1/members/log/1", "countersigned_to": 77})
    rows = [line for line in printed(judged(a_link("shi04", "upper"), up=up)).splitlines() if "/log/1" in line]
    assert [[cell.strip() for cell in row.split("│")][2:6:3] for row in rows] == [
        ["qu01/members/log/1", "100"],
        ["xia1/members/log/1", "77"],
    ]


@pytest.mark.parametrize(
    ("link", "up", "wrong"),
    [
        (a_link("shi04", "upper", standing="pending", access="pending"), None, "再执行一次 lianjian link accept"),
        (a_link("shi04", "upper", access=None), going_up(), "接入文件不在了"),
        (a_link("shi04", "upper"), going_up(connected=False), "没有连通（自 "),
        (a_link("shi04", "upper"), going_up(state_age=600.0), "上级 10 分钟没有回执"),
        (a_link("shi04", "upper"), going_up(refused_since="2026-03-02T01:00:00Z"), "暂不收（收件队列已满）：记录都在"),
        (a_link("shi04", "upper"), going_up(status="suspended"), "上级法院已暂停接收本院的记录"),
        (
            a_link("shi04", "upper"),
            going_up(alarms=[{"origin": "qu01/members/log/1", "alarm": "upper_is_ahead"}]),
            "qu01/members/log/1：上级有本院没有的记录",
        ),
        (a_link("shi04", "upper"), 503, "reporting 没有回答"),
    ],
)
def test_what_is_wrong_on_the_way_up_is_said_with_what_helps(
    monkeypatch: pytest.MonkeyPatch, link: dict[str, Any], up: Any, wrong: str
) -> None:
    monkeypatch.setattr("deploy.cli.client.PATIENCE_SECONDS", -1.0)  # what is away stays away
    (said,) = judged(link, up=up)["wrong"]
    assert wrong in said
    assert f"✗ shi04：{said}" in printed(judged(link, up=up))


@pytest.mark.parametrize(
    ("down", "wrong"),
    [
        (
            coming_in(
                suspended_at="2026-01-01T08:00:00+00:00",
                reason="fork",
                origin="qu01/members/log/1",
                position=17,
                problem="another root at 17",
                remedy="查明后恢复接收",
            ),
            "自动暂停接收，qu01/members/log/1 第 17 条起：与已收到的历史不同（another root at 17）。查明后恢复接收："
            "lianjian link resume qu01",
        ),
        (
            coming_in(late=True, head_age=7200.0),
            "未收齐（qu01/members/log/1），数字截至末尾消息所说的时刻；末尾消息 2 小时前",
        ),
        (coming_in(origins=[], head_age=None), "还没有收到对方的记录"),
    ],
)
def test_what_is_wrong_with_what_comes_in_is_said_with_what_helps(down: dict[str, Any], wrong: str) -> None:
    (said,) = judged(a_link("qu01", "lower"), down=down)["wrong"]
    assert wrong in said


def test_what_is_only_on_its_way_is_nothing_wrong() -> None:
    on_its_way = coming_in(complete=False)
    on_its_way["origins"][0] |= {"have": 199}
    found = judged(a_link("qu01", "lower"), down=on_its_way)
    assert found["wrong"] == []
    assert "99%" in printed(found)


def test_a_log_that_has_sent_nothing_yet_beside_one_that_has_is_nothing_wrong() -> None:
    first = coming_in(head_age=None, connected=False)
    first["origins"] = [first["origins"][0] | {"head_age": 1.0}, first["origins"][0]]
    found = judged(a_link("qu01", "lower"), down=first)
    assert found["wrong"] == []
    assert "否，消息 2 秒前" in printed(found)


def test_a_link_of_which_reporting_has_not_heard_is_not_called_good() -> None:
    found = judged(a_link("qu01", "lower"), up=going_up())
    (said,) = found["wrong"]
    assert said.startswith("reporting 还不知道这条联通")
    assert "还不知道" in printed(found)


@pytest.mark.parametrize(("days", "notices", "wrong"), [(31, 0, 0), (30, 1, 0), (1, 1, 0), (-1, 0, 1)])
def test_a_certificate_is_warned_of_thirty_days_before_it_ends(days: int, notices: int, wrong: int) -> None:
    ends = (datetime.now(UTC) + timedelta(days=days, hours=1)).isoformat()
    found = judged(a_link("qu01", "lower", ca_expires_at=ends), down=coming_in())
    assert (len(found["notices"]), len(found["wrong"])) == (notices, wrong)


def test_an_invitation_that_waits_or_expired_is_nothing_wrong() -> None:
    for standing in ("invited", "expired", "withdrawn", "revoked"):
        assert judged(a_link("qu01", "lower", standing=standing, fingerprint=None))["wrong"] == []


def test_where_there_is_no_link_the_two_commands_are_named() -> None:
    assert "lianjian link invite" in printed()


def test_a_court_that_has_less_than_its_upper_court_is_not_at_a_hundred_percent() -> None:
    assert link_status.progress(130, 100) == "[red]多 30[/red]"
    assert link_status.progress(100, 100) == "100%"


def test_an_epoch_that_was_followed_by_another_is_over() -> None:
    logs = ["qu01/members/log/1", "qu01/members/log/2", "qu01/activities/log/1"]
    assert link_status.ended(logs) == {"qu01/members/log/1"}
