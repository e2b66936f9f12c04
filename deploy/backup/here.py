"""Restoring a court of this working copy: its engines are started for it, and stopped again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from deploy.backup.manifest import Manifest
from deploy.backup.taking import Say
from deploy.cli.running import CannotDo
from deploy.local.court import Court, remember
from deploy.local.engines import EngineUrls, choose_engines, start_engine, wait_engine
from deploy.local.places import Places, kept_secret, make_private, read_json, write_json
from deploy.local.problems import CannotRun
from deploy.local.processes import clear_leftovers
from deploy.local.provision import provision_broker, provision_databases
from deploy.local.services import ServicePlan
from deploy.local.serving import planned, running
from deploy.local.state import only_one
from deploy.local.supervisor import Supervisor


@dataclass(frozen=True)
class Destination:
    """The court's databases, ready to be filled; `config` is what `var/lianjian.json` would say of them.

    `clear_messages` empties the court's virtual host: what still waits there is of the former life.
    """

    config: dict[str, Any]
    clear_messages: Callable[[], None]


@contextmanager
def engines_up(places: Places, court: Court, say: Say) -> Iterator[Destination]:
    """The engines of this working copy, as long as the block lasts."""
    make_private(places.processes)
    try:
        with only_one(places) as alone:
            if not alone:
                raise CannotDo("法院正在运行；恢复前应先停止：make stop。", 1)
            yield from _engines_up(places, court, say)
    except CannotRun as reason:
        raise CannotDo(str(reason)) from None


def _engines_up(places: Places, court: Court, say: Say) -> Iterator[Destination]:
    clear_leftovers(places.processes / "children")
    supervisor = Supervisor(places.processes / "children", say)
    try:
        engines = choose_engines(places.engines, places.ports, places.engine_logs, say)
        started = []
        for engine in engines.private:
            say(f"启动私有的 {engine.name}……")
            children = start_engine(engine, supervisor.pids)
            supervisor.adopt(children)
            started.append((engine, children))
        for engine, children in started:
            wait_engine(engine, children, lambda: True)
        home = make_private(places.court(court.id))
        plans = planned(court, engines.urls, places, say)
        asyncio.run(provision_databases(engines.urls, plans))
        config = running(court, plans, kept_secret(home / "secrets" / "operator-token"))
        yield Destination(config, lambda: _clear_messages(engines.urls, plans))
    finally:
        supervisor.stop()


def _clear_messages(urls: EngineUrls, plans: list[ServicePlan]) -> None:
    with httpx.Client(base_url=urls.management_url, timeout=30.0, trust_env=False) as client:
        answer = client.delete(f"/api/vhosts/{quote(plans[0].vhost, safe='')}")
    if answer.status_code not in (204, 404):
        raise CannotRun(f"RabbitMQ 的管理接口拒绝了 DELETE 虚拟主机（{answer.status_code}）：{answer.text[:300]}")
    provision_broker(urls, plans)


def purge(broker: Mapping[str, str] | None) -> bool:
    """Empty every queue of a court's virtual host (`management`: address with an administrator's account, `vhost`).

    False if no broker is told. The queues themselves and everybody's rights stay as they are.
    """
    if broker is None:
        return False
    vhost = quote(broker["vhost"], safe="")
    with httpx.Client(base_url=broker["management"], timeout=30.0, trust_env=False) as client:
        for queue in _answered(client.get(f"/api/queues/{vhost}")).json():
            _answered(client.delete(f"/api/queues/{vhost}/{quote(queue['name'], safe='')}/contents"))
    return True


def _answered(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise CannotRun(f"RabbitMQ 的管理接口拒绝了 {answer.request.method}（{answer.status_code}）")
    return answer


def refuse_another_court(places: Places, site: str) -> None:
    """A working copy in which other courts live takes in none beside them by mistake."""
    known = sorted(path.parent.name for path in places.var.glob("*/court.json"))
    if known and site not in known:
        raise CannotDo(
            f"DATA：这是法院 {site} 的备份，本目录里是 {'、'.join(known)}；"
            f"应为它的备份，或另克隆一份程序，在那里恢复 {site}。",
            1,
        )


def remembered_as(places: Places, manifest: Manifest) -> None:
    """The court is known here from now on, and its ledgers count as taken in: no demonstration is mixed with them."""
    remember(court_of(manifest), places)
    taken = places.court(manifest.court.site) / "imported.json"
    if not isinstance(read_json(taken), dict):
        write_json(taken, manifest.beginning or {"demo": False, "year": None, "files": {}})


def court_of(manifest: Manifest) -> Court:
    """The court that a backup is of."""
    court = manifest.court
    return Court(court.site, court.name, court.level, court.code)
