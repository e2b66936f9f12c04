"""The HTTP interface of `activities`."""
