"""When a person may be forgotten, and that one was: two roles, a reason in law, no word in free text (design §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from shared.contracts.values import Id, ShortText, Value
from shared.rejection import Rejected

FORGETTING_REQUESTED: Final = "members.person-forgetting-requested.v1"
FORGETTING_WITHDRAWN: Final = "members.person-forgetting-withdrawn.v1"
PERSON_FORGOTTEN: Final = "members.person-forgotten.v1"
OUTSIDE_FORGETTING_REQUESTED: Final = "activities.outside-person-forgetting-requested.v1"
OUTSIDE_FORGETTING_WITHDRAWN: Final = "activities.outside-person-forgetting-withdrawn.v1"
OUTSIDE_PERSON_FORGOTTEN: Final = "activities.outside-person-forgotten.v1"

LawfulReason = Literal["purpose_achieved", "retention_over", "consent_withdrawn", "unlawful_processing", "other_law"]


@dataclass(frozen=True)
class Ground:
    """The words for a reason, and where the law says it."""

    words: str
    article: str


GROUNDS: Final[dict[LawfulReason, Ground]] = {
    "purpose_achieved": Ground(
        "处理目的已实现、无法实现，或者为实现处理目的不再必要", "《个人信息保护法》第四十七条第一款第一项"
    ),
    "retention_over": Ground("保存期限已届满", "《个人信息保护法》第四十七条第一款第二项"),
    "consent_withdrawn": Ground("个人撤回同意", "《个人信息保护法》第四十七条第一款第三项"),
    "unlawful_processing": Ground(
        "违反法律、行政法规或者违反约定处理个人信息", "《个人信息保护法》第四十七条第一款第四项"
    ),
    "other_law": Ground("法律、行政法规规定的其他情形", "《个人信息保护法》第四十七条第一款第五项"),
}
EVEN_IF_KEPT: Final[frozenset[LawfulReason]] = frozenset({"unlawful_processing"})
"""Reasons for which also somebody is forgotten whose record must otherwise be kept: a member, a holder of a post."""


class ForgettingRequest(Value):
    """A request that stands; `requested_by` is the subject who made it."""

    reason: LawfulReason
    requested_by: ShortText


class PersonForgettingRequested(Value):
    """`members.person-forgetting-requested.v1`."""

    person_id: Id
    request: ForgettingRequest


class PersonForgettingWithdrawn(Value):
    """`members.person-forgetting-withdrawn.v1`: the request no longer stands."""

    person_id: Id


class PersonForgotten(Value):
    """`members.person-forgotten.v1`: whoever holds a key of this person deletes it, for good."""

    person_id: Id
    reason: LawfulReason


EVENTS: Final[dict[str, type[Value]]] = {
    FORGETTING_REQUESTED: PersonForgettingRequested,
    FORGETTING_WITHDRAWN: PersonForgettingWithdrawn,
    PERSON_FORGOTTEN: PersonForgotten,
}


def refuse_second_request(standing: ForgettingRequest | None, wanted: ForgettingRequest) -> None:
    """Raise `Rejected` where another request stands: it is withdrawn first, never replaced unseen."""
    if standing is not None and standing != wanted:
        raise Rejected(
            "already_requested",
            "reason",
            "已有一项删除申请在等待确认",
            "先撤回原申请，再重新申请",
            value=standing.reason,
        )


def refuse_confirmation(standing: ForgettingRequest | None, confirmed_by: str) -> ForgettingRequest:
    """The request that `confirmed_by` may confirm; raises `Rejected` without one, and for who made it."""
    if standing is None:
        raise Rejected("no_request", "person_id", "没有等待确认的删除申请", "先由党办提出申请")
    if standing.requested_by == confirmed_by:
        raise Rejected("same_subject", "person_id", "申请人不能自己确认", "由另一人以系统管理员身份确认")
    return standing


def refuse_forgotten(forgotten: bool, person_id: str) -> None:
    """Raise `Rejected` where a command would record something about somebody who was forgotten."""
    if forgotten:
        raise Rejected(
            "person_forgotten", "person_id", "此人的个人信息已删除", "如有需要，按新的人员登记", value=person_id
        )


def refuse_late_withdrawal(forgotten: bool, person_id: str) -> None:
    """Raise `Rejected` where a request would be taken back that was carried out: nobody is to believe it was not."""
    if forgotten:
        raise Rejected(
            "already_forgotten", "person_id", "此人的个人信息已删除，不能撤回", "确认之前才可撤回", value=person_id
        )
