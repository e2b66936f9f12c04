"""Commands that concern several aggregates at once, as the acts of one append."""
