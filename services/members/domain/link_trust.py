"""What a person of this site decides about another site's log: an epoch accepted, a key believed no more.

Both also hold for sites further below, to which this site has no link of its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.members.domain.link_state import LinkState
from shared.contracts.links import EpochAccepted, Hash, Position, SigningKeyRevoked, SiteId
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
    """`from_position` is the first that is believed no more; of reporting, which has no log, 1.

    Of reporting of a site above only, `next_key` is believed instead: whoever holds no log learns no key from it.
    """

    peer: SiteId
    service: Literal["members", "activities", "reporting"]
    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    from_position: Annotated[int, Field(ge=1, le=2**53 - 1)]
    grounds: ShortText
    next_key: SigningKey | None = None


def accept_epoch(command: AcceptEpoch, state: LinkState) -> list[EpochAccepted]:
    """One after the other, each once."""
    if command.peer == command.own:
        raise Rejected("invalid_peer", "peer", "本院的新纪元不由本院承认", "由上级法院承认", value=command.peer)
    if state.linked and state.joined is not None and state.joined.role == "upper":
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
    _refuse_next_key(command, state)
    last = next((one for one in state.keys if one.key_id == command.key_id), None)
    wanted = SigningKeyRevoked(**command.model_dump())
    if last is not None and last.model_copy(update={"grounds": command.grounds}) == wanted:
        return []
    return [wanted]


def _refuse_next_key(command: RevokeSigningKey, state: LinkState) -> None:
    """An upper site whose only key were believed no more would never be heard again."""
    is_above = state.joined is not None and state.joined.role == "upper"
    if not is_above and command.next_key is not None:
        raise Rejected("not_an_upper_site", "next_key", "该站点不是本院的上级，其新密钥由其日志写明", "不写")
    if not is_above:
        return
    if command.service != "reporting":
        raise Rejected("not_heard", "service", "本院只凭上级法院 reporting 的密钥认其回执", "reporting")
    if command.next_key is None or command.next_key.key_id == command.key_id:
        raise Rejected(
            "next_key_missing",
            "next_key",
            "撤销后本院再也听不到该上级法院",
            "该院现用的公钥，由其 lianjian link rotate-key 告知（lianjian link trust-key）",
        )
