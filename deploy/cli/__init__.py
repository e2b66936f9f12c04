"""The command line: `lianjian`."""
