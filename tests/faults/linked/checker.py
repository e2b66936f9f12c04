"""The invariants: accepted commands against events, events against every journal, projections against a plain model.

It reads tables only, with SQL and Python of its own: a bug of the system must not be able to hide in the checker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import asyncpg

_EVENTS: Final = """
select position, epoch, stream, version, event_id::text, type, data, meta, salt, recorded_at from events
 order by position
"""
_JOURNAL: Final = """
select position, family, c, h, salt, stream, version, event_id::text, type, time, data, meta from journal
 where origin = $1 order by position
"""


@dataclass
class Found:
    """What is wrong, in words; empty when all invariants hold. `counted` tells that something was looked at."""

    wrong: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)

    def say(self, text: str) -> None:
        if len(self.wrong) < 20:
            self.wrong.append(text)


async def check_commands(database: str, accepted: Sequence[Sequence[str]], found: Found) -> list[asyncpg.Record]:
    """Every command that was answered has exactly its one event, in the order in which its writer was answered."""
    connection = await asyncpg.connect(database)
    try:
        events = await connection.fetch(_EVENTS)
    finally:
        await connection.close()
    positions: dict[str, list[int]] = {}
    for event in events:
        positions.setdefault(json.loads(event["meta"])["command_id"], []).append(event["position"])
    if [event["position"] for event in events] != list(range(1, len(events) + 1)):
        found.say("the log has a gap")
    for writer in accepted:
        _check_order(writer, positions, found)
    found.counted["events"] = found.counted.get("events", 0) + len(events)
    found.counted["accepted"] = found.counted.get("accepted", 0) + sum(map(len, accepted))
    return events


def _check_order(writer: Sequence[str], positions: Mapping[str, Sequence[int]], found: Found) -> None:
    at = 0
    for command in writer:
        own = positions.get(command, [])
        if not own:
            found.say(f"lost: command {command} was accepted and has no event")
        elif len(own) > 1:
            found.say(f"doubled: command {command} has the positions {own}")
        elif own[0] <= at:
            found.say(f"order: command {command} stands at {own[0]}, after {at}")
        else:
            at = own[0]


async def check_journal(
    database: str, origin: str, events: Sequence[asyncpg.Record], private: frozenset[str], found: Found, whose: str
) -> None:
    """The journal holds every event once, in order, unaltered, hashing as the format says; private ones hidden.

    `private`: families whose contents must not be there. An empty set: all contents must.
    """
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch(_JOURNAL, origin)
        receipt = await connection.fetchrow("select have, h from receipts where origin = $1", origin)
    finally:
        await connection.close()
    if len(rows) != len(events):
        found.say(f"{whose}: {len(rows)} of {len(events)} events of {origin}")
    h = sha256(b"\2" + origin.encode()).digest()
    for number, (row, event) in enumerate(zip(rows, events, strict=False), 1):
        if row["position"] != number:
            found.say(f"{whose}: {origin} has {row['position']} where {number} is awaited")
            break
        c = sha256(event["salt"] + _content(event)).digest()
        if row["c"] != c:
            found.say(f"{whose}: {origin} @ {number} has another content than the log")
        h = _next(h, origin, number, row["family"], c)
        if row["h"] != h:
            found.say(f"{whose}: {origin} @ {number} does not hash on")
            break
        _check_contents(row, event, private, found, f"{whose}: {origin} @ {number}")
    if receipt is None or receipt["have"] != len(rows) or (rows and receipt["h"] != rows[-1]["h"]):
        found.say(f"{whose}: the receipt of {origin} is not where its journal is")
    found.counted["journal"] = found.counted.get("journal", 0) + len(rows)


async def check_seals(database: str, found: Found) -> None:
    """The seals follow on one another without gap or overlap, each from the root of the one before."""
    connection = await asyncpg.connect(database)
    try:
        seals = await connection.fetch("select first, last, root, note from seals order by first, last")
    finally:
        await connection.close()
    last, root = 0, None
    for seal in seals:
        lines = seal["note"].split("\n")
        if seal["first"] != last + 1:
            found.say(f"seals: one begins at {seal['first']} after {last}")
        if root is not None and lines[4] != root:
            found.say(f"seals: the one from {seal['first']} on does not follow the root before")
        last, root = seal["last"], seal["root"].hex()


async def check_notes(database: str, source: str, origin: str, found: Found, whose: str) -> None:
    """Every run was received with the very note that its source stored."""
    kept, sealed = await asyncpg.connect(database), await asyncpg.connect(source)
    try:
        runs = await kept.fetch("select first, note from runs where origin = $1", origin)
        notes = {row["note"] for row in await sealed.fetch("select note from seals")}
    finally:
        await kept.close()
        await sealed.close()
    for run in runs:
        if run["note"] not in notes:
            found.say(f"{whose}: the run of {origin} from {run['first']} on has a note that its source never stored")
            return


def _check_contents(
    row: asyncpg.Record, event: asyncpg.Record, private: frozenset[str], found: Found, where: str
) -> None:
    if row["family"] in private:
        if row["data"] is not None:
            found.say(f"{where}: a private event came with its contents")
        return
    there = (row["stream"], row["version"], row["event_id"], row["type"], row["time"], row["data"], row["meta"])
    sent = ("stream", "version", "event_id", "type", "recorded_at", "data", "meta")
    if there != tuple(event[name] for name in sent):
        found.say(f"{where}: the contents differ from the log's, or are missing")


def _content(event: asyncpg.Record) -> bytes:
    time = event["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    whole = {
        "data": json.loads(event["data"]), "id": event["event_id"], "meta": json.loads(event["meta"]),
        "stream": event["stream"], "time": time, "type": event["type"], "version": event["version"],
    }  # fmt: skip
    return _canonical(whole)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _next(h: bytes, origin: str, position: int, family: str, c: bytes) -> bytes:
    one = {"c": c.hex(), "family": family, "origin": origin, "position": position}
    return sha256(b"\1" + h + sha256(b"\0" + _canonical(one)).digest()).digest()


async def check_branches(database: str, site: str, events: Sequence[asyncpg.Record], found: Found, whose: str) -> None:
    """The projection of branches against a fold in plain Python."""
    model: dict[str, tuple[str, int]] = {}
    for event in events:
        if event["type"] in ("members.branch-established.v1", "members.branch-corrected.v1"):
            facts = json.loads(event["data"])["facts"]
            model[event["stream"].removeprefix("branch-")] = (facts["name"], facts["official_order"])
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch(
            "select branch_id, name, official_order from proj_units.branches where site = $1 and not undone", site
        )
    finally:
        await connection.close()
    projected = {row["branch_id"]: (row["name"], row["official_order"]) for row in rows}
    if projected != model:
        differing = sorted(key for key in {*projected, *model} if projected.get(key) != model.get(key))
        found.say(f"{whose}: {len(differing)} branches of {site} are not as the log tells, first {differing[0]}")
    found.counted["projected"] = found.counted.get("projected", 0) + len(projected)
