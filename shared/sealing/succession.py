"""How a later key shows that it follows a known one: signed by each of the former keys, beside a `state`.

Whoever holds a service's log learns its keys there. Who only gets its states (`members` those of `activities`, a lower
site those of the upper one's reporting) goes by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.canonical import canonical_bytes
from shared.sealing.keys import BadSignatureLine, PublicKey, SigningKey, parse_signature, public_key

SUCCESSION: Final = "lianjian-succession"
FORMAT: Final = "lianjian/succession/v1"
MOST: Final = 64

Succession = tuple[str, ...]
"""One line for each former key: the present key in base64, a space, the former key's signature line over it."""


def succession_of(who: str, former: Sequence[SigningKey], present: PublicKey) -> Succession:
    """The lines for the `present` key of `<site>/<service>`; whoever knows any of the `former` ones believes it."""
    return tuple(f"{present.text} {key.sign(_signed(who, present)).line}" for key in former)


def followed(who: str, known: Sequence[PublicKey], header: str) -> list[PublicKey]:
    """`known`, and the keys that follow on one of them; lines that do not follow are passed over."""
    found = list(known)
    for line in header.split("\n")[:MOST] if header else ():
        text, _, signature = line.partition(" ")
        try:
            later, signed = public_key(text), parse_signature(signature)
        except (ValueError, BadSignatureLine):
            continue
        if any(key.verifies(signed, _signed(who, later)) for key in found):
            found.append(later)
    return found


def _signed(who: str, key: PublicKey) -> bytes:
    return canonical_bytes({"format": FORMAT, "key": key.text, "service": who})
