"""One row of a 党员名册 as data, with what is refused and what is merely odd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.members.domain.identifiers import PersonIdentifiers
from services.members.domain.oddities import odd_details
from services.members.domain.person import PersonDetails
from services.members.imports.identifiers import NOBODY, read_id_number, read_identifiers
from shared.contracts.members import POSTS, MemberKind, MembershipFacts, Post, Standing
from shared.contracts.personal import DELETED
from shared.ledgers.numbers import says_nothing
from shared.ledgers.recognise import Row
from shared.ledgers.row_reading import Findings, RowReading
from shared.ledgers.words import compact, simplified

_MEMBER_KINDS: Final[dict[str, MemberKind]] = {
    "正式": "full_member",
    "正式党员": "full_member",
    "中共正式党员": "full_member",
    "预备": "probationary_member",
    "预备党员": "probationary_member",
    "中共预备党员": "probationary_member",
}
_ODD_DETAILS: Final = {
    "dates_out_of_order": ("joined", "出生、入党、转正的日期先后不合常理"),
    "probationary_but_confirmed": ("confirmed", "预备党员填有转正时间"),
    "full_without_confirmation": ("confirmed", "正式党员没有填转正时间"),
}


@dataclass(frozen=True)
class RosterRow:
    """What a row says. `details` and `identifiers` bear no true id yet; `id_number` is only for recognising,
    `identifiers` holds what the run may store."""

    number: int
    record_id: str | None
    details: PersonDetails
    identifiers: PersonIdentifiers
    id_number: str | None
    branch: str
    group: str | None
    member_kind: MemberKind
    standing: Standing
    posts: tuple[Post, ...]
    of_committee: bool


def read_row(findings: Findings, row: Row, stored: frozenset[str] = frozenset()) -> RosterRow | None:
    """The row, or None with its errors in `findings`. Of the identifiers only the columns `stored` are looked at."""
    before = len(findings.errors)
    reading = RowReading(findings, row)
    if row.text("name") == DELETED:
        reading.remark("name", "person_forgotten", "此行是已删除的人员，没有导入")
        return None
    name, branch = _name(reading), _branch(reading)
    kind = _member_kind(reading)
    posts, of_committee = _posts(reading)
    details = _details(reading, name or "-")
    if len(findings.errors) > before or name is None or branch is None:
        return None
    read = RosterRow(
        number=row.number,
        record_id=row.text("record_id"),
        details=details,
        identifiers=read_identifiers(reading, number := read_id_number(reading), stored),
        id_number=number,
        branch=branch,
        group=reading.text("group"),
        member_kind=kind,
        standing="normal" if details.standing is None else "other",
        posts=posts,
        of_committee=of_committee,
    )
    _remark_odd_details(reading, read)
    return read


def _details(reading: RowReading, name: str) -> PersonDetails:
    return PersonDetails(
        person_id=NOBODY,
        name=name,
        gender=reading.text("sex"),
        ethnicity=reading.text("ethnicity"),
        birth=reading.date("birth"),
        education=reading.text("education"),
        work_started=reading.date("work_began"),
        department_post=reading.text("department"),
        joined_on=reading.date("joined"),
        confirmed_on=reading.date("confirmed"),
        standing=_standing(reading),
        remark=reading.with_unplaced("note", reading.row.text("note")),
    )


def _name(reading: RowReading) -> str | None:
    name = reading.text("name")
    if name is None:
        reading.error("name", "name_missing", "没有写姓名", "党员姓名")
        return None
    # 张 红 is 张红; names in Latin letters keep their blanks.
    return name if name.isascii() else name.replace(" ", "")


def _branch(reading: RowReading) -> str | None:
    branch = reading.text("branch")
    if branch is None:
        reading.error("branch", "unknown_branch", "没有写所在支部", "党支部的名称，如 第一党支部")
        return None
    return compact(branch)


def _member_kind(reading: RowReading) -> MemberKind:
    text = reading.text("member_kind")
    if text is None:
        reading.remark("member_kind", "member_kind_assumed", "没有写党员类型，按正式党员导入")
        return "full_member"
    kind = _MEMBER_KINDS.get(simplified(text))
    if kind is None:
        reading.error("member_kind", "unknown_kind", "不是党员类型", "正式党员 或 预备党员")
    return kind or "full_member"


def _posts(reading: RowReading) -> tuple[tuple[Post, ...], bool]:
    """The posts named, and whether one of them makes a 支委会: one beside 书记 and 副书记 of the branch."""
    text = reading.text("post")
    words = simplified(text or "").replace(",", "、").replace(";", "、").replace("/", "、").replace("兼", "、")
    posts: list[Post] = []
    of_committee = False
    for word in [word for word in words.split("、") if word and not says_nothing(word)]:
        post = POSTS.get(word) or POSTS.get(word.removeprefix("党支部").removeprefix("支部"))
        if post is None or "机关党委" in word:
            reading.remark("post", "post_unknown", "不是支部职务目录中的职务，没有任职记录")
            of_committee |= word.endswith("委员") and "机关党委" not in word
        elif post not in posts:
            posts.append(post)
            of_committee |= post.endswith("_commissioner")
    return tuple(posts), of_committee


def _standing(reading: RowReading) -> str | None:
    """The words for a standing that is not normal."""
    text = reading.text("standing")
    if text is None and "standing" in reading.findings.ledger.headings:
        reading.remark("standing", "standing_assumed", "没有写党籍状态，按正常导入")
    return None if text is None or simplified(text) == "正常" else text


def _remark_odd_details(reading: RowReading, row: RosterRow) -> None:
    membership = MembershipFacts(
        person_id=NOBODY,
        branch_id=NOBODY,
        group_id=None,
        member_kind=row.member_kind,
        standing=row.standing,
        effective_from="2000-01-01",
    )
    for code in odd_details(row.details, membership):
        column, sentence = _ODD_DETAILS[code]
        reading.remark(column, code, sentence)
