"""The roster out of the log again, in the offices' own columns."""
