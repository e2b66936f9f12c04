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


def partner_id(site: str, organisation: str, branch: str | None) -> UUID:
    """A partner by its name: the house, and its branch where one is known."""
    return natural_id(site, "partner", organisation, branch or "")


def joint_agreement_id(site: str, number: str) -> UUID:
    """A 联建协议 by its 协议编号."""
    return natural_id(site, "joint_agreement", number)


def joint_activity_id(site: str, number: str) -> UUID:
    """A 联建活动 by its 活动编号."""
    return natural_id(site, "joint_activity", number)


def joint_problem_id(site: str, activity_number: str, ordinal: int) -> UUID:
    """The n-th problem (from 1) that a ledger names in the row of a joint activity."""
    return natural_id(site, "joint_problem", activity_number, ordinal)


def brand_id(site: str, owner: str, ordinal: int) -> UUID:
    """The k-th brand (from 1, in the order of the rows) of an owner, by the owner's name as ledgers write it."""
    return natural_id(site, "brand", owner, ordinal)


def brand_evidence_id(brand: UUID, date: str) -> UUID:
    """Of a ledger that says only when a brand was last brought up to date (最近更新)."""
    return uuid5(NAMESPACE_URL, f"urn:lianjian:brand_evidence:{brand}:{date}")


def campaign_id(site: str, name: str) -> UUID:
    """A campaign by its name: there is one of a name."""
    return natural_id(site, "campaign", name)


def joint_id(authority: str, record: UUID) -> UUID:
    """By which all sites count an agreement or a joint activity once; `authority` is the site that states it."""
    return uuid5(site_namespace(authority), "joint:" + str(record))


def duplicate_id(first: tuple[str, str], second: tuple[str, str]) -> UUID:
    """What is decided about two records, each a site and an id: the same in either order."""
    pair = sorted([list(first), list(second)])
    return uuid5(NAMESPACE_URL, "urn:lianjian:duplicate:" + canonical_text(pair))


def command_aggregate_id(command_id: str) -> UUID:
    """The id of an aggregate that a command creates (design §2, 3)."""
    return uuid5(NAMESPACE_URL, "urn:lianjian:command:" + command_id)


def normalised(text: str) -> str:
    """NFKC without white space around; inner runs of white space become one space."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
