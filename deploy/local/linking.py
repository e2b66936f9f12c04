"""The demonstration's courts linked as people link theirs: `lianjian link invite` above, `link accept` below.

Then the upper court claims partners that are courts of the demonstration.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from deploy.local.aside import Steps
from deploy.local.court import Court
from deploy.local.first_run import held
from deploy.local.found import Say
from deploy.local.places import LIANJIAN, PYTHON, log_tail, read_json, write_json
from deploy.local.serving import Setting, asked_of

_LINKED: Final = "linked.json"
_CLAIMED: Final = "claimed.json"


def link(upper: Court, lower: Court, setting: Setting, log: Path | None, say: Say) -> Steps:
    """Once for each two courts. What fails is said and does not keep the courts from running, each by itself."""
    if upper.id not in _done(setting.places.court(lower.id) / _LINKED):
        yield from _link(upper, lower, setting, log, say)


def claim(upper: Court, lower: Court, setting: Setting, log: Path | None, say: Say) -> Steps:
    """Once for each two that are linked and hold the demonstration, which is known when both have their ledgers."""
    home = setting.places.court(lower.id)
    are_demo = all(held(setting.places.court(court.id))[0] for court in (upper, lower))
    if are_demo and upper.id in _done(home / _LINKED) and upper.id not in _done(home / _CLAIMED):
        yield from _claim(upper, home, setting, log, say)


def _done(file: Path) -> list[str]:
    kept = read_json(file)
    return kept if isinstance(kept, list) else []


def _link(upper: Court, lower: Court, setting: Setting, log: Path | None, say: Say) -> Steps:
    home = setting.places.court(lower.id)
    say(f"与 {upper.name} 联通……")
    token = home / "secrets" / f"invited-by-{upper.id}"
    order = str(1 + list(setting.demo.uppers).index(lower.id))
    named = ["--name", lower.name, "--level", lower.level, "--order", order, "--out", str(token)]
    token.unlink(missing_ok=True)
    code = yield from asked_of(upper, setting, log)([LIANJIAN, "link", "invite", lower.id, *named])
    if code == 0:
        code = yield from asked_of(lower, setting, log)([LIANJIAN, "link", "accept", "--file", str(token)])
    token.unlink(missing_ok=True)
    if code != 0:
        said = f"，日志 {log} 的最后几行：\n{log_tail(log)}" if log else ""
        say(f"没有与 {upper.name} 联通（退出码 {code}）；再启动时重试{said}")
        return
    write_json(home / _LINKED, [*_done(home / _LINKED), upper.id])


def _claim(upper: Court, home: Path, setting: Setting, log: Path | None, say: Say) -> Steps:
    code = yield from asked_of(upper, setting, log)([PYTHON, "-m", "deploy.demo.claims"])
    if code == 0:
        write_json(home / _CLAIMED, [*_done(home / _CLAIMED), upper.id])
    else:
        say(f"{upper.name} 没有认领全部共建单位（退出码 {code}）；再启动时重试")
