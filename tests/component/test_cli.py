"""The command line: where it finds the court, what it prints, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import xlsxwriter

from deploy.cli import importing, report, status
from deploy.cli import main as command_line
from deploy.cli.client import Client
from deploy.cli.running import CannotDo, Running, find, read
from deploy.cli.words import mistake, trouble

SERVICES = {"members": "http://m", "activities": "http://a", "reporting": "http://r"}
FIGURES = {
    "members": 3,
    "branches": 1,
    "groups": 0,
    "by_kind": {"branch_assembly": 4},
    "theme_days": 2,
    "lower_bounds": {"legal_outreach": "20余次"},
    "missing": [{"unit": "第一党支部", "obligation": "branch_assembly", "period": "2024-Q3"}],
    "agreements": 24,
    "partners": 24,
    "partner_levels": {"supreme": 2, "high": 6, "basic": 16},
    "joint": 41,
    "participations": 91,
    "seats": 762,
    "problems": 26,
    "solved": 10,
    "brands": 10,
    "unknown_brands": 5,
}
Answers = Callable[[httpx.Request], httpx.Response]


def a_client(answers: Answers) -> Client:
    """The client on a network whose far end answers as told."""
    return Client(Running("shi04", "青岚市中级人民法院", "t", SERVICES, {}), httpx.MockTransport(answers))


def written(folder: Path, **changed: Any) -> Path:
    config = {"court": "shi04", "name": "青岚市中级人民法院", "token": "t", "services": SERVICES} | changed
    path = folder / "var" / "lianjian.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `lianjian` with these words."""
    monkeypatch.setattr("sys.argv", ["lianjian", *words])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_court_is_found_from_a_folder_below(tmp_path: Path) -> None:
    path = written(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find(below, {}) == path


def test_a_named_file_goes_before_every_other(tmp_path: Path) -> None:
    written(tmp_path)
    assert find(tmp_path, {"LIANJIAN_CONFIG": "/elsewhere.json"}) == Path("/elsewhere.json")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"court": "shi04"}'])
def test_a_torn_file_is_said_and_never_a_traceback(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lianjian.json"
    path.write_text(content)
    with pytest.raises(CannotDo, match="不完整"):
        read(path)


def test_the_report_is_read_after_the_heads_of_all_logs() -> None:
    asked: list[str | None] = []

    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/status":
            heads = {"m": "members.1@7", "a": "activities.1@9"}
            head = heads.get(request.url.host)
            return httpx.Response(200, json={}, headers={"Position": head} if head else {})
        asked.append(request.headers.get("after"))
        stale = {"X-Stale": "activities.1@8<9"} if len(asked) == 1 else {}
        return httpx.Response(200, json={"report": FIGURES}, headers=stale)

    assert report.read(a_client(answers), 2024) == (FIGURES, None)
    assert asked == ["members.1@7, activities.1@9"] * 2


def test_a_refusal_is_exit_code_1_and_its_sentence() -> None:
    problem = {"title": "没有权限", "detail": "当前身份不能“导入台账”。"}
    with pytest.raises(CannotDo, match="没有权限：当前身份不能") as refused:
        a_client(lambda _: httpx.Response(403, json=problem)).tell("members", "/imports")
    assert refused.value.code == 1


def test_a_service_that_is_away_is_exit_code_2() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(CannotDo, match="members 服务没有回答") as unreachable:
        a_client(away).ask("members", "/status")
    assert unreachable.value.code == 2
    assert status.read(a_client(away)) == {"members": None, "activities": None, "reporting": None}


def test_a_service_that_answers_without_its_database_is_told_apart_from_one_that_is_away() -> None:
    def without_database(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503, json={"title": "暂时不可用", "detail": "数据库没有回答"})

    found = status.read(a_client(without_database))
    assert found["members"]["wrong"] == {"status": "数据库没有回答"}
    assert not status.is_well(found)


@pytest.mark.parametrize(
    ("where", "what", "said"),
    [
        ("relay", "TimeoutError", "relay 连不上 RabbitMQ（TimeoutError）"),
        ("role imports", "ConnectionRefusedError", "imports 连不上 PostgreSQL（ConnectionRefusedError）"),
        ("relay", "CannotConnectNowError", "relay 连不上 PostgreSQL（CannotConnectNowError）"),
        ("consume", "<AMQPConnectionError: ", "consume 连不上 RabbitMQ（AMQPConnectionError）"),
        ("consume", "silent", "consume：一分钟没有动静"),
        ("project", "Diverged", "project：Diverged"),
    ],
)
def test_what_troubles_a_role_names_the_engine_that_is_away(where: str, what: str, said: str) -> None:
    assert trouble(where, what) == said


def test_what_is_put_off_is_asked_again() -> None:
    answers = [httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200, json={"done": True})]
    assert a_client(lambda _: answers.pop(0)).ask("members", "/x").json() == {"done": True}


