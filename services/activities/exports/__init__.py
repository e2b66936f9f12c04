"""Ledgers of activities out of the log again, in the offices' own columns."""
