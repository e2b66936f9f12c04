"""The join token: what `invite` prints above and `accept` takes below, as one word to copy.

`lianjian1:` and base64url without padding of a canonical JSON object. Whoever holds it may join until use or expiry.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_serializer, field_validator
from pydantic import model_validator as checked

from shared.canonical import canonical_bytes, parse
from shared.contracts.links import SiteId, SiteKeys
from shared.contracts.values import Id, Level, ShortText, Value
from shared.http.wording import field_error
from shared.links.access import LinkAccess
from shared.links.topology import join_user
from shared.rejection import Rejected
from shared.sealing.keys import key_id, public_key

PREFIX: Final = "lianjian1:"
JOIN_FORMAT: Final = "lianjian/join/v1"
SECRET_BYTES: Final = 32
MOST_CHARACTERS: Final = 40_000
SIGNERS: Final = frozenset({"members", "activities", "reporting"})

_JOIN_USER: Final = b"lianjian/join-user/v1"
_SALT: Final = b"lianjian/broker-salt/v1"
_SALT_BYTES: Final = 4
_WHOLE: Final = "请把 lianjian link invite 打印的令牌完整复制"

Address = Annotated[str, StringConstraints(pattern=r"^amqps?://[^/@\s]+/[^/\s]*$", max_length=255)]
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$")]
"""`2026-01-05T08:00:00.000000Z`: UTC, six digits; text in this form sorts by time."""


class JoinToken(Value):
    """`address` is the upper site's broker; `secret` 32 bytes; `site`, `name`, `level` are who is invited."""

    format: Literal["lianjian/join/v1"] = JOIN_FORMAT
    invitation_id: Id
    address: Address
    ca: Annotated[str, StringConstraints(max_length=20_000)] | None
    secret: SecretStr = Field(repr=False)
    upper: SiteKeys
    site: SiteId
    name: ShortText
    level: Level
    withheld_families: tuple[ShortText, ...]
    expires_at: Moment

    @field_serializer("secret")
    def _written(self, secret: SecretStr) -> str:
        return secret.get_secret_value()

    @field_validator("secret")
    @classmethod
    def _is_a_secret(cls, secret: SecretStr) -> SecretStr:
        if not _is_base64_of(secret.get_secret_value(), SECRET_BYTES):
            raise ValueError("应为 32 字节的 base64")
        return secret

    @field_validator("upper")
    @classmethod
    def _names_its_keys(cls, upper: SiteKeys) -> SiteKeys:
        if problem := wrong_keys(upper):
            raise ValueError(problem)
        return upper

    @checked(mode="after")
    def _is_trusted_as_it_says(self) -> Self:
        if self.address.startswith("amqps:") != (self.ca is not None):
            raise ValueError("ca：amqps 地址应附 CA 证书，amqp 地址应为 null")
        if self.site == self.upper.site:
            raise ValueError("site：不应与上级法院的站点相同")
        return self

    @property
    def key(self) -> bytes:
        """The secret's bytes."""
        return b64decode(self.secret.get_secret_value())

    @property
    def access(self) -> LinkAccess:
        """How the lower site reaches the broker to ask, as the join user of this invitation."""
        return LinkAccess(
            upper=self.upper.site,
            name=self.upper.name,
            address=self.address,
            user=join_user(self.upper.site, self.site),
            password=SecretStr(join_password(self.key)),
            ca=self.ca,
            withheld_families=self.withheld_families,
            state="pending",
        )


def written(token: JoinToken) -> str:
    """The token as it is printed."""
    return PREFIX + urlsafe_b64encode(canonical_bytes(token.model_dump(mode="json"))).decode().rstrip("=")


def read(text: str) -> JoinToken:
    """The token pasted in; white space and line breaks in it do not matter.

    Raises `Rejected("invalid_token")` whose field names the place, `token` or `token.<field>`; no secret is quoted.
    """
    word = "".join(text.split())
    if not word.startswith(PREFIX):
        raise _refused("token", "不是联通令牌", f"应以 {PREFIX} 开头；{_WHOLE}")
    if len(word) > MOST_CHARACTERS:
        raise _refused("token", "令牌过长", f"不超过 {MOST_CHARACTERS} 个字符；{_WHOLE}")
    try:
        found = JoinToken.model_validate_json(canonical_bytes(_object(word.removeprefix(PREFIX))))
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        said = field_error(wrong)
        place = "token" if said.field == "body" else f"token.{said.field}"
        raise _refused(place, said.problem, said.expected) from None
    return found


def join_password(secret: bytes) -> str:
    """The broker password of the join user: follows from the secret, and does not tell it."""
    return hmac.new(secret, _JOIN_USER, sha256).hexdigest()


def password_hash(password: str) -> str:
    """As RabbitMQ keeps it: base64 of 4 bytes of salt and SHA-256 of salt and password.

    For long random passwords only. Always the same for one password: asking again is the same request, and the
    reconciler sees whether a user is right already.
    """
    salt = sha256(_SALT + password.encode()).digest()[:_SALT_BYTES]
    return b64encode(salt + sha256(salt + password.encode()).digest()).decode()


def wrong_keys(site: SiteKeys) -> str | None:
    """What is wrong with the keys a site names, in Chinese; None if each service has exactly one good key."""
    if sorted(key.service for key in site.keys) != sorted(SIGNERS):
        return "keys 应为 members、activities、reporting 各一个公钥"
    for key in site.keys:
        try:
            named = key_id(public_key(key.public_key).raw)
        except ValueError:
            return f"{key.service} 的 public_key 应为 32 字节公钥的 base64"
        if named != key.key_id:
            return f"{key.service} 的 key_id 应为 {named}"
    return None


def _object(encoded: str) -> Any:
    try:
        return parse(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, RecursionError):
        raise _refused("token", "令牌残缺或有改动，读不出内容", _WHOLE) from None


def _is_base64_of(text: str, length: int) -> bool:
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return False
    return len(raw) == length and b64encode(raw).decode() == text


def _refused(field: str, problem: str, expected: str) -> Rejected:
    return Rejected("invalid_token", field, problem, expected)
