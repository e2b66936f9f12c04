"""When a link may begin, and who may stop it: the rules of both sides."""

from __future__ import annotations

from typing import Any

import pytest

from services.members.domain.link import LINK, ResumeLink, RevokeLink, SuspendLink
from services.members.domain.link_invitation import AcceptInvitation, InviteSite, JoinSite, WithdrawInvitation
from services.members.domain.link_state import LinkEvent, standing
from services.members.domain.link_trust import AcceptEpoch
from services.members.examples.links import STATEMENT
from shared.contracts.links import (
    EpochAccepted,
    InvitationWithdrawn,
    LinkResumed,
    LinkRevoked,
    LinkStatement,
    LinkSuspended,
    SigningKeyRevoked,
    SiteInvited,
    SiteJoined,
)
from shared.rejection import Rejected
from shared.testing.given import given

NOW, LATER, PAST_EXPIRY = "2026-01-01T08:00:00.000000Z", "2026-01-04T08:00:00.000000Z", "2026-01-05T08:00:00.000000Z"
OTHER_ID = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c99"
LINE = "ed25519 66687aadf862bd77 " + "A" * 86 + "=="
OTHER_LINE = "ed25519 66687aadf862bd77 " + "B" * 86 + "=="
INVITE = InviteSite(
    own="demo1",
    own_level="intermediate",
    invitation_id=STATEMENT.invitation_id,
    peer="demo2",
    name="青岚市云溪区人民法院",
    level="basic",
    official_order=1,
    withheld_families=("members.membership",),
    expires_at=PAST_EXPIRY,
    at=NOW,
)
INVITED = SiteInvited(
    invitation_id=STATEMENT.invitation_id,
    peer="demo2",
    name="青岚市云溪区人民法院",
    level="basic",
    official_order=1,
    withheld_families=("members.membership",),
    expires_at=PAST_EXPIRY,
)
INVITED_ANEW = INVITED.model_copy(update={"invitation_id": OTHER_ID})
WITHDRAWN = InvitationWithdrawn(invitation_id=STATEMENT.invitation_id, peer="demo2")
JOIN = JoinSite(upper=STATEMENT.upper, statement=STATEMENT, upper_signature=LINE, lower_signature=LINE, at=LATER)
ACCEPT = AcceptInvitation(lower=STATEMENT.lower, statement=STATEMENT, upper_signature=LINE, lower_signature=LINE)
JOINED = SiteJoined(
    peer="demo2", role="lower", statement=STATEMENT, upper_signature=LINE, lower_signature=LINE, official_order=1
)
JOINED_ABOVE = SiteJoined(
    peer="demo1", role="upper", statement=STATEMENT, upper_signature=LINE, lower_signature=LINE, official_order=None
)
SUSPEND, RESUME = SuspendLink(peer="demo2", grounds="设备更换"), ResumeLink(peer="demo2", grounds="更换完毕")
REVOKE = RevokeLink(peer="demo2", grounds="机构合并")
SUSPENDED, RESUMED = LinkSuspended(peer="demo2", grounds="设备更换"), LinkResumed(peer="demo2", grounds="更换完毕")
REVOKED = LinkRevoked(peer="demo2", grounds="机构合并")
EPOCH = AcceptEpoch(own="demo1", peer="demo2", service="activities", epoch=2, kept_to=1200, h="0" * 64, grounds="恢复")
ACCEPTED = EpochAccepted(peer="demo2", service="activities", epoch=2, kept_to=1200, h="0" * 64, grounds="恢复")
KEY_GONE = SigningKeyRevoked(
    peer="demo2", service="activities", key_id="66687aadf862bd77", from_position=900, grounds="失窃"
)


def inviting(**changed: Any) -> InviteSite:
    return INVITE.model_copy(update=changed)


def joining(**changed: Any) -> JoinSite:
    return JOIN.model_copy(update={"statement": stating(**changed)})


def stating(**changed: Any) -> LinkStatement:
    lower: dict[str, Any] = {name: changed.pop(name) for name in ("site", "name", "level") if name in changed}
    return STATEMENT.model_copy(update={"lower": STATEMENT.lower.model_copy(update=lower), **changed})


def test_a_site_is_invited_once_and_the_same_request_changes_nothing() -> None:
    given(LINK).when(INVITE).then(INVITED)
    given(LINK, INVITED).when(INVITE).then()


def test_the_families_that_may_be_withheld_are_kept_in_order_and_each_once() -> None:
    twice = ("members.post", "activities.brand", "members.post")
    kept = INVITED.model_copy(update={"withheld_families": ("activities.brand", "members.post")})
    given(LINK).when(inviting(withheld_families=twice)).then(kept)


def test_another_invitation_has_to_wait_for_the_end_of_the_first() -> None:
    anew = inviting(invitation_id=OTHER_ID, at=LATER, expires_at="2026-01-09T08:00:00.000000Z")
    given(LINK, INVITED).when(anew).then_rejected("already_invited", "peer")
    again = INVITED_ANEW.model_copy(update={"expires_at": "2026-01-09T08:00:00.000000Z"})
    given(LINK, INVITED).when(anew.model_copy(update={"at": PAST_EXPIRY})).then(again)
    given(LINK, INVITED, WITHDRAWN).when(anew).then(again)


