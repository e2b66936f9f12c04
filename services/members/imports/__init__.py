"""党员名册 into branches, party groups, persons, memberships and posts."""
