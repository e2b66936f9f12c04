"""The demonstration's courts linked as people link theirs: `lianjian link invite` above, `link accept` below."""

from __future__ import annotations

from pathlib import Path

from deploy.local.aside import Steps
from deploy.local.court import Court
from deploy.local.first_run import held
from deploy.local.found import Say
from deploy.local.places import CHECKOUT, log_tail, read_json, write_json
from deploy.local.serving import Setting, asked_of

LIANJIAN = str(CHECKOUT / ".venv" / "bin" / "lianjian")
PYTHON = str(CHECKOUT / ".venv" / "bin" / "python")


def link(upper: Court, lower: Court, setting: Setting, log: Path | None, say: Say) -> Steps:
    """Once for each two courts. What fails is said and does not keep the courts from running, each by itself."""
    home = setting.places.court(lower.id)
    done = home / "linked.json"
    kept = read_json(done)
    linked = kept if isinstance(kept, list) else []
    if upper.id in linked:
        return
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
    write_json(done, [*linked, upper.id])
    if held(home)[0] and setting.demo.court(upper.id) is not None:
        claimed = yield from asked_of(upper, setting, log)([PYTHON, "-m", "deploy.demo.claims"])
        if claimed != 0:
            say(f"{upper.name} 没有认领全部共建单位（退出码 {claimed}）；可执行 lianjian partners claim --all")
