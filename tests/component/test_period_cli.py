"""`lianjian period` and `lianjian report --subtree`: what is sent, what is said."""

import json
from typing import Any

import httpx
import pytest
import typer
from rich.console import Console

from deploy.cli import main as command_line
from deploy.cli import periods, report
from tests.component.test_cli import FIGURES, a_client

TOGETHER = {
    **FIGURES, "activities": 43, "missing": 1, "suspected": 0, "partners": None, "partner_levels": None,
    "members_leave_out": ["xian1"],
}  # fmt: skip


def a_court(site: str, name: str, **changed: Any) -> dict[str, Any]:
    figures = {**FIGURES, "activities": 43, "missing": 1}
    return {
        "site": site, "name": name, "level": "basic", "upper": "shi04", "connected": True, "complete": True,
        "submitted": True, "late": 0, "figures": figures,
    } | changed  # fmt: skip


COURTS = [
    a_court("shi04", "青岚市中级人民法院", upper=None, level="intermediate"),
    a_court("xian1", "临溪区人民法院", figures={**FIGURES, "activities": 43, "missing": 1, "members": None}),
    a_court("xian2", "石门县人民法院", submitted=False, complete=False, late=2),
]
ORIGINS = [
    {"origin": "shi04/activities/log/1", "projected": 7, "h": "0" * 64},
    {"origin": "xian1/activities/log/1", "projected": 0, "h": None},
]


def answering(sent: list[httpx.Request]) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if request.url.path == "/status":
            return httpx.Response(200, json={})
        found = {"as_of": "2025-01-10", "figures": TOGETHER, "courts": COURTS, "origins": ORIGINS}
        return httpx.Response(200, json=found)

    return answer


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """What the commands send to a court that answers everything."""
    requests: list[httpx.Request] = []
    for module in (periods, command_line):
        monkeypatch.setattr(module, "running", lambda: None)
        monkeypatch.setattr(module, "Client", lambda _: a_client(answering(requests)))
    return requests


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["lianjian", *words])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(str(ended.value.code))


def test_a_period_is_handed_in_with_a_remark(monkeypatch: pytest.MonkeyPatch, sent: list[httpx.Request]) -> None:
    assert run(monkeypatch, "period", "submit", "2024-h1", "--remark", "已核对") == 0
    assert [(one.method, one.url.path) for one in sent] == [("POST", "/periods/2024-H1/submission")]
    assert json.loads(sent[0].content) == {"remark": "已核对"}


def test_locking_sends_the_figures_that_reporting_tells_and_how_far_they_were_read(
    monkeypatch: pytest.MonkeyPatch, sent: list[httpx.Request], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "period", "lock", "2024") == 0
    asked, told = (one for one in sent if one.url.path != "/status")
    assert (asked.url.path, dict(asked.url.params)) == ("/overview", {"period": "2024"})
    body = json.loads(told.content)
    assert (told.url.path, body["as_of"]) == ("/periods/2024/lock", "2025-01-10")
    assert [court["site"] for court in body["courts"]] == ["shi04", "xian1", "xian2"]
    first, second, _ = body["courts"]
    assert first["lower_bounds"] == {"legal_outreach": "20余次"}
    assert (first["figures"]["joint"], first["figures"]["branch_assembly"], first["figures"]["missing"]) == (41, 4, 1)
    assert "members" not in second["figures"]
    assert body["origins"] == [{"origin": "shi04/activities/log/1", "position": 7, "h": "0" * 64}]
    assert "未收齐或未报送 1 个：石门县人民法院" in capsys.readouterr().out


@pytest.mark.parametrize("typed", ["2024-H3", "24", "2024-5", "2024-13", "上半年"])
def test_what_is_no_period_is_told_the_right_form(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match="2024-H1"):
        periods.period_typed(typed)


def test_taking_back_asks_for_a_reason(monkeypatch: pytest.MonkeyPatch, sent: list[httpx.Request]) -> None:
    assert run(monkeypatch, "period", "reopen", "2024") == 2
    assert run(monkeypatch, "period", "unlock", "2024") == 2
    assert sent == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, ["2024年：未报送。", "未定稿。"]),
        ({"submitted": True, "remark": "已核对"}, ["2024年：已报送（已核对）。", "未定稿。"]),
        ({"reopened": "补录"}, ["2024年：已重开，未重新报送。", "重开原因：补录", "未定稿。"]),
        (
            {"submitted": True, "locked": {"courts": [{}, {}], "as_of": "2025-01-10"}},
            ["2024年：已报送。", "已定稿：2 个法院，截至 2025-01-10。"],
        ),
    ],
)
def test_how_a_period_stands_is_said_in_sentences(state: dict[str, Any], said: list[str]) -> None:
    nothing = {"period": "2024", "submitted": False, "remark": None, "reopened": None, "locked": None}
    assert periods.told(nothing | state) == said


def test_the_report_of_a_subtree_has_the_keys_of_the_report_and_the_courts() -> None:
    with a_client(answering([])) as client:
        found, stale = report.read_subtree(client, 2024)
    assert stale is None
    assert list(found) == [*report.KEYS, "suspected", "members_leave_out", "courts"]
    assert [court["site"] for court in found["courts"]] == ["shi04", "xian1", "xian2"]
    assert (found["missing"], found["partners"]) == (1, None)


def test_the_report_of_a_subtree_names_who_has_not_submitted() -> None:
    with a_client(answering([])) as client:
        found, _ = report.read_subtree(client, 2024)
    console = Console(record=True, width=120)
    report.show_subtree(console, "青岚市中级人民法院", 2024, found)
    said = console.export_text()
    assert "已报送 1/2，缺：石门县人民法院" in said
    assert "不足5" in said
    assert "党员 3 人（按人计；不含不足 5 人的 1 个法院）· 党支部" in said


@pytest.mark.parametrize(
    ("suspected", "said"), [(0, "联建活动 41 次 · 未开展"), (6, "联建活动 41 次（疑似重复 6） · 未开展")]
)
def test_the_report_of_a_subtree_says_how_many_may_be_recorded_twice(suspected: int, said: str) -> None:
    with a_client(answering([])) as client:
        found, _ = report.read_subtree(client, 2024)
    console = Console(record=True, width=120)
    report.show_subtree(console, "青岚市中级人民法院", 2024, found | {"suspected": suspected})
    assert said in console.export_text()


def test_the_report_of_a_subtree_writes_a_courts_whole_name_in_eighty_columns() -> None:
    with a_client(answering([])) as client:
        found, _ = report.read_subtree(client, 2024)
    found["courts"][1]["name"] = "白水布依族苗族自治县人民法院"
    console = Console(record=True, width=80)
    report.show_subtree(console, "青岚市中级人民法院", 2024, found)
    assert "…" not in console.export_text()


def test_a_subtree_is_not_written_as_prose(monkeypatch: pytest.MonkeyPatch, sent: list[httpx.Request]) -> None:
    assert run(monkeypatch, "report", "--year", "2024", "--subtree", "--text") == 2
