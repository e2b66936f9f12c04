"""The HTTP interface of `members`."""
