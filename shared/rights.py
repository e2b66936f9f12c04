"""What the application's role may do on the tables the migrations made: never more than it works with."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

import asyncpg

KEPT_BY: Final = "refuse_change"
"""The trigger function of every table whose rows are never changed."""

_TABLES: Final = """
select format('%I.%I', current_schema(), c.relname) as name,
       c.relname = 'schema_migrations' as migrations,
       exists (select 1 from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                where t.tgrelid = c.oid and p.proname = $1) as kept
  from pg_class c
 where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
"""


def role_of(url: str) -> str | None:
    """The role a database URL logs in as; None where it names none."""
    user = urlsplit(url).username
    return None if user is None else unquote(user)


async def grant_rights(connection: asyncpg.Connection, role: str) -> None:
    """Gives `role` SELECT and INSERT on kept tables, all four verbs on the others, TRUNCATE on none. Repeatable."""
    names = await connection.fetchrow("select quote_ident(current_schema()) as schema, quote_ident($1) as role", role)
    assert names is not None
    schema, named = names["schema"], names["role"]
    await connection.execute(f"grant usage on schema {schema} to {named}")
    for table in await connection.fetch(_TABLES, KEPT_BY):
        rights = "select, insert, update, delete"
        if table["kept"]:
            rights = "select, insert"
        if table["migrations"]:
            rights = "select"
        await connection.execute(f"revoke all on {table['name']} from {named}, public")
        await connection.execute(f"grant {rights} on {table['name']} to {named}")
    await connection.execute(f"grant usage, select on all sequences in schema {schema} to {named}")
    await connection.execute(f"grant execute on all functions in schema {schema} to {named}")
