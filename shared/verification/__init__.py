"""Whether what is stored still says what was recorded: pure reading, nothing is repaired."""

from shared.verification.chains import KeysAt
from shared.verification.findings import Finding, Progress, Verdict, silent
from shared.verification.journal import verify_journal
from shared.verification.links import verify_links
from shared.verification.log import LogToCheck, verify_log
from shared.verification.projections import verify_projections

__all__ = [
    "Finding",
    "KeysAt",
    "LogToCheck",
    "Progress",
    "Verdict",
    "silent",
    "verify_journal",
    "verify_links",
    "verify_log",
    "verify_projections",
]
