"""How a site asks to join and is answered: two messages, each under a HMAC of the invitation's secret. Pure.

The request goes to `joining.<site>`, the reply to `joined.<site>`; both carry the HMAC in the header `lianjian-hmac`.
A reply names the request it answers, so that one left over from an earlier try is passed over.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias, TypeVar

from pydantic import StringConstraints, ValidationError

from shared.canonical import canonical_bytes, parse
from shared.contracts.links import Hash, LinkStatement
from shared.contracts.members import SigningKey
from shared.contracts.values import ShortText, Value
from shared.links.access import LinkAccess
from shared.links.statement import is_statement_signed
from shared.links.token import Moment
from shared.sealing.keys import PublicKey, public_key

HMAC_HEADER: Final = "lianjian-hmac"
REQUEST_FORMAT: Final = "lianjian/join-request/v1"
REPLY_FORMAT: Final = "lianjian/join-reply/v1"
MOST_BYTES: Final = 64 * 1024

Problem = Literal[
    "invitation_unknown",
    "invitation_withdrawn",
    "invitation_expired",
    "invitation_used",
    "statement_differs",
    "keys_invalid",
    "signature_invalid",
    "request_invalid",
]
PROBLEMS: Final[dict[Problem, str]] = {
    "invitation_unknown": "上级法院没有这份邀请；请对方重新执行 lianjian link invite",
    "invitation_withdrawn": "这份邀请已被上级法院撤回；请对方重新邀请",
    "invitation_expired": "这份邀请已过期；请对方重新邀请",
    "invitation_used": "这份邀请已被用过，内容与此次不同；请上级法院撤销该联通后重新邀请",
    "statement_differs": "站点、名称、级别或保留范围与邀请不同；请上级法院按本院的实际信息重新邀请",
    "keys_invalid": "本院的公钥不合要求；请执行 lianjian doctor",
    "signature_invalid": "本院的签名不符；请执行 lianjian doctor",
    "request_invalid": "上级法院读不懂这次申请；两院的程序版本可能不同",
}
"""What the lower side says to a person, by the word in the reply."""

_MAC: Final = re.compile(r"[0-9a-f]{64}")

PasswordHash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{48}$")]
"""RabbitMQ's salted SHA-256: base64 of 4 bytes of salt and 32 of hash. The password itself never leaves its site."""


class JoinRequest(Value):
    """`current_key` is the key that signed, where it is not `members`' first; `time` of asking, in UTC."""

    format: Literal["lianjian/join-request/v1"] = REQUEST_FORMAT
    statement: LinkStatement
    lower_signature: ShortText
    password_hash: PasswordHash
    current_key: SigningKey | None
    time: Moment


class JoinReply(Value):
    """`request` is the SHA-256 of the request's body; `upper_signature` stands where it was accepted."""

    format: Literal["lianjian/join-reply/v1"] = REPLY_FORMAT
    request: Hash
    accepted: bool
    upper_signature: ShortText | None
    current_key: SigningKey | None
    problem: Problem | None


class Message(NamedTuple):
    """`body` is canonical JSON, `mac` goes into the header `lianjian-hmac`."""

    body: bytes
    mac: str


Silence = Literal["denied", "unreachable", "untrusted", "silent", "full"]
"""Why there was no reply: account refused, no connection, a certificate not of this CA, nobody answered in time,
too many requests wait."""


class NotAnswered(Exception):
    """The transport has no reply; asking again is harmless."""

    def __init__(self, reason: Silence) -> None:
        super().__init__(reason)
        self.reason = reason


Fits: TypeAlias = Callable[[bytes, str], bool]
"""Whether a body and its `lianjian-hmac` are the reply waited for; others are left over and passed over."""

AskToJoin: TypeAlias = Callable[[LinkAccess, str, Message, Fits], Awaitable[Message]]
"""Access as the join user, own site, the request; gives the first reply that fits, or raises `NotAnswered`."""


class BadJoinMessage(ValueError):
    """Not a message of the form, or not under this secret."""


M = TypeVar("M", JoinRequest, JoinReply)


def message(content: JoinRequest | JoinReply, secret: bytes) -> Message:
    """Ready to be sent."""
    body = canonical_bytes(content.model_dump(mode="json"))
    return Message(body, mac_of(body, secret))


def mac_of(body: bytes, secret: bytes) -> str:
    """HMAC-SHA256 as 64 lower-case hex digits."""
    return hmac.new(secret, body, sha256).hexdigest()


def is_under(body: bytes, mac: str, secret: bytes) -> bool:
    """Whether whoever wrote `body` knows the secret."""
    return _MAC.fullmatch(mac) is not None and hmac.compare_digest(mac, mac_of(body, secret))


def read_request(body: bytes, mac: str, secret: bytes) -> JoinRequest:
    """The request; raises `BadJoinMessage`."""
    return _read(JoinRequest, body, mac, secret)


def invitation_named(body: bytes) -> str | None:
    """By which invitation a request asks, before anything of it is believed; None if it cannot be read."""
    try:
        return _form(JoinRequest, body).statement.invitation_id
    except BadJoinMessage:
        return None


def read_reply(body: bytes, mac: str, secret: bytes, request: bytes) -> JoinReply:
    """The reply to the request with the body `request`; raises `BadJoinMessage`, also where it answers another."""
    reply = _read(JoinReply, body, mac, secret)
    if reply.request != sha256(request).hexdigest():
        raise BadJoinMessage("the reply answers another request")
    if reply.accepted != (reply.upper_signature is not None) or reply.accepted != (reply.problem is None):
        raise BadJoinMessage("a reply says either the upper signature or the problem")
    return reply


def accepting(request: bytes, upper_signature: str, current_key: SigningKey | None, secret: bytes) -> Message:
    """The reply to a request that was granted; the same for the same request."""
    reply = JoinReply(
        request=sha256(request).hexdigest(),
        accepted=True,
        upper_signature=upper_signature,
        current_key=current_key,
        problem=None,
    )
    return message(reply, secret)


def refusing(request: bytes, problem: Problem, secret: bytes) -> Message:
    """The reply to a request that was not granted."""
    reply = JoinReply(
        request=sha256(request).hexdigest(), accepted=False, upper_signature=None, current_key=None, problem=problem
    )
    return message(reply, secret)


def is_signed_by(
    statement: LinkStatement, line: str, first: tuple[SigningKey, ...], current: SigningKey | None
) -> bool:
    """Whether `members` of a site signed, by its first key or by the one it says it has now."""
    return is_statement_signed(statement, line, members_keys(first, current))


def members_keys(first: tuple[SigningKey, ...], current: SigningKey | None) -> list[PublicKey]:
    """The first key of `members` and the present one, as far as they are keys."""
    found = []
    for key in (*first, *([] if current is None else [current])):
        if key.service == "members":
            try:
                found.append(public_key(key.public_key))
            except ValueError:
                continue
    return found


def _read(model: type[M], body: bytes, mac: str, secret: bytes) -> M:
    if not is_under(body, mac, secret):
        raise BadJoinMessage("the HMAC is not that of this invitation's secret")
    return _form(model, body)


def _form(model: type[M], body: bytes) -> M:
    if len(body) > MOST_BYTES:
        raise BadJoinMessage(f"{len(body)} bytes; at most {MOST_BYTES} are read")
    try:
        parse(body)
        return model.model_validate_json(body)
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadJoinMessage(f"not a {model.__name__}: {type(error).__name__}") from None
