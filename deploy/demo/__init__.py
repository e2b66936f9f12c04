"""Generated ledgers of an invented court: the same headings and the same disorder as those of an office."""
