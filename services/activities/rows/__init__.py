"""A record as a row of its ledger: what an export writes, and what an import compares a row with."""
