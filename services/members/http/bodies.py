"""What requests to `members` hold; ids of what a request creates are not theirs to choose."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.contracts.members import BranchKind, MemberKind, Post, Standing
from shared.contracts.values import Day, Id, LongText, PartialDate, ShortText, Value

OfficialOrder = Annotated[int, Field(ge=1, le=10_000)]


class Branch(Value):
    """A branch as it is; `official_order` is 建制序, from 1."""

    name: ShortText
    branch_kind: BranchKind
    official_order: OfficialOrder
    effective_from: Day


class BusinessLine(Value):
    """The 条线 of the branch's work, null for none."""

    business_line: ShortText | None


class Beginning(Value):
    effective_from: Day


class Ending(Value):
    """`effective_to` is the last day."""

    effective_to: Day


class PartyGroup(Value):
    name: ShortText
    official_order: OfficialOrder
    effective_from: Day


class Details(Value):
    """What the roster says of a person; all of it is stored encrypted."""

    name: ShortText
    gender: ShortText | None = None
    ethnicity: ShortText | None = None
    birth: PartialDate | None = None
    education: ShortText | None = None
    work_started: PartialDate | None = None
    department_post: ShortText | None = None
    joined_on: PartialDate | None = None
    confirmed_on: PartialDate | None = None
    standing: ShortText | None = None
    remark: LongText | None = None


class Membership(Value):
    """Where the membership lies from `effective_from` on; the words for another `standing` stand in the details."""

    branch_id: Id
    group_id: Id | None = None
    member_kind: MemberKind
    standing: Standing
    effective_from: Day


class NewPerson(Value):
    details: Details
    membership: Membership


class PostHeld(Value):
    branch_id: Id
    post: Post
    effective_from: Day


class PostGivenUp(Value):
    branch_id: Id
    post: Post
    effective_to: Day
