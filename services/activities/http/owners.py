"""Whose something is, as organisation paths, and who may act on it."""

from __future__ import annotations

from collections.abc import Sequence

from services.activities.http.parts import Parts
from shared.contracts.joint import Party
from shared.http.calls import Call
from shared.http.problems import Problem
from shared.meta import Actor
from shared.rejection import Rejected

_UNITS = "select unit_id::text as id, unit_kind, branch_id::text from replica_units where unit_id = any($1::uuid[])"


async def unit_paths(parts: Parts, named: Sequence[tuple[str, str]]) -> list[str]:
    """The organisation path of each unit (field, id); raises `Rejected` naming the field of the first unknown one."""
    rows = await parts.pool.fetch(_UNITS, sorted({unit_id for _, unit_id in named})) if named else []
    known = {row["id"]: (row["unit_kind"], row["branch_id"]) for row in rows}
    paths = []
    for field, unit_id in named:
        if unit_id not in known:
            raise Rejected("unknown_unit", field, "没有这个单位", "已有单位的编号", value=unit_id)
        kind, branch_id = known[unit_id]
        paths.append(_path(parts.site, kind, unit_id, branch_id))
    return paths


async def owner_paths(call: Call, parts: Parts, owners: Sequence[Party], field: str) -> list[str]:
    """The organisation paths of the own units among the owners; raises `Rejected` for anybody unknown."""
    # A request sent again has its first answer, whoever was merged or undone since.
    if await parts.deps.store.find_command(call.command_id) is None:
        await parts.refuse_unknown_parties([(f"{field}.{index}", owner) for index, owner in enumerate(owners)])
    own = [
        (f"{field}.{index}.party_id", owner.party_id)
        for index, owner in enumerate(owners)
        if owner.party_kind == "own_unit"
    ]
    return await unit_paths(parts, own)


def actor_on_all(call: Call, paths: Sequence[str]) -> Actor:
    """The actor, if he may do this on every one of the paths; else 403."""
    for path in paths[1:]:
        call.actor_on(path)
    return call.actor_on(paths[0])


def actor_on_any(call: Call, paths: Sequence[str]) -> Actor:
    """The actor, if he may do this on one of the paths: each owner answers for what all own together; else 403."""
    for path in paths[:-1]:
        try:
            return call.actor_on(path)
        except Problem:
            continue
    return call.actor_on(paths[-1])


def _path(site: str, kind: str, unit_id: str, branch_id: str | None) -> str:
    if kind == "party_committee":
        return site
    return f"{site}.{branch_id}.{unit_id}" if kind == "party_group" else f"{site}.{unit_id}"
