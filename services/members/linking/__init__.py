"""Joining two sites, on both sides, and what the broker of the upper one has to hold for it (design §7)."""

from services.members.linking.accepting import accept
from services.members.linking.answering import join
from services.members.linking.broker import LinkTasks, link_tasks
from services.members.linking.inviting import invite
from services.members.linking.showing import forget_link_access, one_link, shown_links
from services.members.linking.standing import (
    Linking,
    Wanted,
    WantedUser,
    every_link,
    forget_spent_secrets,
    wanted,
)

__all__ = [
    "LinkTasks",
    "Linking",
    "Wanted",
    "WantedUser",
    "accept",
    "every_link",
    "forget_link_access",
    "forget_spent_secrets",
    "invite",
    "join",
    "link_tasks",
    "one_link",
    "shown_links",
    "wanted",
]