def test_a_file_that_is_no_workbook_stops_all_before_anything_is_handed_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    (tmp_path / "bad.xlsx").write_bytes(b"no workbook")
    assert run(monkeypatch, "import", str(tmp_path / "bad.xlsx"), "--json") == 1
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["file"], result["state"]) == ("bad.xlsx", "refused")
    assert set(result["answer"]["errors"][0]) == {"sheet", "row", "column", "value", "code", "problem", "expected"}


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["done", "done"], 0),
        ([], 1),
        (["done", "refused"], 1),
        (["done", "done", "failed"], 1),
    ],
)
def test_an_import_that_takes_nothing_in_or_refuses_something_is_exit_code_1(states: list[str], code: int) -> None:
    results = [importing.Result("a.xlsx", None, state, False, {}) for state in states]
    assert importing.exit_code(results) == code


def test_ledgers_go_in_with_the_roster_first(tmp_path: Path) -> None:
    meetings = a_workbook(
        tmp_path / "a.xlsx", "三会一课记录", ["支部名称", "会议类型", "会议主题", "日期", "应到", "实到"]
    )
    roster = a_workbook(
        tmp_path / "b.xlsx", "党员名册", ["姓名", "性别", "党员类型", "所在支部", "入党时间", "党内职务"]
    )
    books, refused = importing.recognised([meetings, roster])
    assert (refused, [book.what.kind for book in books]) == ([], ["member_roster", "meeting_records"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report"], "缺少选项 --year。"),
        (["report", "--year", "20x4"], "--year：20x4 不是年度，应为 1950 到 2200 之间的四位数字"),
        (["open", "more"], "多余的参数：more。"),
        (["import", "/"], "/ 是文件夹；应为 .xlsx 文件"),
        (["nothing"], "没有命令 nothing。"),
        (["import"], "缺少参数"),
        (["status", "--colour"], "没有选项"),
        (["import", "/nowhere.xlsx"], "没有文件 /nowhere.xlsx。"),
        (["rebuild", "nothing"], "没有名为 nothing 的视图"),
    ],
)
def test_what_is_typed_wrongly_is_said_in_chinese_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    assert run(monkeypatch, *words) == 2
    assert said in capsys.readouterr().err


def test_no_court_running_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANJIAN_CONFIG", str(tmp_path / "none.json"))
    assert run(monkeypatch, "status") == 2
    assert "make run" in capsys.readouterr().err


def test_the_help_is_chinese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    assert "用法：lianjian" in said
    assert "Usage" not in said
    assert "Show this message" not in said


def test_an_unknown_sentence_of_the_parser_stays_as_it_is() -> None:
    assert mistake("Something new.") == "Something new."


def a_workbook(path: Path, title: str, headings: list[str]) -> Path:
    """An empty ledger: title, unit, headings in row 3."""
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet(title)
        sheet.write(0, 0, f"青岚市中级人民法院{title}（2024年）")
        sheet.write(1, 0, "填报单位：机关党委")
        sheet.write_row(2, 0, headings)
    return path
