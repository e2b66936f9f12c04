"""`lianjian link`: who is asked what, where a token comes from, and a status that says what is wrong and what helps."""

from __future__ import annotations

import io
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from deploy.cli import link_status, links
from deploy.cli.client import Client
from deploy.cli.running import Running
from tests.component.test_cli import run, written

SEEN = list[tuple[str, Any]]
INVITE = ("link", "invite", "qu01", "--name", "青岚市云溪区人民法院", "--level", "基层", "--order", "3")
FINGERPRINT = "1a2b-3c4d-5e6f-7081-92a3"


def a_link(peer: str, role: str, **changed: Any) -> dict[str, Any]:
    return {
        "peer": peer,
        "role": role,
        "standing": "joined",
        "name": f"{peer}法院",
        "level": "basic",
        "official_order": 1 if role == "lower" else None,
        "grounds": None,
        "fingerprint": FINGERPRINT,
        "withheld_families": [],
        "invitation_expires_at": None,
        "access": "joined" if role == "upper" else None,
        "ca_expires_at": None,
    } | changed


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
    origin = {"origin": "qu01/members/log/1", "sealed_to": 200, "have": 200}
    return {"lower": "qu01", "head_age": 4.0, "suspended_at": None, "origins": [origin]} | changed


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


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SEEN:
    """What the services are asked: method and address, and the body."""
    seen: SEEN = []

    def answered(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        seen.append((f"{request.method} {request.url}", body))
        if request.url.path == "/links/invitations":
            return httpx.Response(201, json={"token": "lianjian1:abc", "expires_at": "2026-01-05T08:00:00.000000Z"})
        if request.url.path == "/links/acceptances":
            return httpx.Response(201, json={"peer": "shi04", "name": "上级", "fingerprint": FINGERPRINT})
        return httpx.Response(200, json={"links": [a_link("shi04", "upper", standing="suspended", grounds="更换")]})

    def on_that_network(court: Running) -> Client:
        return Client(court, httpx.MockTransport(answered))

    monkeypatch.setattr(links, "Client", on_that_network)
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    return seen


def test_an_invitation_prints_the_token_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *INVITE, "--withhold", "members.post", "--valid", "12h") == 0
    body = {
        "site": "qu01",
        "name": "青岚市云溪区人民法院",
        "level": "basic",
        "official_order": 3,
        "withheld_families": ["members.post"],
        "valid_hours": 12,
    }
    assert asked == [("POST http://m/links/invitations", body)]
    said = capsys.readouterr()
    assert said.out == "lianjian1:abc\n"
    assert "lianjian1:abc" not in said.err


def test_the_token_may_go_into_a_file_that_nobody_else_reads(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token.txt"
    assert run(monkeypatch, *INVITE, "--out", str(file)) == 0
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("lianjian1:abc\n", 0o600)
    assert capsys.readouterr().out == ""
    assert asked[0][1]["valid_hours"] == 168


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--valid", "7"), "7 不是期限"), (("--level", "区级"), "区级 不是法院级别"), (("--valid", "0d"), "0d 不是期限")],
)
def test_what_was_typed_wrongly_is_said(
    monkeypatch: pytest.MonkeyPatch,
    asked: SEEN,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    assert run(monkeypatch, *INVITE, *words) == 2
    assert said in capsys.readouterr().err
    assert asked == []


def test_a_token_comes_from_the_line_a_file_or_standard_input(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token.txt").write_text("lianjian1:from-file\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("lianjian1:from-stdin\n"))
    assert run(monkeypatch, "link", "accept", "lianjian1:typed") == 0
    assert run(monkeypatch, "link", "accept", "--file", str(tmp_path / "token.txt")) == 0
    assert run(monkeypatch, "link", "accept", "-") == 0
    given = ["lianjian1:typed", "lianjian1:from-file\n", "lianjian1:from-stdin\n"]
    assert asked == [("POST http://m/links/acceptances", {"token": word}) for word in given]
    assert capsys.readouterr().out.count(FINGERPRINT) == 3


def test_a_token_is_given_once(monkeypatch: pytest.MonkeyPatch, asked: SEEN, tmp_path: Path) -> None:
    assert run(monkeypatch, "link", "accept") == 2
    assert run(monkeypatch, "link", "accept", "-", "--file", str(tmp_path / "token.txt")) == 2
    assert run(monkeypatch, "link", "accept", "--file", str(tmp_path / "no such file")) == 2
    assert asked == []


@pytest.mark.parametrize(
    ("verb", "path"), [("suspend", "suspension"), ("resume", "resumption"), ("revoke", "revocation")]
)
def test_a_link_is_governed_with_grounds(monkeypatch: pytest.MonkeyPatch, asked: SEEN, verb: str, path: str) -> None:
    assert run(monkeypatch, "link", verb, "shi04") == 2
    assert run(monkeypatch, "link", verb, "shi04", "--grounds", "更换设备") == 0
    assert asked == [(f"POST http://m/links/shi04/{path}", {"grounds": "更换设备"})]


def test_the_status_is_exit_code_1_where_anything_is_wrong(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "link", "status", "--json") == 1
    (link,) = json.loads(capsys.readouterr().out)
    assert (link["peer"], link["wrong"]) == (
        "shi04",
        ["已由人暂停（更换）：可恢复时执行 lianjian link resume shi04 --grounds 理由"],
    )


def test_a_good_link_shows_fingerprint_progress_and_what_is_countersigned() -> None:
    up = judged(a_link("shi04", "upper"), up=going_up())
    down = judged(a_link("qu01", "lower"), down=coming_in())
    assert (up["wrong"], down["wrong"]) == ([], [])
    page = printed(up, down)
    for word in (FINGERPRINT, "是，回执 3 秒前", "members 100", "50%", "末尾消息 4 秒前", "100%", "上级", "下级"):
        assert word in page


def test_before_the_first_countersignature_it_says_so() -> None:
    up = going_up()
    up["origins"][0]["countersigned_to"] = None
    assert "尚未会签" in printed(judged(a_link("shi04", "upper"), up=up))


@pytest.mark.parametrize(
    ("link", "up", "wrong"),
    [
        (a_link("shi04", "upper", standing="pending", access="pending"), None, "再执行一次 lianjian link accept"),
        (a_link("shi04", "upper", access=None), None, "接入文件不在了"),
        (a_link("shi04", "upper"), going_up(connected=False), "没有连通（自 "),
        (a_link("shi04", "upper"), going_up(state_age=600.0), "上级 10 分钟没有回执"),
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
                suspended_at="2026-01-01T08:00:00+00:00", reason="fork", origin="qu01/members/log/1", position=17
            ),
            "与已收下的历史不同（fork），qu01/members/log/1 第 17 条",
        ),
        (coming_in(complete=False, head_age=7200.0), "未收齐：最近的末尾消息在 2 小时之前"),
    ],
)
def test_what_is_wrong_with_what_comes_in_is_said_with_what_helps(down: dict[str, Any], wrong: str) -> None:
    (said,) = judged(a_link("qu01", "lower"), down=down)["wrong"]
    assert wrong in said


def test_reporting_of_an_older_version_says_nothing_about_links_and_nothing_is_wrong() -> None:
    found = judged(a_link("qu01", "lower"), down=404)
    assert (found["wrong"], found["down"]) == ([], None)
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
