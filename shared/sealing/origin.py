"""The name of one numbered sequence of events (design §1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LOG: Final = "log"

_TEXT: Final = re.compile(
    r"([a-z][a-z0-9]{1,31})/([a-z][a-z0-9_]{0,31})/(log|to:[a-z][a-z0-9]{1,31})/([1-9][0-9]{0,8})", re.ASCII
)


@dataclass(frozen=True)
class Origin:
    """`channel` is `log`, or `to:<site>` for letters; epochs count from 1."""

    site: str
    service: str
    channel: str = LOG
    epoch: int = 1

    @property
    def text(self) -> str:
        return f"{self.site}/{self.service}/{self.channel}/{self.epoch}"

    @property
    def log(self) -> Origin:
        """The log that a letter channel is derived from."""
        return Origin(self.site, self.service, LOG, self.epoch)

    @property
    def routing_key(self) -> str:
        return f"{self.site}.{self.service}.{self.channel}"


def parse_origin(text: str) -> Origin:
    """The origin written `<site>/<service>/<channel>/<epoch>`; `ValueError` for anything else."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"origin {text[:100]!r}: <site>/<service>/<log or to:site>/<epoch from 1> is wanted")
    site, service, channel, epoch = match.groups()
    return Origin(site, service, channel, int(epoch))
