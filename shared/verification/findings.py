"""What a verification finds: differences, things it could not check, and how much it looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

_TAMPERED = "本库数据被改动或损坏：停止录入，用 lianjian restore 恢复最近的备份，再执行 lianjian verify。"
REMEDIES: Final = {
    "positions": _TAMPERED,
    "streams": _TAMPERED,
    "form": _TAMPERED,
    "commands": _TAMPERED,
    "seals": "封印与日志不符：停止录入，保留现场，用备份恢复后与上级法院的会签核对（lianjian link status）。",
    "journal": "账本与来源不符：若日志正确，由账本的备份恢复 reporting；若账本多于日志，重启该服务使其自账本补回。",
    "openings": "后到的内容不是当初承诺的：请来源法院核对其日志（在该院执行 lianjian verify）。",
    "projections": "视图与账本不符：执行 lianjian rebuild 重建视图。",
    "forks": "请来源法院在该院执行 lianjian verify，确定哪一份是真；若它丢失了末尾，按 lianjian link recover 处理。",
    "statements": "与对方电话核对指纹（两院的 lianjian link status）；不一致则暂停联通，用备份恢复 reporting。",
    "claims": "与这几家法院核对谁是它的上级：由不是的一方执行 lianjian link revoke；查明前可暂停该方的联通。",
    "links": "用 lianjian link status 看原因和处理办法，与对方核对后执行 lianjian link resume。",
}
"""By check."""


@dataclass(frozen=True)
class Finding:
    """One difference. `where` is an origin or a table, `at` the first position or the key of the first row."""

    check: str
    where: str
    at: str
    problem: str

    @property
    def remedy(self) -> str:
        """What to do, in one sentence."""
        return REMEDIES.get(self.check, "把本次输出交给维护人员，在查明之前不要恢复、替换或继续录入。")


@dataclass
class Verdict:
    """`code` is the exit code: 0 everything agrees, 1 something differs, 2 something could not be checked."""

    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)

    @property
    def code(self) -> int:
        if self.findings:
            return 1
        return 2 if self.unchecked else 0

    def differs(self, check: str, where: str, at: object, problem: str) -> None:
        """Note a difference; of each check only the first in each place, for what follows it is its consequence."""
        if not any(found.check == check and found.where == where for found in self.findings):
            self.findings.append(Finding(check, where, str(at), problem))


class Progress(Protocol):
    """Called now and then with what is being checked, how much of it is done, and of how much."""

    def __call__(self, what: str, done: int, total: int, /) -> Any: ...


def silent(_what: str, _done: int, _total: int, /) -> None:
    """No progress wanted."""
