"""Ids that follow from natural keys, so that the same record is found again (design §2)."""

from __future__ import annotations

import unicodedata
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.canonical import canonical_text


def site_namespace(site: str) -> UUID:
    """The namespace of everything a site names: uuid5(NAMESPACE_URL, "urn:lianjian:" + site)."""
    return uuid5(NAMESPACE_URL, "urn:lianjian:" + site)


def natural_id(site: str, ledger: str, *key: str | int) -> UUID:
    """The id of an imported record: uuid5 of the canonical array [kind of ledger, natural key …], text in NFKC."""
    parts: list[str | int] = [ledger, *(normalised(part) if isinstance(part, str) else part for part in key)]
    return uuid5(site_namespace(site), canonical_text(parts))


def party_committee_id(site: str) -> UUID:
    """机关党委 is known from the start and is no branch."""
    return natural_id(site, "party_committee")


def command_aggregate_id(command_id: str) -> UUID:
    """The id of an aggregate that a command creates (design §2, 3)."""
    return uuid5(NAMESPACE_URL, "urn:lianjian:command:" + command_id)


def normalised(text: str) -> str:
    """NFKC without white space around; inner runs of white space become one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
