"""`lianjian rebuild`: projections built again beside the present ones, compared, and swapped in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from services.reporting.projections import PROJECTIONS
from shared.projection import Progress, Projection, Rebuilt
from shared.projection import rebuild as rebuild_one


class UnknownProjection(ValueError):
    """A name that no projection has; the message lists those there are."""


def chosen(names: Sequence[str]) -> list[Projection]:
    """The projections of these names, all of them for none; raises `UnknownProjection`."""
    known = {projection.name: projection for projection in PROJECTIONS}
    for name in names:
        if name not in known:
            raise UnknownProjection(f"没有名为 {name} 的视图；有：{'、'.join(known)}")
    return [known[name] for name in names] or list(PROJECTIONS)


async def rebuild(config: Mapping[str, Any], names: Sequence[str], progress: Progress) -> list[Rebuilt]:
    """Rebuild the named projections of the running court that `config` describes; readers are not interrupted."""
    projections = chosen(names)
    async with asyncpg.create_pool(config["databases"]["reporting"]["application"], min_size=1, max_size=2) as pool:
        return [await rebuild_one(pool, projection, progress) for projection in projections]
