"""Rules as data packs in layers, and the pure function that says what was due and what became of it."""

from shared.rules.obligations import obligations
from shared.rules.packs import Layer, Rule, load_rules
from shared.rules.periods import Period, periods_of, span_of
from shared.rules.units import Branch, Explanation, Held, Obligation, PartyGroup, State, Units

__all__ = [
    "Branch",
    "Explanation",
    "Held",
    "Layer",
    "Obligation",
    "PartyGroup",
    "Period",
    "Rule",
    "State",
    "Units",
    "load_rules",
    "obligations",
    "periods_of",
    "span_of",
]
