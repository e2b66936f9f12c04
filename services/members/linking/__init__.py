"""Joining two sites, on both sides, and what the broker of the upper one has to hold for it (design §7)."""

from services.members.linking.accepting import accept
from services.members.linking.answering import join
from services.members.linking.inviting import invite
from services.members.linking.showing import forget_link_access, one_link, shown_links
from services.members.linking.standing import (
    Linking,
    Wanted,
    WantedUser,
    every_link,
    forget_role,
    forget_spent_secrets,
    wanted,
)

__all__ = [
    "Linking",
    "Wanted",
    "WantedUser",
    "accept",
    "every_link",
    "forget_link_access",
    "forget_role",
    "forget_spent_secrets",
    "invite",
    "join",
    "one_link",
    "shown_links",
    "wanted",
]
