"""What upper sites have signed for of a log, as the own reporting tells it beside its `state`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

HEADER: Final = "lianjian-above"


class Above(NamedTuple):
    """An upper site, and up to which position it has the log; None where it has not said so, or not since a restore."""

    upper: str
    have: int | None


def written(above: Sequence[Above]) -> str:
    """As a header's value."""
    return json.dumps([[one.upper, one.have] for one in above])


def read_above(text: str) -> list[Above]:
    """What `written` made; raises `ValueError` for anything else."""
    told = [Above(upper, have) for upper, have in json.loads(text)]
    if not all(isinstance(one.upper, str) and isinstance(one.have, int | None) for one in told):
        raise ValueError("pairs of a site and a position are wanted")
    return told
