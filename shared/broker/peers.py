"""When a receiver needs its runs again (design §4): pure, the time comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.sealing.control import Status

RESEND_AFTER: Final = 5.0
RESEND_WINDOW: Final = 50_000
SEND_WINDOW: Final = 100_000


@dataclass
class Peer:
    """One receiver, as its latest `state` and what was sent since then show it.

    `waiting_since`: since when it has not moved though something is under way to it. `resent_to`: how far a
    resending has come; None while none is going on.
    """

    queue: str
    have: int = 0
    status: Status = "ok"
    waiting_since: float | None = None
    resent_to: int | None = None

    def on_sent(self, now: float) -> None:
        """Something went out to everybody."""
        if self.waiting_since is None:
            self.waiting_since = now

    def on_state(self, have: int, status: Status, sent_to: int, now: float, after: float = RESEND_AFTER) -> None:
        """Its later state. A lower `have` than before is a wish; the same one for too long is a loss."""
        wished, moved = have < self.have, have != self.have
        self.have, self.status = have, status
        if have >= sent_to or status == "suspended":
            self.waiting_since = self.resent_to = None
            return
        if moved or self.waiting_since is None:
            self.waiting_since = now
        if wished or now - self.waiting_since >= after:
            self.resent_to, self.waiting_since = have, now

    def resend_after(self, sent_to: int, window: int = RESEND_WINDOW) -> int | None:
        """The position after which to send again now; None if there is nothing to do."""
        if self.resent_to is None or self.resent_to >= min(sent_to, self.have + window):
            return None
        return self.resent_to

    def on_resent(self, position: int, sent_to: int, now: float) -> None:
        """It got runs up to `position` again."""
        self.resent_to, self.waiting_since = (None if position >= sent_to else position), now
