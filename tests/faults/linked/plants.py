"""Bugs that the checker has to find, each with the scenario in which it does its harm.

With a plant every layer stands alone: what was lost is not sent again for an hour, else one layer hides another's bug.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.faults.linked.planting import Change

_DELIVERY: Final = "shared.broker.delivery"
_RECEIVING: Final = "shared.receiver.receiving"
_CONSUMING: Final = "shared.receiver.consuming"
_SEALER: Final = "shared.sealer"
_LIVE: Final = "shared.projection.live"
_GUARDING: Final = "shared.links.guarding"
_BODIES: Final = "shared.links.bodies"

ALONE: Final = (Change("tests.faults.linked.site_process", "resend_after=1.5", "resend_after=3600.0"),)

ALONE_NAME: Final = "nothing"


@dataclass(frozen=True)
class Plant:
    """`what` in words; `says` is part of what the checker must say: red for another reason proves nothing.

    `sql` is run in each database of the lower site with a log before anything starts.
    """

    what: str
    scenario: str
    says: str
    changes: tuple[Change, ...] = ()
    sql: str = ""
    healing: bool = False

    @property
    def all_changes(self) -> tuple[Change, ...]:
        return self.changes if self.healing else (*ALONE, *self.changes)


_SEQUENCE: Final = """
create sequence if not exists planted;
select setval('planted', (select coalesce(max(position), 0) + 1 from events), false);
do $planting$
declare
    text_of text := pg_get_functiondef('append_events'::regproc);
begin
    text_of := replace(text_of, 'perform pg_advisory_xact_lock(1278816878, ''events''::regclass::oid::integer);', '');
    text_of := replace(text_of, 'free := last_position + 1;',
                       'free := nextval(''planted''); perform pg_sleep(random() * 0.02);');
    execute text_of;
end
$planting$;
"""

_CLOCK_AS_IT_STANDS: Final = """
do $planting$
begin
    execute replace(pg_get_functiondef('append_events'::regproc),
                    'this_time := greatest(clock_timestamp(), this_time);', 'this_time := clock_timestamp();');
