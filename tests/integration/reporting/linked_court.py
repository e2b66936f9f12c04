"""What courts decide about each other's records, and three linked courts of which two may have met."""

import asyncpg

from services.reporting.projections import PROJECTIONS
from shared.contracts import cross_court
from shared.contracts.ids import natural_id
from shared.projection import catch_up, ensure_built
from shared.testing.journal import Court
from tests.integration.reporting.joint_court import met, other, own, partner
from tests.integration.reporting.jurisdiction import joined

Record = tuple[str, str]

SHAN = "青山县人民法院"
YUN = "云溪区人民法院"
HIGH = "海角省高级人民法院"
CITY = "海角市中级人民法院"


class Linked:
    """A high court, below it an intermediate one, below that two basic ones with two branches each."""

    def __init__(self) -> None:
        self.high = Court("hai0", HIGH, "high")
        self.city = Court("hai2", CITY)
        self.shan = Court("shan3", SHAN, "basic")
        self.yun = Court("yun4", YUN, "basic")
        joined(self.high, self.city, 1, CITY, "intermediate")
        joined(self.city, self.shan, 1, SHAN)
        joined(self.city, self.yun, 2, YUN)
        self.branches = {
            court.site: [court.branch(1, "第一党支部"), court.branch(2, "第二党支部")] for court in self.courts
        }

    @property
    def courts(self) -> tuple[Court, ...]:
        return self.high, self.city, self.shan, self.yun

    @property
    def sites(self) -> list[str]:
        return [court.site for court in self.courts]

    def meets(
        self,
        court: Court,
        day: str,
        with_: str,
        branch: str | None,
        title: str,
        seats: tuple[int | None, int | None],
        number: int = 0,
    ) -> Record:
        """`court` records that its branch `number` met a partner it knows by name; returns the record."""
        there = partner(court, with_, branch, "basic")
        unit = self.branches[court.site][number]
        stream = met(court, day, (own(unit), seats[0]), (other(there), seats[1]), title=title)
        return record(court, stream)

    def twice(self) -> tuple[Record, Record]:
        """One joint activity as both basic courts recorded it: other words, a day apart, other seats."""
        return (
            self.meets(self.shan, "2024-05-16", YUN, "第二党支部", "巡回审判进社区联合主题党日", (12, 9)),
            self.meets(self.yun, "2024-05-17", SHAN, None, "联合开展巡回审判进社区主题党日活动", (10, None), 1),
        )


def record(court: Court, stream: str) -> Record:
    """The activity of a stream, as decisions name it."""
    return court.site, stream.removeprefix("activity-")


def decided(court: Court, kind: str, first: Record, second: Record) -> None:
    """`court` decides about two records."""
    named = [{"site": site, "activity_id": one} for site, one in (first, second)]
    low, high = sorted((first, second))
    stream = f"duplicate-{natural_id('pair', 'duplicate', *low, *high)}"
    court.activities.event(stream, kind, {"first": named[0], "second": named[1]})


def claimed(court: Court, recorded_by: str, partner_id: str, of: str, branch_id: str | None = None) -> None:
    """`court` says that a partner is a unit of the court `of`."""
    data = {"recorded_by": recorded_by, "partner_id": partner_id, "court": of, "branch_id": branch_id}
    court.activities.event(_claim(recorded_by, partner_id), cross_court.PARTNER_CLAIMED, data)


def unclaimed(court: Court, recorded_by: str, partner_id: str) -> None:
    """`court` takes its claim back."""
    data = {"recorded_by": recorded_by, "partner_id": partner_id, "reason": "同名的另一个法庭"}
    court.activities.event(_claim(recorded_by, partner_id), cross_court.PARTNER_CLAIM_WITHDRAWN, data)


def _claim(recorded_by: str, partner_id: str) -> str:
    return f"partner_claim-{natural_id(recorded_by, 'partner_claim', partner_id)}"


async def projected(pool: asyncpg.Pool, *courts: Court) -> None:
    """The logs of all courts as they are now, in an empty journal, projected from the beginning."""
    async with pool.acquire() as connection:
        await connection.execute(
            "set session_replication_role = replica; truncate journal; reset session_replication_role"
        )
        for court in courts:
            await court.write(connection)
    for projection in PROJECTIONS:
        await pool.execute(f"drop schema if exists {projection.schema} cascade")
        await ensure_built(pool, projection)
        await catch_up(pool, projection)