def test_a_site_that_is_linked_is_not_invited_again_until_the_link_is_revoked() -> None:
    anew = inviting(invitation_id=OTHER_ID)
    given(LINK, INVITED, JOINED).when(anew).then_rejected("already_linked", "peer")
    given(LINK, JOINED_ABOVE).when(anew).then_rejected("already_linked", "peer")
    given(LINK, INVITED, JOINED, REVOKED).when(anew).then(INVITED_ANEW)


def test_nobody_invites_the_own_site() -> None:
    given(LINK).when(inviting(peer="demo1")).then_rejected("invalid_peer", "peer")


def test_an_invitation_ends_after_it_begins() -> None:
    given(LINK).when(inviting(expires_at=NOW)).then_rejected("invalid_expiry", "expires_at")


@pytest.mark.parametrize(
    ("own_level", "level", "plausible"),
    [
        ("supreme", "high", True),
        ("high", "intermediate", True),
        ("high", "basic", True),
        ("intermediate", "basic", True),
        ("high", "specialised", True),
        ("specialised", "basic", True),
        ("specialised", "specialised", True),
        ("intermediate", "intermediate", False),
        ("intermediate", "high", False),
        ("basic", "supreme", False),
    ],
)
def test_an_upper_court_invites_a_lower_one(own_level: str, level: str, plausible: bool) -> None:
    command = inviting(own_level=own_level, level=level)
    if plausible:
        given(LINK).when(command).then(INVITED.model_copy(update={"level": level}))
    else:
        given(LINK).when(command).then_rejected("invalid_level", "level")


@pytest.mark.parametrize("family", ["activities.attendance", "members.link", "activities.no_such"])
def test_what_no_policy_may_list_is_named(family: str) -> None:
    given(LINK).when(inviting(withheld_families=("members.post", family))).then_rejected(
        "invalid_withheld_families", "withheld_families"
    )
    with pytest.raises(Rejected) as refusal:
        LINK.decide(inviting(withheld_families=(family,)), LINK.initial)
    assert refusal.value.problem == f"{family} 不能列入保留范围"
    assert "members.membership" in refusal.value.expected
    assert "members.link" not in refusal.value.expected


def test_an_invitation_is_withdrawn_once_and_not_after_use() -> None:
    withdraw = WithdrawInvitation(peer="demo2")
    given(LINK, INVITED).when(withdraw).then(WITHDRAWN)
    given(LINK, INVITED, WITHDRAWN).when(withdraw).then()
    given(LINK, INVITED, JOINED).when(withdraw).then_rejected("invitation_used", "peer")
    given(LINK).when(withdraw).then_rejected("unknown_link", "peer")
    given(LINK, INVITED, JOINED, REVOKED).when(withdraw).then()


def test_the_invited_site_joins_and_the_same_request_changes_nothing() -> None:
    given(LINK, INVITED).when(JOIN).then(JOINED)
    given(LINK, INVITED, JOINED).when(JOIN).then()
    given(LINK, INVITED, JOINED, SUSPENDED).when(JOIN).then()


def test_a_used_invitation_admits_no_other_request() -> None:
    other = JOIN.model_copy(update={"lower_signature": OTHER_LINE})
    given(LINK, INVITED, JOINED).when(other).then_rejected("invitation_used", "statement.invitation_id")
    given(LINK, INVITED, JOINED, REVOKED).when(JOIN).then_rejected("invitation_used", "statement.invitation_id")


def test_only_the_latest_invitation_opens() -> None:
    field = "statement.invitation_id"
    given(LINK).when(JOIN).then_rejected("invitation_unknown", field)
    given(LINK, INVITED_ANEW).when(JOIN).then_rejected("invitation_unknown", field)
    given(LINK, INVITED, WITHDRAWN).when(JOIN).then_rejected("invitation_withdrawn", field)
    late = JOIN.model_copy(update={"at": PAST_EXPIRY})
    given(LINK, INVITED).when(late).then_rejected("invitation_expired", field)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (joining(site="demo3"), "lower.site"),
        (joining(name="青岚市云溪区人民检察院"), "lower.name"),
        (joining(level="specialised"), "lower.level"),
        (joining(withheld_families=()), "withheld_families"),
        (joining(upper=STATEMENT.upper.model_copy(update={"name": "另一法院"})), "upper"),
    ],
)
def test_what_both_sign_says_what_the_invitation_said(command: JoinSite, field: str) -> None:
    given(LINK, INVITED).when(command).then_rejected("statement_differs", f"statement.{field}")


def test_the_lower_site_records_the_link_to_its_upper_one_once() -> None:
    given(LINK).when(ACCEPT).then(JOINED_ABOVE)
    given(LINK, JOINED_ABOVE).when(ACCEPT).then()
    revoked = LinkRevoked(peer="demo1", grounds="机构合并")
    given(LINK, JOINED_ABOVE, revoked).when(ACCEPT).then(JOINED_ABOVE)


