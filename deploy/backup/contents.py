"""What of each service goes into which of the two files.

Everything lies in the data file except what would give a forgotten person back: wrapped keys and keyed hashes lie in
the key bundle, which is destroyed after thirty days.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.activities import main as activities
from services.members import main as members
from services.reporting import main as reporting
from shared.service import IDENTITY_MIGRATIONS

# In this order: whoever receives a log is read before the log itself, the journal last. So nobody has more of a log
# than its service but the journal, and from the journal a log is filled up again.
SERVICES: Final = ("activities", "members", "reporting")

IN_THE_BUNDLE: Final = frozenset(
    {"personal_keys", "personal_tombstones", "kek_changes", "person_keys", "outside_person_keys"}
)
"""Tables that lie in the key bundle alone."""

IN_NEITHER: Final = frozenset({"leases", "browser_tickets", "browser_sessions", "uplink_connections"})
"""Tables that hold only what passes, with `directory_…`, which is made anew from the log."""

WITHOUT: Final = {"import_runs": frozenset({"wrapped_key"})}
"""Columns that the data file leaves out; the bundle holds them by the table's key (`RUN_KEYS`)."""

RUN_KEYS: Final = ("run_id", "wrapped_key", "kek_id")

SCHEMA_TABLE: Final = "schema_migrations"


def in_the_data(table: str) -> bool:
    """Whether the rows of a table lie in the data file."""
    return table not in IN_THE_BUNDLE | IN_NEITHER | {SCHEMA_TABLE} and not table.startswith("directory_")


def migrations(service: str) -> list[tuple[Path, str]]:
    """The migrations of a service's database, in the order in which they are applied."""
    mains = {"activities": activities.SCHEMA, "members": members.SCHEMA, "reporting": reporting.SCHEMA}
    return [*mains[service], (IDENTITY_MIGRATIONS, "identity")]
