"""After a restored backup: what an upper site has and we have not, in words, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.cli.link_recovery import behind_of, held_of, lost, refuse_another_history, refuse_unheard
from deploy.cli.running import CannotDo


def up(alarm: str | None, have: int, origin: str = "shi07/activities/log/1") -> dict[str, Any]:
    return {
        "upper": "shi04",
        "name": "青岚市中级人民法院",
        "origins": [{"origin": origin, "have": have, "alarm": alarm}],
    }


def test_only_own_logs_of_which_an_upper_site_has_more_are_recovered() -> None:
    answer = {
        "links": [
            up("upper_is_ahead", 120),
            up("upper_is_ahead", 130),
            up(None, 90, "shi07/members/log/1"),
            up("upper_is_ahead", 7, "shi09/members/log/1"),
        ]
    }
    assert behind_of(answer, "shi07") == {"activities": ("shi04", 130)}


def test_another_history_is_not_carried_on() -> None:
    with pytest.raises(CannotDo, match="不是缺少末尾"):
        behind_of({"links": [up("upper_has_another_history", 120)]}, "shi07")


def test_what_is_given_up_is_told_before() -> None:
    told = lost("activities", "shi04", 130, {"head": 100, "epoch": 1})
    assert told == (
        "activities：本院到 100，shi04 有到 130。第 101 至 130 条（30 条）将作废，须重新录入；"
        "此后从第 101 条起为第 2 期。"
    )


def test_how_much_of_a_log_is_held_is_that_of_its_latest_epoch() -> None:
    answer = {"links": [{"origins": [{"origin": "shi07/activities/log/2", "have": 105}]}]}
    assert held_of(answer, "shi07", "activities") == 105
    assert held_of(answer, "shi07", "members") == 0


def test_a_restored_log_of_which_nothing_is_heard_is_given_up_only_when_that_is_said() -> None:
    standing = {"members": {"phase": "unheard"}, "activities": {"phase": "ahead"}}
    with pytest.raises(CannotDo, match=r"^members：恢复后还没有收到上级法院的回执.*--unheard"):
        refuse_unheard(standing, {"activities"})
    refuse_unheard(standing, {"activities", "members"})
    refuse_unheard({"members": {"phase": "open"}, "activities": {"phase": "ahead"}}, set())
    told = lost("members", "", 0, {"head": 100, "epoch": 1})
    assert told == (
        "members：本院到 100，上级法院有到哪里还不知道。第 101 条以后它若还有，都将作废，须重新录入；"
        "此后从第 101 条起为第 2 期。"
    )


def test_an_epoch_that_follows_another_history_than_is_held_is_not_accepted() -> None:
    with pytest.raises(CannotDo, match="第 195 条的根与本院所存不同"):
        refuse_another_history("ab" * 32, "ac" * 32, 195)
    refuse_another_history("ab" * 32, "AB" * 32, 195)
    refuse_another_history(None, "ab" * 32, 195)
