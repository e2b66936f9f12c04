"""The plain page: the figures of a year as tables, every number a link to what it counts."""
