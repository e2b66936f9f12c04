# ruff: noqa: S608 - what stands in the statements are constants of this program
"""Two builds of the same projection, row by row."""

from __future__ import annotations

from dataclasses import dataclass

from shared.projection.definition import Projection
from shared.projection.schema import Connection


@dataclass(frozen=True)
class Difference:
    """The first row of a table that is not the same in both, by its key; `rows` how many differ in all."""

    table: str
    key: dict[str, str]
    rows: int


async def compare(connection: Connection, projection: Projection, present: str, rebuilt: str) -> list[Difference]:
    """The tables of schema `present` that differ from those of `rebuilt`; only where both have the same columns."""
    found: list[Difference] = []
    for table, key in projection.tables.items():
        if await _columns(connection, present, table) != await _columns(connection, rebuilt, table):
            continue
        keys = ", ".join(f"{column}::text as {column}" for column in key)
        order = ", ".join(str(number + 1) for number in range(len(key)))
        differing = await connection.fetch(
            f"select {keys}, count(*) over () as rows_differing from {present}.{table} as one_row"
            f" full join {rebuilt}.{table} as other_row using ({', '.join(key)})"
            f" where one_row is distinct from other_row order by {order} limit 1"
        )
        found += [
            Difference(table, {column: row[column] for column in key}, row["rows_differing"]) for row in differing
        ]
    return found


async def _columns(connection: Connection, schema: str, table: str) -> list[tuple[str, str]]:
    rows = await connection.fetch(
        "select attname, atttypid::regtype::text as type from pg_attribute"
        " where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum",
        f"{schema}.{table}",
    )
    return [(row["attname"], row["type"]) for row in rows]
