"""What a link may deliver: logs of the sites below it, in the form that was agreed (design §5, §7).

Whatever fails is charged to the link, not to the site it names: an upper site forwards nothing it has not verified.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shared.broker.tables import Connection
from shared.contracts.families import FAMILIES
from shared.contracts.types import FAMILY_OF
from shared.links.policy import may_be_shown, may_be_withheld
from shared.links.registry import learning
from shared.links.topology import inbound_queue
from shared.receiver.reading import Refused, Row
from shared.receiver.receiving import DROPPED, Inspect, Outcome, Sink, expect
from shared.sealing.origin import LOG, Origin

SERVICES: Final = ("members", "activities")

FRESH_SECONDS: Final = 60.0
"""Only who was heard so lately is believed to have told of all sites below it: before that, its heads may be old."""

# The sites below a link with what may be withheld on the way from each, and whether all that their members logs may
# still say of further sites has come.
_STANDING: Final = """
with recursive way (site, depth, withheld) as (
    select site, 1, withheld from linked_sites
     where parent = $1 and site = $2 and role = 'lower' and state <> 'revoked'
    union
    select below.site, depth + 1, way.withheld || below.withheld
      from linked_sites as below join way on below.parent = way.site
     where below.role = 'lower' and below.state <> 'revoked' and depth < 8
)
select (select withheld from way where site = $3 order by depth limit 1) as withheld,
       exists (select from inbound_links where link = $4 and suspended_at is not null) as suspended,
       exists (select from receipts where origin = $5) as expected,
       exists (select from epochs join linked_sites as above
                   on above.site = epochs.site and above.parent = said_by and role = 'lower' and unchecked is null
                where epochs.site = $3 and service = $6 and epoch > $8) as renewed,
       not exists (
           select from way left join receipts on receipts.origin = way.site || '/members/log/' || coalesce(
                  (select max(epoch) from epochs
                    where epochs.site = way.site and service = 'members' and said_by <> way.site), 1)
            where receipts.head is null or receipts.have < receipts.head
               or receipts.head_seen < clock_timestamp() - make_interval(secs => $7)) as complete
"""
# A site's next epoch counts when a site it is linked below has accepted it, and has shown that it is linked.
_EPOCHS: Final = """
select epochs.epoch, epochs.kept_to, epochs.h from epochs
  join linked_sites as linked on linked.site = epochs.site and linked.role = 'lower' and linked.parent = epochs.said_by
   and linked.unchecked is null
 where epochs.site = $1 and epochs.service = $2 order by epochs.epoch
"""
_BEGIN: Final = "insert into receipts (origin, have, h) values ($1, $2, $3) on conflict do nothing"
_HAVE: Final = "select have from receipts where origin = $1"


@dataclass(frozen=True)
class Admission:
    """An origin that a link may deliver, and which families may come without contents on its way.

    `renewed`: a later epoch of its log has begun, so that its end is none any more.
    """

    withheld: frozenset[str]
    renewed: bool


def from_below(sink: Sink, own: str) -> Sink:
    """`sink` of the own site's reporting for what links deliver: guarded, and learning from what it keeps."""

    async def guard(connection: Connection, link: str, origin: Origin, first: int, last: int) -> Inspect | Outcome:
        found = await admission(connection, own, link, origin)
        if isinstance(found, Outcome):
            return found
        if found.renewed or origin.epoch > 1:
            outcome = await _in_epoch(connection, origin, first, last)
            if outcome is not None:
                return outcome
        return inspecting(origin.service, found.withheld)

    return replace(learning(sink, own), guard=guard)


async def admission(connection: Connection, own: str, link: str, origin: Origin) -> Admission | Outcome:
    """Whether `link` may deliver `origin`; raises `Refused`."""
    peer = link.removeprefix(inbound_queue(""))
    row = await connection.fetchrow(
        _STANDING, own, peer, origin.site, link, origin.text, origin.service, FRESH_SECONDS, origin.epoch
    )  # fmt: skip
    assert row is not None
    if row["suspended"]:
        await connection.execute(DROPPED, link)
        return Outcome.DROPPED
    if origin.channel != LOG:
        raise Refused("addressee", f"{origin.text} holds letters, which are not awaited here")
    if row["withheld"] is None:
        if row["complete"] or origin.site == own:
            raise Refused("subtree", f"{origin.site} is not below {peer}")
        return Outcome.GAP
    if origin.service not in SERVICES:
        raise Refused("origin", f"{origin.service} has no log that is awaited here")
    if not row["expected"] and origin.epoch == 1:
        await expect(connection, origin)
    return Admission(frozenset(row["withheld"]), row["renewed"])


async def _in_epoch(connection: Connection, origin: Origin, first: int, last: int) -> Outcome | None:
    """None where the positions belong to `origin`; HELD for what was given up; raises `Refused`."""
    accepted = await connection.fetch(_EPOCHS, origin.site, origin.service)
    begun = [row for row in accepted if row["epoch"] == origin.epoch]
    if origin.epoch > 1 and not begun:
        raise Refused("epoch", f"epoch {origin.epoch} of {origin.log.text} was not accepted above it", first)
    for row in begun:
        await connection.execute(_BEGIN, origin.text, row["kept_to"], row["h"])
    ends = [row["kept_to"] for row in accepted if row["epoch"] > origin.epoch]
    if not ends or last <= min(ends):
        return None
    have = await connection.fetchval(_HAVE, origin.text) or 0
    if last <= have:
        return Outcome.HELD
    raise Refused("epoch", f"{origin.text} ended at {min(ends)}", max(first, min(ends) + 1, have + 1))


def inspecting(service: str, withheld: Collection[str]) -> Inspect:
    """Refuses the first event of a service's log that may not come, or not in the form it has."""

    def inspect(rows: Sequence[Row]) -> None:
        # A run has few kinds of events: all is well with nearly every run once they are looked at.
        wrong = {kind: found for kind in {(row.family, row.type) for row in rows} if (found := _wrong(*kind))}
        if wrong:
            row = next(row for row in rows if (row.family, row.type) in wrong)
            reason, problem = wrong[row.family, row.type]
            raise Refused(reason, f"position {row.position}: {problem}", row.position)

    def _wrong(family: str, kind: str | None) -> tuple[str, str] | None:
        if family.partition(".")[0] != service:
            return "family", f"{family} is no family of {service}"
        if kind is None:
            return None if may_be_withheld(family, withheld) else ("withheld", f"{family} may not be withheld")
        if kind.partition(".")[0] != service or FAMILY_OF.get(kind, family) != family:
            return "family", f"{kind[:100]} is not of the family {family}"
        if kind not in FAMILY_OF and family not in FAMILIES:
            return None
        return None if may_be_shown(family) else ("private", f"{family} must not leave its site")

    return inspect
