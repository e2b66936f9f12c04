"""What a person decides about records of several courts: over HTTP, and what `lianjian` sends."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cli import duplicates
from deploy.cli.client import Client
from deploy.cli.running import Running
from tests.component.court import Court
from tests.component.given import problem
from tests.component.joint import partner
from tests.component.test_cli import run, written

HERE = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01"
THERE = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d09"
PARTNER = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e05"
BRANCH = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e06"
PAIR = {"first": {"site": "demo1", "activity_id": HERE}, "second": {"site": "demo2", "activity_id": THERE}}
TURNED = {"first": PAIR["second"], "second": PAIR["first"]}
LISTED = {
    "figures": {"joint": 41, "suspected": 1},
    "suspected": [
        {
            "first": {
                "site": "demo1", "activity_id": HERE, "court": "青山县人民法院", "date": "2024-05-16", "title": "联学",
                "parties": [{"name": "青山县人民法院第一党支部", "seats": 12}, {"name": "云溪区法院", "seats": None}],
            },
            "second": {
                "site": "demo2", "activity_id": THERE, "court": "云溪区人民法院", "date": "2024-05-17", "title": "联学",
                "parties": [{"name": "云溪区人民法院第二党支部", "seats": 9}],
            },
            "days_apart": 1,
            "similarity_percent": 100,
        }
    ],
    "confirmed": [],
    "rejected": [],
}  # fmt: skip
CLAIMS = {
    "suggested": [
        {"recorded_by": "demo1", "recorded_by_name": "青山县人民法院", "partner_id": PARTNER,
         "name": "云溪区人民法院第二党支部", "court": "demo2", "branch_id": BRANCH, "unit": "云溪区人民法院第二党支部"}
    ],
    "claimed": [],
}  # fmt: skip


@pytest.mark.asyncio(loop_scope="session")
async def test_a_pair_is_confirmed_withdrawn_and_rejected_in_one_stream_in_either_order(court: Court) -> None:
    first = await court.activities.post("/duplicates/confirmations", json=PAIR)
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    opposite = await court.activities.post("/duplicates/rejections", json=TURNED)
    assert problem(opposite) == (409, "decided_otherwise", ["first"])
    withdrawn = await court.activities.post("/duplicates/withdrawals", json=TURNED)
    assert withdrawn.headers["etag"] == '"2"'
    rejected = await court.activities.post("/duplicates/rejections", json=TURNED)
    assert (rejected.headers["etag"], rejected.json()["duplicate_id"]) == ('"3"', first.json()["duplicate_id"])


@pytest.mark.asyncio(loop_scope="session")
async def test_two_records_of_one_court_are_refused(court: Court) -> None:
    same = {"first": PAIR["first"], "second": {"site": "demo1", "activity_id": THERE}}
    answer = await court.activities.post("/duplicates/confirmations", json=same)
    assert problem(answer) == (409, "one_court", ["second.site"])


@pytest.mark.asyncio(loop_scope="session")
async def test_a_partner_is_claimed_read_and_given_up(court: Court) -> None:
    named = {"recorded_by": "demo1", "partner_id": PARTNER}
    claimed = await court.activities.post("/partner-claims", json={**named, "court": "demo2", "branch_id": BRANCH})
    assert claimed.headers["etag"] == '"1"'
    seen = await court.activities.get("/partner-claims", params=named)
    assert seen.json() == {**named, "court": "demo2", "branch_id": BRANCH}
    other = await court.activities.post("/partner-claims", json={**named, "court": "demo3"})
    assert problem(other) == (409, "partner_claimed", ["court"])
    given_up = await court.activities.post("/partner-claims/withdrawals", json={**named, "reason": "同名"})
    assert given_up.headers["etag"] == '"2"'
    assert (await court.activities.get("/partner-claims", params=named)).json()["court"] is None


@pytest.mark.asyncio(loop_scope="session")
async def test_a_claim_is_seen_in_reporting_and_the_pages_are_there(court: Court) -> None:
    named = await partner(court)
    claimed = await court.activities.post(
        "/partner-claims", json={"recorded_by": "shi04", "partner_id": named, "court": "demo2"}
    )
    after = {"After": claimed.headers["position"]}
    found = (await court.reporting.get("/partner-claims", headers=after)).json()
    assert [(one["partner_id"], one["court"], one["claimed_by"]) for one in found["claimed"]] == [
        (named, "demo2", "shi04")
    ]
    assert found["suggested"] == []
    listed = (await court.reporting.get("/duplicates", params={"period": "2031-H1"})).json()
    assert listed["figures"] == {"joint": 0, "suspected": 0, "participations": 0, "seats": 0}
    for path in ("/view/joint/courts", "/view/joint/duplicates", "/view/joint/courts/pairs?year=2031",
                 "/view/joint/courts/activities?year=2031", "/view/brands/courts"):  # fmt: skip
        assert (await court.reporting.get(path)).status_code == 200
    stranger = await court.reporting.get("/view/joint/courts", params={"court": "xian9"})
    assert problem(stranger) == (404, "not_found", ["court"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, Any]]:
    """What the services are asked: method and address, the body."""
    seen: list[tuple[str, Any]] = []

    def answered(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        if request.url.path != "/status":
            seen.append((f"{request.method} {request.url}", body))
        return httpx.Response(200, json=CLAIMS if request.url.path == "/partner-claims" else LISTED)

    def on_that_network(court: Running) -> Client:
        return Client(court, httpx.MockTransport(answered))

    monkeypatch.setattr(duplicates, "Client", on_that_network)
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    return seen


def test_the_list_shows_both_records_and_what_to_type(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "duplicates", "list", "--year", "2024") == 0
    said = capsys.readouterr().out
    assert "2024年辖区联建活动 41 次（疑似重复 1）" in said
    assert "青山县人民法院　2024-05-16　联学　（青山县人民法院第一党支部 12；云溪区法院）" in said
    assert f"是同一次：lianjian duplicates confirm demo1/{HERE} demo2/{THERE}" in said
    assert asked == [("GET http://r/duplicates?period=2024", None)]


@pytest.mark.parametrize(
    ("act", "path"), [("confirm", "confirmations"), ("reject", "rejections"), ("withdraw", "withdrawals")]
)
def test_a_decision_is_sent_as_typed(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]], act: str, path: str
) -> None:
    assert run(monkeypatch, "duplicates", act, f"demo1/{HERE}", f"demo2/{THERE}") == 0
    assert asked == [(f"POST http://a/duplicates/{path}", PAIR)]


def test_a_partner_is_claimed_for_a_court_or_a_branch_and_given_up(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]]
) -> None:
    named = {"recorded_by": "demo1", "partner_id": PARTNER}
    assert run(monkeypatch, "partners", "claim", f"demo1/{PARTNER}", "--as", "demo2") == 0
    assert run(monkeypatch, "partners", "claim", f"demo1/{PARTNER}", "--as", f"demo2/{BRANCH}") == 0
    assert run(monkeypatch, "partners", "claim", f"demo1/{PARTNER}", "--withdraw", "同名") == 0
    assert asked == [
        ("POST http://a/partner-claims", {**named, "court": "demo2", "branch_id": None}),
        ("POST http://a/partner-claims", {**named, "court": "demo2", "branch_id": BRANCH}),
        ("POST http://a/partner-claims/withdrawals", {**named, "reason": "同名"}),
    ]


def test_suggested_claims_are_listed_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "partners", "claims") == 0
    assert f"lianjian partners claim demo1/{PARTNER} --as demo2/{BRANCH}" in capsys.readouterr().out
    assert asked == [("GET http://r/partner-claims", None)]


def test_all_shows_first_what_it_would_claim_and_claims_it_only_with_yes(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "partners", "claim", "--all") == 1
    said = capsys.readouterr()
    assert "青山县人民法院" in said.out
    assert "云溪区人民法院第二党支部" in said.out
    assert "尚未认领：以上 1 个共建单位" in said.err
    assert run(monkeypatch, "partners", "claim", "--all", "--yes") == 0
    assert "已认领 1 个。" in capsys.readouterr().out
    body = {"recorded_by": "demo1", "partner_id": PARTNER, "court": "demo2", "branch_id": BRANCH}
    assert asked == [
        ("GET http://r/partner-claims", None),
        ("GET http://r/partner-claims", None),
        ("POST http://a/partner-claims", body),
    ]


@pytest.mark.parametrize(
    ("status", "code", "said", "sent"),
    [
        (409, 1, "被拒绝 1 个", [PARTNER, HERE]),
        (500, 2, "再执行同一命令，接着认领其余的", [PARTNER]),
    ],
)
def test_of_all_what_is_refused_keeps_nothing_back_and_a_service_that_is_away_stops_them(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: int,
    said: str,
    sent: list[str],
) -> None:
    seen: list[str] = []
    (first,) = CLAIMS["suggested"]

    def answered(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"suggested": [first, {**first, "partner_id": HERE}], "claimed": []})
        seen.append(json.loads(request.content)["partner_id"])
        wrong = {"title": "已认领", "detail": "先撤回原来的认领"}
        return httpx.Response(status, json=wrong) if seen == [PARTNER] else httpx.Response(200, json={})

    monkeypatch.setattr(duplicates, "Client", lambda court: Client(court, httpx.MockTransport(answered)))
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    assert run(monkeypatch, "partners", "claim", "--all", "--yes") == code
    told = capsys.readouterr()
    assert said in told.out + told.err
    assert seen == sent


@pytest.mark.parametrize("words", [
    ("partners", "claim", "--as", "demo2"),
    ("partners", "claim", f"demo1/{PARTNER}", "--all"),
    ("partners", "claim", f"demo1/{PARTNER}", "--as", "demo2", "--yes"),
    ("duplicates", "confirm", HERE, f"demo2/{THERE}"),
    ("duplicates", "confirm", f"demo1/{HERE}", "demo2"),
    ("partners", "claim", f"demo1/{PARTNER}"),
    ("partners", "claim", f"demo1/{PARTNER}", "--as", "Demo 2"),
    ("partners", "claim", f"demo1/{PARTNER}", "--as", "demo2", "--withdraw", "同名"),
])  # fmt: skip
def test_what_is_mistyped_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]], words: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *words) == 2
    assert asked == []
