"""`lianjian forget` and `keys`: who asks whom under which token, and that the keys are changed after a deletion."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cli import forgetting
from deploy.cli.client import Client
from deploy.cli.running import Running
from shared.personal.rotation import Rotated
from tests.component.test_cli import run, written

PERSON = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a101"
BRANCH = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a102"
POSTS = [{"person_id": PERSON, "branch_id": BRANCH, "post": "secretary", "effective_from": "2024-01-01"}]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, str, Any]]:
    """What the services are asked: method and address, the token, the body."""
    seen: list[tuple[str, str, Any]] = []

    def answered(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        seen.append((f"{request.method} {request.url}", request.headers["authorization"], body))
        return httpx.Response(200, json={"requests": [], "posts": POSTS})

    def on_that_network(court: Running) -> Client:
        return Client(court, httpx.MockTransport(answered))

    monkeypatch.setattr(forgetting, "Client", on_that_network)
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    return seen


@pytest.fixture
def rotated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that had to be deleted everywhere before the key-encryption keys were changed."""
    after: list[str] = []

    def changed(_: Any, buried: str) -> dict[str, Rotated]:
        after.append(buried)
        return {"members": Rotated("new", 1, ("old",))}

    monkeypatch.setattr(forgetting, "rotate_all", changed)
    return after


def test_the_party_office_asks_under_its_own_token(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "office.token").write_text("office\n")
    words = ("forget", "request", PERSON, "--reason", "retention_over", "--token-file", str(tmp_path / "office.token"))
    assert run(monkeypatch, *words) == 0
    address = f"POST http://m/people/{PERSON}/forgetting"
    assert asked == [(address, "Bearer office", {"reason": "retention_over"})]


def test_a_confirmed_deletion_changes_the_keys_at_once_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, str, Any]], rotated: list[str]
) -> None:
    assert run(monkeypatch, "forget", "confirm", PERSON, "--no-rotate") == 0
    assert rotated == []
    assert run(monkeypatch, "forget", "confirm", PERSON, "--outside") == 0
    assert rotated == [f"person:{PERSON}"]
    assert [address for address, _, _ in asked] == [
        f"POST http://m/people/{PERSON}/forgetting/confirm",
        f"POST http://a/outside-people/{PERSON}/forgetting/confirm",
    ]


def test_whoever_leaves_gives_up_posts_first_and_then_the_membership_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: list[tuple[str, str, Any]]
) -> None:
    assert run(monkeypatch, "forget", "leave", PERSON, "--on", "2024-12-31") == 0
    assert [(address, body) for address, _, body in asked] == [
        (f"GET http://m/people/{PERSON}", None),
        (
            f"POST http://m/people/{PERSON}/posts/vacate",
            {"branch_id": BRANCH, "post": "secretary", "effective_to": "2024-12-31"},
        ),
        (f"POST http://m/people/{PERSON}/membership/end", {"effective_to": "2024-12-31"}),
    ]
    assert "免去支部职务 1 项，组织关系到 2024-12-31 终止" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("leave", PERSON, "--on", "去年底"), "去年底 不是日期，应如 2024-12-31。"),
        (("leave", PERSON), "缺少选项 --on。"),
        (("request", PERSON, "--reason", "because"), "because 不是法定事由，应为：purpose_achieved"),
        (("request", PERSON), "缺少选项 --reason。"),
        (("confirm",), "缺少参数"),
        (("withdraw", PERSON, "--token-file", "nowhere"), "读不到令牌文件 nowhere。"),
    ],
)
def test_what_is_typed_wrongly_is_said_and_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    asked: list[tuple[str, str, Any]],
    words: tuple[str, ...],
    said: str,
) -> None:
    assert run(monkeypatch, "forget", *words) == 2
    assert said in capsys.readouterr().err
    assert asked == []
