"""A key of another site that the people here believe no more."""

from __future__ import annotations

from services.members.domain.link import LINK
from services.members.domain.link_trust import RevokeSigningKey
from shared.contracts.members import SigningKey as NamedKey
from shared.testing.given import given
from tests.domain.test_link import JOINED, JOINED_ABOVE, KEY_GONE

STOLEN = RevokeSigningKey(
    peer="demo2", service="activities", key_id="66687aadf862bd77", from_position=900, grounds="失窃"
)


def test_a_key_is_believed_no_more_from_a_position_on_and_a_later_decision_replaces_the_former() -> None:
    given(LINK, JOINED).when(STOLEN).then(KEY_GONE)
    given(LINK, JOINED, KEY_GONE).when(STOLEN).then()
    for position in (800, 901):
        other = STOLEN.model_copy(update={"from_position": position})
        given(LINK, JOINED, KEY_GONE).when(other).then(KEY_GONE.model_copy(update={"from_position": position}))
    given(LINK).when(STOLEN).then(KEY_GONE)


def test_the_key_of_an_upper_site_gives_way_only_to_another_one() -> None:
    following = NamedKey(service="reporting", key_id="e8dad9411b7d6635", public_key="p" * 43 + "=")
    lost = {"peer": "demo1", "service": "reporting", "from_position": 1}
    alone = STOLEN.model_copy(update=lost)
    given(LINK, JOINED_ABOVE).when(alone).then_rejected("next_key_missing", "next_key")
    same = alone.model_copy(update={"key_id": following.key_id, "next_key": following})
    given(LINK, JOINED_ABOVE).when(same).then_rejected("next_key_missing", "next_key")
    gives_way = STOLEN.model_copy(update=lost | {"next_key": following})
    given_way = KEY_GONE.model_copy(update=lost | {"next_key": following})
    given(LINK, JOINED_ABOVE).when(gives_way).then(given_way)
    given(LINK, JOINED_ABOVE, given_way).when(gives_way).then()
    given(LINK, JOINED_ABOVE, KEY_GONE.model_copy(update=lost)).when(gives_way).then(given_way)
    given(LINK, JOINED).when(gives_way).then_rejected("not_an_upper_site", "next_key")
    given(LINK, JOINED_ABOVE).when(STOLEN).then_rejected("not_heard", "service")
