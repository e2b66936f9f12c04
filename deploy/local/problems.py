"""What stops a run: one exception, its text is what the user reads."""

from __future__ import annotations


class CannotRun(Exception):
    """Something the user has to know or to change; the message says what, in whole sentences."""
