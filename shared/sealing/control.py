"""`head` and `state`: unnumbered, signed, idempotent (design §5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from shared.canonical import MAX_INTEGER, canonical_bytes, parse
from shared.sealing.keys import BadSignatureLine, PublicKey, parse_signature
from shared.sealing.origin import Origin, parse_origin

HEAD_FORMAT: Final = "lianjian/head/v1"
STATE_FORMAT: Final = "lianjian/state/v1"
MAX_BODY: Final = 4096

Status = Literal["ok", "suspended", "rebuilding"]

_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)
_RECEIVER: Final = re.compile(r"[a-z][a-z0-9]{1,31}/[a-z][a-z0-9_]{0,31}", re.ASCII)


class BadControl(ValueError):
    """A head or state that is none; the message names the field."""


@dataclass(frozen=True)
class Head:
    """The source has sealed up to `sealed_to`; only a later `time` counts."""

    origin: Origin
    sealed_to: int
    root: bytes
    time: str

    @property
    def body(self) -> bytes:
        return canonical_bytes(
            {
                "format": HEAD_FORMAT,
                "origin": self.origin.text,
                "root": self.root.hex(),
                "sealed_to": self.sealed_to,
                "time": self.time,
            }
        )


@dataclass(frozen=True)
class State:
    """`receiver` (`<site>/<service>`) holds the origin up to `have`; a lower `have` than before is a wish."""

    origin: Origin
    receiver: str
    have: int
    root: bytes
    status: Status
    time: str

    @property
    def body(self) -> bytes:
        return canonical_bytes(
            {
                "format": STATE_FORMAT,
                "have": self.have,
                "origin": self.origin.text,
                "receiver": self.receiver,
                "root": self.root.hex(),
                "status": self.status,
                "time": self.time,
            }
        )


def parse_head(body: bytes) -> Head:
    """The head in `body`; raises `BadControl`."""
    found = _object(body, HEAD_FORMAT, {"format", "origin", "root", "sealed_to", "time"})
    return Head(_origin(found), _count(found, "sealed_to"), _root(found), _time(found))


def parse_state(body: bytes) -> State:
    """The state in `body`; raises `BadControl`."""
    found = _object(body, STATE_FORMAT, {"format", "have", "origin", "receiver", "root", "status", "time"})
    status = found["status"]
    if status not in get_args(Status):
        raise BadControl("status: ok, suspended or rebuilding is wanted")
    receiver = _match(found, "receiver", _RECEIVER)
    return State(_origin(found), receiver, _count(found, "have"), _root(found), status, _time(found))


def is_signed(body: bytes, line: str, key: PublicKey) -> bool:
    """True if `line` is the signature line of `key` over `body`."""
    try:
        return key.verifies(parse_signature(line), body)
    except BadSignatureLine:
        return False


def _object(body: bytes, form: str, keys: set[str]) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise BadControl(f"body: {len(body)} bytes given; at most {MAX_BODY} are allowed")
    try:
        found = parse(body)
    except ValueError:
        raise BadControl("body: canonical JSON is wanted") from None
    if not isinstance(found, dict) or found.keys() != keys:
        raise BadControl(f"body: an object with exactly {', '.join(sorted(keys))} is wanted")
    if found["format"] != form:
        raise BadControl(f"format: {form} is wanted")
    return found


def _origin(found: dict[str, Any]) -> Origin:
    try:
        return parse_origin(str(found["origin"]))
    except ValueError as error:
        raise BadControl(str(error)) from None


def _count(found: dict[str, Any], field: str) -> int:
    value = found[field]
    if type(value) is not int or not 0 <= value <= MAX_INTEGER:
        raise BadControl(f"{field}: a position, or 0 for none, is wanted")
    return value


def _root(found: dict[str, Any]) -> bytes:
    return bytes.fromhex(_match(found, "root", _HASH))


def _time(found: dict[str, Any]) -> str:
    time = _match(found, "time", _TIME)
    try:
        datetime.fromisoformat(time)
    except ValueError:
        raise BadControl("time: a day and an hour that exist are wanted") from None
    return time


def _match(found: dict[str, Any], field: str, form: re.Pattern[str]) -> str:
    value = found[field]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadControl(f"{field}: {form.pattern} is wanted")
    return value