end
$planting$;
"""

CONTROLS: Final = (
    "cable-silent", "upper-process-killed", "upper-dies-journal.after-commit", "upper-dies-projection.before-commit",
    "cable-cut", "attack-rewritten-past",
)  # fmt: skip
"""Scenarios that must be clean with every layer alone, else a plant there proves nothing."""

PLANTS: Final[dict[str, Plant]] = {
    "mark-before-confirm": Plant(
        "the cursor moves on though the broker has not confirmed",
        "cable-silent",
        "the cursor of",
        (
            Change(
                "shared.links.publishing",
                "class UplinkSender:",
                "import asyncio\n\n\nasync def confirmed(sending, seconds):\n"
                "    begun = asyncio.ensure_future(sending)\n"
                "    begun.add_done_callback(lambda done: done.cancelled() or done.exception())\n\n\n"
                "class UplinkSender:",
            ),
        ),
    ),
    "acknowledge-before-commit": Plant(
        "the receiver acknowledges before it has stored",
        "upper-process-killed",
        " events of ",
        (
            Change(
                "shared.receiver.handling",
                "                outcome = await take(body, message, found)\n",
                "                await message.ack()\n                await asyncio.sleep(0.05)\n"
                "                outcome = await take(body, message, found)\n",
            ),
        ),
    ),
    "no-de-duplication": Plant(
        "what is held already is taken for new",
        "upper-dies-journal.after-commit",
        " events of ",
        (Change(_RECEIVING, "    return run.rows[upto - seal.first + 1 :]", "    return run.rows"),),
    ),
    "cursor-outside-the-transaction": Plant(
        "a projection's cursor is stored before its rows",
        "upper-dies-projection.before-commit",
        "are not as the log tells",
        (
            Change(
                _LIVE,
                "                raise CursorMoved(origin)\n        for one in news:",
                "                raise CursorMoved(origin)\n        await connection.execute('commit; begin')\n"
                "        for one in news:",
            ),
            Change(
                "shared.projection.batch",
                "            await project_range(connection, projection, origin, old, new)\n"
                "            await _move_cursor(connection, origin, old, new)\n",
                "            await _move_cursor(connection, origin, old, new)\n"
                "            await connection.execute('commit; begin')\n"
                "            await use_schema(connection, schema)\n"
                "            await project_range(connection, projection, origin, old, new)\n",
            ),
        ),
    ),
    "gap-journaled-over": Plant(
        "what lies past a gap is stored as if nothing were missing",
        "upper-broker-wiped",
        " is awaited",
        (
            Change(_RECEIVING, "    if seal.first > have + 1:", "    if False:"),
            Change(_RECEIVING, "    if seal.first == have + 1:", "    if seal.first > have:"),
            Change(_RECEIVING, "        if seal.previous_root != h:", "        if False:"),
        ),
        healing=True,
    ),
    "subtree-check-off": Plant(
        "a lower site may deliver another site's log",
        "attack-foreign-origin",
        "the upper journal holds",
        (
            Change(_GUARDING, '    if row["withheld"] is None:', "    if False:"),
            Change(_GUARDING, 'frozenset(row["withheld"]), row["renewed"]', 'frozenset(), row["renewed"]'),
        ),
    ),
    "unsalted-commitment": Plant(
        "the commitment is a hash of the content alone",
        "cable-cut",
        "has another content than the log",
        (
            Change("shared.sealing.chain", "sha256(salt + content)", "sha256(content)"),
            Change("shared.sealing.chain", "sha256(_SALTED % each)", "sha256(_CONTENT % each[1:])"),
        ),
    ),
    "held-positions-not-compared": Plant(
        "a history written anew is not compared with what is held",
        "attack-rewritten-past",
        "'fork' was awaited",
        (Change(_RECEIVING, "    if at_end != [run.rows[upto - seal.first].h]:", "    if False:"),),
    ),
    "seal-after-publish": Plant(
        "a run leaves before its seal is stored",
        "lower-dies-sealer.before-seal",
        "a note that its source never stored",
        (
            Change(
                _SEALER,
                "            crash_point(BEFORE_SEAL)\n",
                "            if sealing.fresh is not None:\n"
                "                now = await connection.fetchval('select clock_timestamp()')\n"
                "                early = Seal(sealing.origin, standing.last + 1, sealed_to.last, standing.root,\n"
                "                             sealed_to.root, event_time(now))\n"
                "                sealing.fresh.put(run, sealed(early, [standing.key]).text, standing.epoch)\n"
                "                await asyncio.sleep(1.5)\n"
                "            crash_point(BEFORE_SEAL)\n",
            ),
        ),
        healing=True,
    ),
    "lease-not-fenced": Plant(
        "two sealers at once both store their seals",
        "everything-twice",
        "seals: one begins at",
        (
            Change("shared.leases", " where held.expires_at <= clock_timestamp()\nreturning term", "returning term"),
            Change(
                "shared.leases",
                " where name = $1 and holder = $2 and term = $3 and expires_at > clock_timestamp()\nreturning true",
                " where name = $1\nreturning true",
            ),
        ),
        sql="alter table seals drop constraint seals_pkey",
        healing=True,
    ),
    "wall-clock-order": Plant(
        "what was recorded later by a clock that may go back wins, not the higher position",
        "clock-below-goes-back",
        "are not as the log tells",
        (
            Change(
                "shared.projection.batch",
                "$2::bigint + position as at",
                "$2::bigint * 0 + extract(epoch from time)::bigint as at",
            ),
        ),
        sql=_CLOCK_AS_IT_STANDS,
        healing=True,
    ),
    "bigserial-reader": Plant(
        "positions come from a sequence, and the reader asks for what is greater than the last",
        "many-writers",
        "the log has a gap",
        (
            Change(
                _SEALER,
                "        if event.position != position or event.epoch != standing.epoch:",
                "        if False:",
            ),
        ),
        sql=_SEQUENCE,
        healing=True,
    ),
    "private-shown": Plant(
        "private events go up with their contents, and nobody above minds",
        "cable-cut",
        "a private event came with its contents",
        (
            Change(_BODIES, '    if shown(row["family"]):', "    if True:"),
            Change(_GUARDING, "return None if may_be_shown(family) else", "return None if family else"),
        ),
        healing=True,
    ),
    "never-sent-again": Plant(
        "what was lost is not sent again",
        "upper-broker-wiped",
        " events of ",
        (Change(_DELIVERY, "            if after is None:\n", "            if True:\n"),),
        healing=True,
    ),
    "handled-side-by-side": Plant(
        "messages are taken as they come to hand, not in their order",
        "upper-process-killed",
        " events of ",
        (
            Change(
                "shared.receiver.handling",
                "        async with turns.turn(message.raw_message.delivery_tag or 0):\n",
                "        await asyncio.sleep(0.2 * ((message.raw_message.delivery_tag or 0) % 2))\n        if True:\n",
            ),
        ),
    ),
}
"""By name."""


def changes_of(name: str) -> tuple[Change, ...]:
    """What is planted under a name; `nothing` only lets every layer stand alone."""
    return ALONE if name == ALONE_NAME else PLANTS[name].all_changes
