"""The courts of one run: each on its way up beside the others, added and stopped while the run goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.aside import Steps, goes_on
from deploy.local.court import Court
from deploy.local.engines import EngineUrls
from deploy.local.first_run import Beginning, take_in
from deploy.local.found import Say
from deploy.local.linking import claim, link
from deploy.local.places import log_tail
from deploy.local.problems import CannotRun
from deploy.local.services import ServicePlan
from deploy.local.serving import Setting, asked_of, planned, serve, tell
from deploy.local.supervisor import Supervisor

SERVING = ("serving", "ready")


@dataclass
class Coming:
    """One court and what it is doing: starting, serving, ready or failed; `steps` is None where nothing is left."""

    court: Court
    plans: list[ServicePlan]
    steps: Steps | None = None
    phase: str = "starting"
    message: str = ""


@dataclass
class Courts:
    """`main` is the court that a command means which names none; with `several` the imports write into logs.

    `changed` is called when a court has come further.
    """

    main: Court
    setting: Setting
    urls: EngineUrls
    keep: Supervisor
    say: Say
    changed: Callable[[], None]
    several: bool
    found: dict[str, Coming] = field(default_factory=dict)

    def add(self, court: Court, begin: Beginning | None) -> None:
        """Begins to bring the court up; `look` goes on with it."""
        setting = self.setting
        coming = Coming(court, planned(court, self.urls, setting.places, self.say, setting.services))
        coming.steps = self._way_up(coming, begin)
        self.found[court.id] = coming
        self.changed()

    def _way_up(self, coming: Coming, begin: Beginning | None) -> Steps:
        court, places = coming.court, self.setting.places

        def say(text: str) -> None:
            coming.message = text
            self.say(f"{court.name}：{text}" if self.several else text)
            self.changed()

        say("准备数据库、角色和消息用户，启动服务……")
        yield from serve(court, coming.plans, self.urls, self.setting, self.keep)
        tell(court, coming.plans, places, is_main=court == self.main)
        coming.phase = "serving"
        if begin is not None:
            run = asked_of(court, self.setting, self._log(court))
            yield from take_in(begin, court, places.court(court.id), say, run)
        yield from self._linked(court, say)
        coming.phase, coming.message = "ready", ""

    def _log(self, court: Court) -> Path | None:
        return self.setting.places.court(court.id) / "logs" / "first-run.log" if self.several else None

    def _linked(self, court: Court, say: Say) -> Steps:
        """Waits for the court above, where the demonstration has one, links the two, and claims once both have all."""
        upper = self.setting.demo.uppers.get(court.id, "")
        while (above := self.found.get(upper)) is not None:
            if above.phase in SERVING:
                break
            yield
        else:
            return
        yield from link(above.court, court, self.setting, self._log(court), say)
        while self.found.get(upper) is above and above.steps is not None:
            yield
        yield from claim(above.court, court, self.setting, self._log(court), say)

    def look(self) -> None:
        """A step for every court on its way."""
        for coming in [one for one in self.found.values() if one.steps is not None]:
            try:
                if coming.steps is not None and goes_on(coming.steps):
                    continue
            except CannotRun as reason:
                log = self._log(coming.court)
                said = f"\n日志 {log} 的最后几行：\n{log_tail(log)}" if log and log.exists() else ""
                coming.phase, coming.message = "failed", f"{reason}{said}"
            coming.steps = None
            self.changed()

    @property
    def settled(self) -> bool:
        """Whether every court is ready or has failed."""
        return all(one.steps is None for one in self.found.values())

    @property
    def failure(self) -> str | None:
        """Why one of them did not come up."""
        return next((one.message for one in self.found.values() if one.phase == "failed"), None)

    def end(self, court_id: str) -> None:
        """Stops one court alone."""
        ended = self.found.pop(court_id)
        self._close(ended)
        self.keep.end({one.name for one in ended.plans})
        self.changed()

    def close(self) -> None:
        """Ends what is under way; the services themselves are the supervisor's to stop."""
        self.setting.places.running.unlink(missing_ok=True)
        for coming in self.found.values():
            self._close(coming)

    def _close(self, coming: Coming) -> None:
        if coming.steps is not None:
            coming.steps.close()
        self.setting.places.told(coming.court.id).unlink(missing_ok=True)
