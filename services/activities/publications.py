"""What of `activities`' log goes on the wire: every stored event, each under the family that decides who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.activities.stored_events import CODEC
from shared.contracts.families import Family

FAMILIES: Final[Mapping[str, Family]] = CODEC.families
"""The family by stored name, former versions included; a name that is not here must not be sealed by guess."""
