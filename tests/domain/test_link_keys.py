"""A key of another site that the people here believe no more."""

from __future__ import annotations

from services.members.domain.link import LINK
from services.members.domain.link_trust import ReplaceSigningKey, RevokeSigningKey
from shared.contracts.links import SigningKeyReplaced
from shared.contracts.members import SigningKey as NamedKey
from shared.testing.given import given
from tests.domain.test_link import JOINED, JOINED_ABOVE, KEY_GONE

STOLEN = RevokeSigningKey(
    peer="demo2", service="activities", key_id="66687aadf862bd77", from_position=900, grounds="失窃"
)
FIRST, SECOND, THIRD = (
    NamedKey(service="reporting", key_id=letter * 16, public_key=letter * 43 + "=") for letter in "abc"
)


def test_a_key_is_believed_no_more_from_a_position_on_and_a_later_decision_replaces_the_former() -> None:
    given(LINK, JOINED).when(STOLEN).then(KEY_GONE)
    given(LINK, JOINED, KEY_GONE).when(STOLEN).then()
    for position in (800, 901):
        other = STOLEN.model_copy(update={"from_position": position})
        given(LINK, JOINED, KEY_GONE).when(other).then(KEY_GONE.model_copy(update={"from_position": position}))
    given(LINK).when(STOLEN).then(KEY_GONE)


def replace(former: NamedKey, key: NamedKey) -> ReplaceSigningKey:
    return ReplaceSigningKey(peer="demo1", former_key_id=former.key_id, key=key, grounds="上级告知失窃")


def replaced(former: NamedKey, key: NamedKey) -> SigningKeyReplaced:
    return SigningKeyReplaced(
        peer="demo1", service="reporting", former_key_id=former.key_id, key=key, grounds="上级告知失窃"
    )


def test_a_key_of_an_upper_site_is_not_revoked_alone() -> None:
    given(LINK, JOINED_ABOVE).when(STOLEN).then_rejected("not_a_lower_site", "peer")


def test_the_key_of_an_upper_site_gives_way_to_another_one() -> None:
    given(LINK, JOINED_ABOVE).when(replace(FIRST, SECOND)).then(replaced(FIRST, SECOND))
    given(LINK, JOINED_ABOVE, replaced(FIRST, SECOND)).when(replace(SECOND, THIRD)).then(replaced(SECOND, THIRD))
    given(LINK, JOINED_ABOVE, replaced(FIRST, SECOND)).when(replace(FIRST, THIRD)).then(replaced(FIRST, THIRD))


def test_the_same_key_told_again_changes_nothing() -> None:
    again = replace(FIRST, SECOND).model_copy(update={"grounds": "再次告知"})
    given(LINK, JOINED_ABOVE, replaced(FIRST, SECOND)).when(again).then()


def test_a_key_that_was_revoked_before_the_site_was_linked_above_gives_way_too() -> None:
    revoked = KEY_GONE.model_copy(update={"peer": "demo1", "service": "reporting", "key_id": FIRST.key_id})
    given(LINK, revoked, JOINED_ABOVE).when(replace(FIRST, SECOND)).then(replaced(FIRST, SECOND))


def test_a_key_that_is_believed_no_more_is_not_believed_instead_of_another() -> None:
    revoked = KEY_GONE.model_copy(update={"peer": "demo1", "service": "reporting", "key_id": SECOND.key_id})
    given(LINK, revoked, JOINED_ABOVE).when(replace(FIRST, SECOND)).then_rejected("key_revoked", "key")
    changed = JOINED_ABOVE, replaced(FIRST, SECOND), replaced(SECOND, THIRD)
    given(LINK, *changed).when(replace(THIRD, FIRST)).then_rejected("key_revoked", "key")
    given(LINK, *changed).when(replace(THIRD, SECOND)).then_rejected("key_revoked", "key")
    given(LINK, JOINED_ABOVE).when(replace(FIRST, FIRST)).then_rejected("key_revoked", "key")


def test_only_of_an_upper_site_a_key_is_replaced() -> None:
    given(LINK, JOINED).when(replace(FIRST, SECOND)).then_rejected("not_an_upper_site", "peer")
    given(LINK).when(replace(FIRST, SECOND)).then_rejected("not_an_upper_site", "peer")
