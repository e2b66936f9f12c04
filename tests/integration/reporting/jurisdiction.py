"""An invented jurisdiction: several courts whose logs one upper court has received."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import asyncpg
import orjson

from services.reporting import queries
from services.reporting.projections import PROJECTIONS
from services.reporting.queries.court_figures import Asked
from services.reporting.queries.overview_answers import Viewer
from shared.contracts.activities import (
    ACTIVITY_CANCELLED,
    ACTIVITY_CORRECTED,
    OBLIGATION_EXPLAINED,
    ActivityCancelled,
    ActivityCorrected,
    ActivityFacts,
    ObligationExplained,
    ObligationKey,
)
from shared.contracts.brands import BRAND_RETURNED
from shared.contracts.ids import natural_id, party_committee_id
from shared.contracts.links import (
    LINK_RESUMED,
    LINK_REVOKED,
    LINK_SUSPENDED,
    SITE_JOINED,
    LinkResumed,
    LinkRevoked,
    LinkStatement,
    LinkSuspended,
    SiteJoined,
    SiteKeys,
)
from shared.contracts.members import BRANCH_COMMITTEE_DISSOLVED, BranchCommitteeDissolved
from shared.contracts.periods import (
    PERIOD_LOCKED,
    PERIOD_REOPENED,
    PERIOD_SUBMITTED,
    PERIOD_UNLOCKED,
    PeriodLocked,
    PeriodReopened,
    PeriodSubmitted,
    PeriodUnlocked,
)
from shared.contracts.values import LowerBound
from shared.projection import catch_up, ensure_built
from shared.sealing.chain import first_h
from shared.testing.journal import Court, facts_of
from tests.integration.reporting.joint_court import (
    agreement,
    brand,
    ended,
    merged,
    met,
    other,
    own,
    partner,
    problem,
    solved,
    stepped,
)

NOW = datetime(2025, 3, 1, 2, 0, tzinfo=UTC)
BIRTH = datetime(2025, 3, 1, 1, 59, tzinfo=UTC)
DAY = date(2025, 3, 1)
VIEWER = Viewer("hai2", "海角市中级人民法院", NOW, 120)
NAMES = [
    "白水布依族苗族自治县人民法院",
    "青岚县人民法院",
    "临溪区人民法院",
    "云川县人民法院",
    "石门县人民法院",
    "东湖区人民法院",
]
_KINDS = ("branch_assembly", "branch_committee_meeting", "thematic_lesson", "theme_party_day", "lecture")


def joined(upper: Court, lower: Court, order: int, name: str, level: Any = "basic") -> None:
    """Both logs say it, the upper one with the official order."""
    statement = LinkStatement(
        invitation_id=str(natural_id(upper.site, "invitation", lower.site)),
        upper=SiteKeys(site=upper.site, name="上级法院", level="intermediate", court_code=None, keys=()),
        lower=SiteKeys(site=lower.site, name=name, level=level, court_code=None, keys=()),
        withheld_families=(),
    )
    for court, peer, role, place in ((upper, lower, "lower", order), (lower, upper, "upper", None)):
        said = SiteJoined(
            peer=peer.site, role=role, statement=statement, upper_signature="u", lower_signature="l",
            official_order=place,
        )  # fmt: skip
        court.members.event(_link(court, peer.site), SITE_JOINED, said)


def _link(court: Court, peer: str) -> str:
    return f"link-{natural_id(court.site, 'link', peer)}"


def suspended(court: Court, peer: str, grounds: str) -> None:
    court.members.event(_link(court, peer), LINK_SUSPENDED, LinkSuspended(peer=peer, grounds=grounds))


def resumed(court: Court, peer: str, grounds: str) -> None:
    court.members.event(_link(court, peer), LINK_RESUMED, LinkResumed(peer=peer, grounds=grounds))


def revoked(court: Court, peer: str, grounds: str) -> None:
    court.members.event(_link(court, peer), LINK_REVOKED, LinkRevoked(peer=peer, grounds=grounds))


def _period(court: Court, period: str, kind: str, said: Any) -> None:
    court.activities.event(f"period-{natural_id(court.site, 'period', period)}", kind, said)


def submitted(court: Court, period: str) -> None:
    _period(court, period, PERIOD_SUBMITTED, PeriodSubmitted(period=period))


def reopened(court: Court, period: str, reason: str) -> None:
    _period(court, period, PERIOD_REOPENED, PeriodReopened(period=period, reason=reason))


def locked(court: Court, said: PeriodLocked) -> None:
    _period(court, said.period, PERIOD_LOCKED, said)


def unlocked(court: Court, period: str, reason: str) -> None:
    _period(court, period, PERIOD_UNLOCKED, PeriodUnlocked(period=period, reason=reason))


def corrected(court: Court, stream: str, facts: ActivityFacts, *changed: str) -> None:
    court.activities.event(stream, ACTIVITY_CORRECTED, ActivityCorrected(facts=facts, changed=changed))


def cancelled(court: Court, stream: str) -> None:
    court.activities.event(stream, ACTIVITY_CANCELLED, ActivityCancelled(cause="duplicate"))


async def received(pool: asyncpg.Pool, courts: Iterable[Court], head_time: datetime = BIRTH) -> None:
    """The logs in the journal, received as announced by heads of `head_time`, projected."""
    async with pool.acquire() as connection:
        for court in courts:
            await court.write(connection)
            for log in (court.members, court.activities):
                await connection.execute(
                    "insert into receipts (origin, have, h, head, head_time) values ($1, $2, $3, $2, $4)",
                    log.origin, len(log.rows), log.root or first_h(log.origin), head_time,
                )  # fmt: skip
    for projection in PROJECTIONS:
        await ensure_built(pool, projection)
        await catch_up(pool, projection)


def at_random(site: str, name: str, seed: int, *, branches: int = 3, activities: int = 40) -> Court:
    """A court with a bit of everything: dates of every precision, what was cancelled, merged, returned, explained."""
    random, court = Random(seed), Court(site, name)
    units = [court.branch(n, f"第{n}党支部", committee=random.random() < 0.7) for n in range(1, branches + 1)]
    grouped = [(n, unit) for n, unit in enumerate(units, 1) if random.random() < 0.7]
    groups = [court.group(unit, n, f"第{n}党支部第一党小组") for n, unit in grouped]
    for number in range(4 * branches):
        court.member(number, random.choice(units), random.choice([None, *groups]) if groups else None)
    if random.random() < 0.5:
        dissolved = BranchCommitteeDissolved(effective_to="2024-08-15")
        court.members.event(f"branch-{units[0]}", BRANCH_COMMITTEE_DISSOLVED, dissolved)
    _meetings(court, random, units, activities)
    _joint(court, random, units)
    _brands(court, random, units)
    return court


def _day(random: Random) -> str:
    month, day = random.randint(1, 12), random.randint(1, 28)
    year = random.choice([2024, 2024, 2024, 2023])
    return random.choice([f"{year}-{month:02d}-{day:02d}"] * 6 + [f"{year}-{month:02d}", str(year)])


def _meetings(court: Court, random: Random, units: Sequence[str], number: int) -> None:
    committee = str(party_committee_id(court.site))
    for one in range(number):
        unit = random.choice(units)
        serves = ("theme_party_day",) if random.random() < 0.1 else ()
        facts = facts_of(
            "branch", unit, unit, random.choice(_KINDS), _day(random), also_serves=serves, title=f"活动{one}"
        )
        stream = court.activity(facts)
        if random.random() < 0.1:
            cancelled(court, stream)
        elif random.random() < 0.1:
            corrected(court, stream, facts.model_copy(update={"date": "2024-11-11"}), "date")
    for words in random.sample([20, 30, 40], random.randint(0, 2)):
        bound = LowerBound(at_least=words, words=f"{words}余次")
        court.activity(facts_of("party_committee", committee, None, "legal_outreach", "2024", occurrences=bound))
    if random.random() < 0.5:
        key = ObligationKey(unit_kind="branch", unit_id=units[0], obligation="theme_party_day", period="2024-05")
        stream = f"obligation-{natural_id(court.site, 'obligation', units[0])}"
        court.activities.event(stream, OBLIGATION_EXPLAINED, ObligationExplained(key=key))


def _joint(court: Court, random: Random, units: Sequence[str]) -> None:
    partners = [partner(court, f"甲{n}县人民法院", None, random.choice(["basic", "high", "outside"])) for n in range(4)]
    if random.random() < 0.5:
        merged(court, partners[0], partners[1])
    for number in range(3):
        signed = random.choice(["2022-03-01", "2024-05", "2024-11-20", None])
        made = agreement(
            court, f"{number}号", random.choice(units), *random.sample(partners, 2), signed=signed,
            agreement_term_months=random.choice([None, 12, 24]),
        )  # fmt: skip
        if random.random() < 0.3:
            ended(court, made, random.choice([None, "2024-03"]))
    for number in range(random.randint(2, 8)):
        parties = [(own(random.choice(units)), random.choice([8, None])), (other(random.choice(partners)), 5)]
        met(court, _day(random), *parties, title=f"联建{number}")
    for number in range(3):
        raised = problem(court, f"问题{number}", random.choice(["2024-03-01", "2024-10"]))
        if random.random() < 0.6:
            solved(court, raised, random.choice([None, "2024-11-01", "2025-06-01"]))


def _brands(court: Court, random: Random, units: Sequence[str]) -> None:
    for number in range(3):
        made = brand(court, None if number == 2 else f"品牌{number}", own(random.choice(units)), key=f"b{number}")
        stepped(court, made, submit=random.choice(["2024-02-01", "2025-01-01", None]))
        if random.random() < 0.3:
            court.activities.event(f"brand-{made}", BRAND_RETURNED, {"step": "submit", "date": "2024-12-01"})


def six_below() -> tuple[Court, list[Court]]:
    """An intermediate court and six basic ones; their official order is not that of their ids."""
    top = Court()
    lower = [Court(f"xian{9 - n}", name) for n, name in enumerate(NAMES)]
    for order, court in enumerate(lower, 1):
        joined(top, court, order, NAMES[order - 1])
    return top, lower


async def asked(pool: asyncpg.Pool, period: str = "2024", root: str | None = None, viewer: Viewer = VIEWER) -> Any:
    return orjson.loads((await queries.overview(pool, viewer, Asked(period, DAY), root)).body)


def of(found: Any, site: str) -> Any:
    return next(court for court in found["courts"] if court["site"] == site)
