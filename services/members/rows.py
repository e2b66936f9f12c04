"""A member as a row of 党员名册: what an export writes, and what an import compares a row with."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from services.members.domain.branch import BranchState
from services.members.domain.identifiers import PersonIdentifiers
from services.members.domain.person import PersonDetails, PersonState
from shared.contracts.members import POSTS, MembershipFacts, Post
from shared.contracts.personal import Forgotten
from shared.ledgers.writing import Out, written_day

DELETED: Final = "（已删除）"
_MEMBER_KINDS: Final = {"full_member": "正式党员", "probationary_member": "预备党员"}
_POST_WORDS: Final[dict[Post, str]] = {post: word for word, post in reversed(POSTS.items())}


def member_cells(
    person_id: str,
    state: PersonState,
    details: PersonDetails,
    membership: MembershipFacts,
    branch: BranchState,
    day: str,
    extra: frozenset[str],
) -> dict[str, Out]:
    """The cells by field of the layout `member_roster`, as of a day; identifiers only those of `extra`."""
    return {
        "record_id": person_id,
        "name": _told(details.name),
        "sex": _told(details.gender),
        "ethnicity": _told(details.ethnicity),
        "birth": _day(details.birth),
        "education": _told(details.education),
        "work_began": _day(details.work_started),
        "department": _told(details.department_post),
        "post": _posts(state, membership, day),
        "member_kind": _MEMBER_KINDS[membership.member_kind],
        "joined": _day(details.joined_on),
        "confirmed": _day(details.confirmed_on),
        "branch": branch.facts.name if branch.facts else membership.branch_id,
        "group": _group(branch, membership),
        "standing": "正常" if membership.standing == "normal" else _told(details.standing),
        "note": _told(details.remark),
        **_identifiers(state.identifiers, extra),
    }


def _identifiers(known: PersonIdentifiers | None, extra: frozenset[str]) -> dict[str, Out]:
    """公民身份号码, 联系电话 and 月党费基数, each only where it was asked for and is stored."""
    if known is None:
        return {}
    dues = known.dues_base_fen
    return {
        "id_number": _told(known.id_number) if "id" in extra else None,
        "phone": _told(known.phone) if "phone" in extra else None,
        "dues_base": _yuan(dues) if "dues" in extra and isinstance(dues, int) else None,
    }


def _yuan(fen: int) -> Out:
    return fen // 100 if fen % 100 == 0 else str(Decimal(fen) / 100)


def _told(value: str | Forgotten | None) -> str | None:
    return DELETED if isinstance(value, Forgotten) else value


def _day(value: str | Forgotten | None) -> Out:
    return DELETED if isinstance(value, Forgotten) else written_day(value)


def _posts(state: PersonState, membership: MembershipFacts, day: str) -> str | None:
    held: Sequence[Post] = [
        post.post for post in state.posts if post.branch_id == membership.branch_id and post.effective_from <= day
    ]
    return "、".join(_POST_WORDS[post] for post in dict.fromkeys(held)) or None


def _group(branch: BranchState, membership: MembershipFacts) -> str | None:
    group = branch.groups.get(membership.group_id or "")
    return None if group is None else group.facts.name


def group_order(branch: BranchState, membership: MembershipFacts) -> int:
    """建制序 of the member's group; 0 without one."""
    group = branch.groups.get(membership.group_id or "")
    return 0 if group is None else group.facts.official_order
