"""How links stand, as screens and `lianjian link status` show them: no secret, no password."""

from __future__ import annotations

import asyncio
from typing import Any

from cryptography import x509

from services.members.domain.link_state import LinkState, standing
from services.members.linking.standing import Linking, every_link, link_to
from shared.links.access import LinkAccess, forget_access, read_access
from shared.links.statement import fingerprint
from shared.sealing.chain import event_time


async def shown_links(linking: Linking) -> list[dict[str, Any]]:
    """Upper sites first, then lower ones in official order; a joining under way on this side is `pending`."""
    accesses = await asyncio.to_thread(read_access, linking.settings.links)
    ca = await asyncio.to_thread(_own_ca, linking)
    shown = {
        peer: shown_link(linking, peer, state, accesses.get(peer), ca) for peer, state in await every_link(linking)
    }
    for upper, access in accesses.items():
        if upper not in shown or (shown[upper]["standing"] != "joined" and access.state == "pending"):
            shown[upper] = _pending(access)
    return sorted(shown.values(), key=_place)


async def one_link(linking: Linking, peer: str) -> tuple[dict[str, Any] | None, int]:
    """One link with what was decided about the other site's logs and keys, and the version of its stream."""
    state, version = await link_to(linking, peer)
    if version == 0:
        return None, 0
    accesses = await asyncio.to_thread(read_access, linking.settings.links)
    shown = shown_link(linking, peer, state, accesses.get(peer), await asyncio.to_thread(_own_ca, linking))
    statement = state.joined.statement.model_dump(mode="json") if state.linked and state.joined else None
    decided = {
        "epochs": [one.model_dump(mode="json") for one in state.epochs],
        "revoked_keys": [one.model_dump(mode="json") for one in state.keys],
        "replaced_keys": [one.model_dump(mode="json") for one in state.replaced],
    }
    return {**shown, "statement": statement, **decided}, version


async def forget_link_access(linking: Linking, peer: str) -> None:
    """What led to an upper site, once the link to it is revoked."""
    state, _ = await link_to(linking, peer)
    if state.is_above and not state.linked:
        await asyncio.to_thread(forget_access, linking.settings.links, peer)


def shown_link(
    linking: Linking, peer: str, state: LinkState, access: LinkAccess | None, ca: str | None
) -> dict[str, Any]:
    """One link; `ca` is this site's own, which a lower site believes."""
    joined, invitation = state.joined if state.linked or state.waiting is None else None, state.waiting
    upper = joined is not None and joined.role == "upper"
    named = None if joined is None else (joined.statement.upper if upper else joined.statement.lower)
    told = named or invitation
    return {
        "peer": peer,
        "role": "lower" if joined is None else joined.role,
        "standing": standing(state, linking.at),
        "name": None if told is None else told.name,
        "level": None if told is None else told.level,
        "official_order": joined.official_order if joined else invitation.official_order if invitation else None,
        "grounds": state.revoked or state.suspended if joined else None,
        "fingerprint": None if joined is None else fingerprint(joined.statement),
        "withheld_families": _families(state),
        "invitation_expires_at": None if invitation is None else invitation.expires_at,
        "access": (None if access is None else access.state) if upper else None,
        "ca_expires_at": expires_at(access.ca if upper and access else None if upper else ca),
    }


def _families(state: LinkState) -> list[str]:
    if state.linked and state.joined is not None:
        return list(state.joined.statement.withheld_families)
    return list(state.invitation.withheld_families) if state.invitation else []


def _pending(access: LinkAccess) -> dict[str, Any]:
    return {
        "peer": access.upper,
        "role": "upper",
        "standing": "pending",
        "name": access.name,
        "level": None,
        "official_order": None,
        "grounds": None,
        "fingerprint": None,
        "withheld_families": list(access.withheld_families),
        "invitation_expires_at": None,
        "access": access.state,
        "ca_expires_at": expires_at(access.ca),
    }


def _place(link: dict[str, Any]) -> tuple[bool, int, str]:
    return link["role"] == "lower", link["official_order"] or 0, link["peer"]


def expires_at(pem: str | None) -> str | None:
    """When the first certificate of a PEM ends; None where there is none."""
    if pem is None:
        return None
    try:
        return event_time(x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc)
    except ValueError:
        return None


def _own_ca(linking: Linking) -> str | None:
    try:
        file = linking.settings.broker_ca_file
        return None if file is None else file.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return None
