"""What a projection is: tables named as the question they answer, and set-wise SQL that fills them from a log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_OWN_TABLES = 2  # the version of the tables that every projection has: cursors, opened, passed_over, definition
EPOCH_BITS = 40
"""A row's guard is `epoch << 40 | position`: one number in the order of (epoch, position)."""


@dataclass(frozen=True)
class Projection:
    """One projection of the logs of one service; everything of it lives in the schema `proj_<name>`.

    `tables` maps each table to its primary key columns; `ddl` makes them, unqualified. `statements` run once a
    batch, in order; each reads the relation `batch(site, at, position, version, id, type, data)`: the events of
    `types` of one origin, `at` their guard, `id` the uuid of the stream, `data` jsonb. A statement applies a fact
    only over a lower guard, so that the result depends neither on how origins interleave nor on repetition.
    """

    name: str
    service: str
    types: tuple[str, ...]
    tables: Mapping[str, tuple[str, ...]]
    ddl: str
    statements: tuple[str, ...]

    @property
    def schema(self) -> str:
        """Where readers find it."""
        return f"proj_{self.name}"

    @property
    def fingerprint(self) -> str:
        """Changes with whatever decides what the tables hold."""
        definition = [_OWN_TABLES, self.service, self.types, sorted(self.tables.items()), self.ddl, self.statements]
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()


def epoch_guard(origin: str) -> int:
    """What is added to a position of `origin` (`shi04/activities/log/2`) to make its guard."""
    return int(origin.rpartition("/")[2]) << EPOCH_BITS


def site_of(origin: str) -> str:
    """The site whose log `origin` is: the one writer of a row."""
    return origin.partition("/")[0]


def guarded_upsert(key: Sequence[str], groups: Mapping[str, Sequence[str]]) -> str:
    """The `on conflict` clause of `insert into … as present`: each group of columns under its own guard.

    The columns of a group change only where the new guard is higher; a guard of null or 0 brings nothing.
    """
    changes = [
        f"{column} = case when excluded.{guard} > present.{guard} then excluded.{column} else present.{column} end"
        for guard, columns in groups.items()
        for column in columns
    ]
    guards = [f"{guard} = greatest(excluded.{guard}, present.{guard})" for guard in groups]
    newer = " or ".join(f"excluded.{guard} > present.{guard}" for guard in groups)
    return f"on conflict ({', '.join(key)}) do update set {', '.join(changes + guards)} where {newer}"