def test_the_lower_site_accepts_nothing_that_is_not_about_it() -> None:
    def accepting(statement: LinkStatement) -> AcceptInvitation:
        return ACCEPT.model_copy(update={"statement": statement})

    given(LINK).when(accepting(stating(name="别院"))).then_rejected("statement_differs", "statement.lower")
    own = STATEMENT.model_copy(update={"upper": STATEMENT.upper.model_copy(update={"site": "demo2"})})
    given(LINK).when(accepting(own)).then_rejected("invalid_peer", "peer")
    equal = STATEMENT.model_copy(update={"upper": STATEMENT.upper.model_copy(update={"level": "basic"})})
    given(LINK).when(accepting(equal)).then_rejected("invalid_level", "statement.upper.level")
    private = stating(withheld_families=("activities.minutes",))
    given(LINK).when(accepting(private)).then_rejected("invalid_withheld_families", "withheld_families")
    anew = stating(invitation_id=OTHER_ID)
    given(LINK, JOINED_ABOVE).when(accepting(anew)).then_rejected("already_linked", "peer")


def test_a_link_is_suspended_once_and_resumed_as_often_as_a_person_says() -> None:
    given(LINK, JOINED).when(SUSPEND).then(SUSPENDED)
    given(LINK, JOINED, SUSPENDED).when(SUSPEND).then()
    given(LINK, JOINED, SUSPENDED).when(RESUME).then(RESUMED)
    given(LINK, JOINED).when(RESUME).then(RESUMED)
    given(LINK, JOINED).when(SUSPEND, RESUME, SUSPEND).then(SUSPENDED)


def test_a_revoked_link_is_neither_suspended_nor_resumed() -> None:
    given(LINK, JOINED).when(REVOKE).then(REVOKED)
    given(LINK, JOINED, REVOKED).when(REVOKE).then()
    given(LINK, JOINED, REVOKED).when(SUSPEND).then_rejected("link_revoked", "peer")
    given(LINK, JOINED, REVOKED).when(RESUME).then_rejected("link_revoked", "peer")


def test_what_is_not_linked_cannot_be_governed() -> None:
    given(LINK).when(SUSPEND).then_rejected("unknown_link", "peer")
    given(LINK, INVITED).when(RESUME).then_rejected("unknown_link", "peer")
    given(LINK, INVITED).when(REVOKE).then_rejected("unknown_link", "peer")


def test_an_epoch_is_accepted_once_and_the_next_goes_on_after_it() -> None:
    given(LINK, JOINED).when(EPOCH).then(ACCEPTED)
    given(LINK, JOINED, ACCEPTED).when(EPOCH).then()
    given(LINK, JOINED, ACCEPTED).when(EPOCH.model_copy(update={"grounds": "再说一遍"})).then()
    other = EPOCH.model_copy(update={"kept_to": 1300})
    given(LINK, JOINED, ACCEPTED).when(other).then_rejected("epoch_accepted", "epoch")
    third = EPOCH.model_copy(update={"epoch": 3, "kept_to": 1500})
    given(LINK, JOINED, ACCEPTED).when(third).then(ACCEPTED.model_copy(update={"epoch": 3, "kept_to": 1500}))
    back = EPOCH.model_copy(update={"epoch": 3, "kept_to": 1100})
    given(LINK, JOINED, ACCEPTED).when(back).then_rejected("epoch_goes_back", "kept_to")
    of_members = EPOCH.model_copy(update={"service": "members"})
    given(LINK, JOINED, ACCEPTED).when(of_members).then(ACCEPTED.model_copy(update={"service": "members"}))


def test_an_epoch_of_a_site_further_below_is_accepted_and_none_of_the_upper_or_own_site() -> None:
    given(LINK).when(EPOCH).then(ACCEPTED)
    given(LINK, JOINED_ABOVE).when(EPOCH).then_rejected("not_a_lower_site", "peer")
    given(LINK).when(EPOCH.model_copy(update={"own": "demo2"})).then_rejected("invalid_peer", "peer")


@pytest.mark.parametrize(
    ("history", "at", "word"),
    [
        ((), NOW, "none"),
        ((INVITED,), NOW, "invited"),
        ((INVITED,), PAST_EXPIRY, "expired"),
        ((INVITED, WITHDRAWN), NOW, "withdrawn"),
        ((INVITED, JOINED), PAST_EXPIRY, "joined"),
        ((INVITED, JOINED, SUSPENDED), NOW, "suspended"),
        ((INVITED, JOINED, SUSPENDED, RESUMED), NOW, "joined"),
        ((INVITED, JOINED, REVOKED), NOW, "revoked"),
        ((INVITED, JOINED, REVOKED, INVITED_ANEW), NOW, "invited"),
        ((INVITED, WITHDRAWN, INVITED_ANEW), NOW, "invited"),
        ((JOINED_ABOVE,), NOW, "joined"),
        ((KEY_GONE,), NOW, "none"),
    ],
)
def test_how_a_link_stands_is_one_word(history: tuple[LinkEvent, ...], at: str, word: str) -> None:
    assert standing(LINK.fold(history), at) == word
