"""What counts in a year."""

from typing import Final

COUNTED: Final = """site = $1 and first_day >= make_date($2, 1, 1) and first_day < make_date($2 + 1, 1, 1)
   and first_day <= $3 and facts_at > 0 and state in ('held', 'recorded')"""
"""Held or recorded, not merely planned, not cancelled, not after `as_of`: for a site $1, a year $2 and a day $3."""
