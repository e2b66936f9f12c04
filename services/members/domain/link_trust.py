"""What a person of this site decides about another site's log: an epoch accepted, a key believed no more or replaced.

Epochs and revoked keys also are of sites further below, to which this site has no link of its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.members.domain.link_state import LinkState
from shared.contracts.links import EpochAccepted, Hash, KeyId, Position, SigningKeyReplaced, SigningKeyRevoked, SiteId
from shared.contracts.members import SigningKey
from shared.contracts.values import ShortText, Value
from shared.rejection import Rejected


class AcceptEpoch(Value):
    """Let the log of `peer` go on after `kept_to`, whose h is `h`; `own` is this site."""

    own: SiteId
    peer: SiteId
    service: Literal["members", "activities"]
    epoch: Annotated[int, Field(ge=2, le=1_000_000)]
    kept_to: Position
    h: Hash
    grounds: ShortText


class RevokeSigningKey(Value):
    """`from_position` is the first that is believed no more; of reporting, which has no log, 1."""

    peer: SiteId
    service: Literal["members", "activities", "reporting"]
    key_id: KeyId
    from_position: Annotated[int, Field(ge=1, le=2**53 - 1)]
    grounds: ShortText


class ReplaceSigningKey(Value):
    """Believe `key` of an upper site's reporting: whoever holds no log of it learns no later key from there."""

    peer: SiteId
    former_key_id: KeyId
    key: SigningKey
    grounds: ShortText


def accept_epoch(command: AcceptEpoch, state: LinkState) -> list[EpochAccepted]:
    """One after the other, each once."""
    if command.peer == command.own:
        raise Rejected("invalid_peer", "peer", "本院的新纪元不由本院承认", "由上级法院承认", value=command.peer)
    if state.linked and state.is_above:
        raise Rejected("not_a_lower_site", "peer", "该站点是本院的上级", "只承认下级法院的新纪元", value=command.peer)
    last = next((one for one in state.epochs if one.service == command.service), None)
    wanted = EpochAccepted(**command.model_dump(exclude={"own"}))
    if last is not None and last.model_copy(update={"grounds": command.grounds}) == wanted:
        return []
    following = 2 if last is None else last.epoch + 1
    if command.epoch < following:
        raise Rejected(
            "epoch_accepted",
            "epoch",
            f"第 {command.epoch} 纪元已经承认，内容与此不同",
            f"下一纪元为第 {following} 纪元",
        )
    if last is not None and command.kept_to < last.kept_to:
        raise Rejected(
            "epoch_goes_back",
            "kept_to",
            f"早于第 {last.epoch} 纪元保留至的位置 {last.kept_to}",
            f"不小于 {last.kept_to}",
        )
    return [wanted]


def revoke_signing_key(command: RevokeSigningKey, state: LinkState) -> list[SigningKeyRevoked]:
    """A later decision replaces the former: a key revoked before it was changed has to seal the change after all."""
    if state.is_above:
        raise Rejected(
            "not_a_lower_site",
            "peer",
            "该站点是本院的上级，撤销其密钥后再也听不到它",
            "改信其现用的公钥（lianjian link trust-key）",
            value=command.peer,
        )
    last = next((one for one in state.keys if one.key_id == command.key_id), None)
    wanted = SigningKeyRevoked(**command.model_dump())
    if last is not None and last.model_copy(update={"grounds": command.grounds}) == wanted:
        return []
    return [wanted]


def replace_signing_key(command: ReplaceSigningKey, state: LinkState) -> list[SigningKeyReplaced]:
    """What is believed no more is not believed again."""
    if not state.is_above:
        raise Rejected(
            "not_an_upper_site",
            "peer",
            "该站点不是本院的上级，其新密钥由其日志写明",
            "本院的上级；lianjian link status 列出",
            value=command.peer,
        )
    wanted = SigningKeyReplaced(service="reporting", **command.model_dump())
    if wanted in (one.model_copy(update={"grounds": command.grounds}) for one in state.replaced):
        return []
    gone = {command.former_key_id, *(one.key_id for one in state.keys), *(one.former_key_id for one in state.replaced)}
    if command.key.key_id in gone:
        raise Rejected(
            "key_revoked",
            "key",
            f"密钥 {command.key.key_id} 已不再采信",
            "该院现用的公钥，由其 lianjian link rotate-key 告知",
        )
    return [wanted]
