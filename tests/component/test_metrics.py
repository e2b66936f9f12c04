"""What Prometheus scrapes: complete, as the tables say it in every process, and all that rules and dashboard name."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest

from shared.receiver.reading import Refused
from shared.receiver.receiving import own_log, receive_run
from tests.architecture.sources import ROOT
from tests.component.court import Court
from tests.component.given import a_branch

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLDER = ROOT / "deploy" / "observability"
ALERT = re.compile(
    r"- alert: (?P<alert>\w+)\n +expr: (?P<expr>\".*\")\n +for: (?P<for>\d+m)\n"
    r" +labels:\n +severity: (?P<severity>critical|warning)\n"
    r" +annotations:\n +summary: (?P<summary>\".*\")\n +description: (?P<description>\".*\")\n"
    r" +runbook_url: (?P<runbook>\".*\")\n"
)


def alerts() -> list[dict[str, str]]:
    return [match.groupdict() for match in ALERT.finditer((FOLDER / "alerts.yml").read_text("utf-8"))]


def dashboard() -> list[str]:
    board: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def named(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in re.findall(r"lianjian_[a-z_]+", expression)}


async def scraped(client: httpx.AsyncClient) -> str:
    return (await client.get("/metrics")).text


async def told(court: Court) -> set[str]:
    """The names of all series of the three services, histograms with their parts."""
    text = "".join([await scraped(service.client) for service in court.services.values()])
    found = set()
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE):
        found |= {name} | ({f"{name}_bucket", f"{name}_sum", f"{name}_count"} if kind == "histogram" else set())
    return found


async def test_the_rules_file_is_read_whole() -> None:
    text = (FOLDER / "alerts.yml").read_text("utf-8")
    assert len(alerts()) == text.count("- alert: ") == 26


async def test_every_metric_of_rules_and_dashboard_is_one_the_services_tell(court: Court) -> None:
    rules = [json.loads(alert["expr"]) for alert in alerts()]
    assert named(rules + dashboard()) - await told(court) == set()


async def test_a_metric_that_no_service_tells_is_seen(court: Court) -> None:
    assert named(["rate(lianjian_meetings_total[5m])"]) - await told(court) == {"lianjian_meetings_total"}


async def test_every_metric_stands_in_a_rule_or_on_the_dashboard(court: Court) -> None:
    shown = named([json.loads(alert["expr"]) for alert in alerts()] + dashboard())
    own = {name for name in await told(court) if not name.endswith(("_bucket", "_sum", "_count"))}
    bare = {name.removesuffix("_bucket") for name in shown}
    assert own - bare == set()


async def test_every_alert_says_in_chinese_what_is_wrong_and_where_to_read_on() -> None:
    headings = (ROOT / "docs" / "how-to" / "operate.md").read_text("utf-8")
    anchors = set(re.findall(r'^<a id="([a-z-]+)"></a>$', headings, re.MULTILINE))
    for alert in alerts():
        assert re.search("[\u4e00-\u9fff]", json.loads(alert["summary"])), alert["alert"]
        assert re.search("[\u4e00-\u9fff]", json.loads(alert["description"])), alert["alert"]
        page, _, anchor = json.loads(alert["runbook"]).partition("#")
        assert page == "docs/how-to/operate.md"
        assert anchor in anchors


async def test_commands_are_counted_by_what_became_of_them(court: Court) -> None:
    def counted(text: str, result: str) -> float:
        found = re.findall(rf'^lianjian_commands_total{{category="branch",result="{result}"}} (\S+)$', text, re.M)
        return float(found[0]) if found else 0.0

    before = await scraped(court.members)
    assert (await court.members.post("/branches", json=a_branch())).status_code == 201
    refused = await court.members.post("/branches/00000000-0000-4000-8000-000000000000/committee", json={})
    assert refused.status_code in (404, 422)
    after = await scraped(court.members)
    assert counted(after, "accepted") == counted(before, "accepted") + 1
    assert re.search(r"^lianjian_append_seconds_count [1-9]", after, re.MULTILINE)


async def test_lags_are_told_by_a_process_that_does_none_of_the_work(court: Court) -> None:
    head = await court.services["members"].parts.deps.store.head()
    own = await scraped(court.members)
    for stage in ("sealer", "relay", "confirmed:shi04/reporting", "directory"):
        assert f'lianjian_lag_events{{origin="shi04/members/log/1",stage="{stage}"}}' in own
    assert 'lianjian_outbox_events{destination="own",origin="shi04/members/log/1"}' in own
    assert 'lianjian_unsealed_age_seconds{origin="shi04/members/log/1"}' in own
    assert f'lianjian_log_head{{origin="shi04/members/log/1"}} {float(head)}' in own
    for stage in ("consume", "project:units"):
        await until_told(court, f'lianjian_lag_events{{origin="shi04/members/log/1",stage="{stage}"}}')
    assert "lianjian_read_only 0.0" in own


async def test_a_refused_message_is_seen_and_gone_when_it_is_dealt_with(court: Court) -> None:
    parts = court.services["reporting"].parts
    origin = own_log("shi09", "activities")
    refused = Refused("schema", "no run at all")
    await receive_run(parts.tasks, parts.consuming.sink, origin, "reporting.from.nobody", {}, b"{}", refused)
    try:
        text = await scraped(court.reporting)
        assert 'lianjian_quarantined_messages{origin="shi09/activities/log/1",reason="schema"} 1.0' in text
        assert 'lianjian_link_suspended{link="reporting.from.nobody"} 1.0' in text
    finally:
        await parts.pool.execute("delete from quarantine where origin like 'shi09/%'")
        await parts.pool.execute("delete from inbound_links where link = 'reporting.from.nobody'")
    assert "shi09" not in await scraped(court.reporting)


async def test_who_leads_and_how_many_consume_is_told(court: Court) -> None:
    await until_told(court, 'lianjian_role_consumers{role="consume"} 1.0')
    assert 'lianjian_role_leading{role="relay"} 1.0' in await scraped(court.members)


async def until_told(court: Court, line: str) -> None:
    """Wait for a line of reporting's: what tasks tell comes with their next step."""
    async with asyncio.timeout(60):
        while line not in await scraped(court.reporting):  # noqa: ASYNC110 - over HTTP nothing wakes us
            await asyncio.sleep(0.2)
