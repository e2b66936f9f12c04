"""Whatever stands in the cells, a row is read, refused or remarked; nothing else happens."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.activities.imports.drafts import Draft
from services.activities.imports.meetings import read_meeting
from services.activities.imports.names import People, mentions
from services.activities.imports.taking import record_command
from services.activities.imports.theme_days import read_theme_day
from services.members.imports.rows import read_row
from shared.canonical import canonical_text
from shared.contracts.values import Value
from shared.ledgers.cells import Cell, Sheet
from shared.ledgers.columns import LAYOUTS, LedgerKind
from shared.ledgers.recognise import recognise
from shared.ledgers.row_reading import Findings
from tests.domain.ledgers.given import known_units

_LIKELY = st.sampled_from(
    [
        *(
            "第一党支部",
            "机关党委",
            "支委会",
            "党小组会",
            "普法宣传",
            "2024-01-24",
            "2024年",
            "2024.13",
            "9:00",
            "8:00",
        ),
        *(
            "5",
            "６人",
            "20余次",
            "党纪学习教育",
            "曹某（开庭）；蒋某",
            "开庭2人",
            "张红（刑一庭）",
            "正式党员",
            "**",
            "（",
        ),
        *("书记、宣传委员", "力量联合", "第一党支部第一党小组1月会议", "暨专题党课", "甲、乙", "合计", "字" * 300),
        *("（开庭）", "曹某（" + "字" * 300 + "）", "；".join(["曹某（开庭）"] * 1001)),
        *("0人", "\x1f", "\0", "１９７２年６月"),
    ]
)
_WRITTEN = st.one_of(
    st.none(),
    _LIKELY.map(lambda text: ("text", text)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(lambda text: ("text", text)),
    st.integers(-10, 60_000).map(lambda number: ("number", str(number))),
    st.floats(0, 50_000).map(lambda number: ("number", repr(number))),
    st.dates().map(lambda day: ("day", day.isoformat())),
    st.times().map(lambda time: ("time", time.isoformat("seconds"))),
    st.booleans().map(lambda truth: ("bool", str(truth).upper())),
)


def sheet(kind: LedgerKind, values: list[Any]) -> Sheet:
    headings = list(map(LAYOUTS[kind].heading, LAYOUTS[kind].columns))
    rows = {1: {1: Cell(1, 1, "text", "台账（2024年）")}}
    rows[2] = {column: Cell(2, column, "text", heading) for column, heading in enumerate(headings, 1)}
    rows[3] = {column: Cell(3, column, *value) for column, value in enumerate(values, 1) if value is not None}
    return Sheet("台账", rows)


def everybody(draft: Draft) -> People:
    """Whoever is named is somebody."""
    return People({mention.asked: str(uuid4()) for mention in mentions([draft])}, {})


@pytest.mark.parametrize("kind", ["member_roster", "meeting_records", "theme_days"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_row_is_read_or_refused(kind: LedgerKind, data: st.DataObject) -> None:
    width = len(LAYOUTS[kind].columns)
    ledger = recognise([sheet(kind, data.draw(st.lists(_WRITTEN, min_size=width, max_size=width)))])
    findings = Findings(ledger)
    for row in ledger.rows:
        errors = len(findings.errors)
        taken: Value | None
        if kind == "member_roster":
            member = read_row(findings, row)
            taken = None if member is None else member.details
        else:
            read = read_meeting if kind == "meeting_records" else read_theme_day
            draft = read(findings, known_units(), row, "2024-06-30")
            taken = None if draft is None else record_command(draft, everybody(draft))
        assert (taken is None) == (len(findings.errors) > errors)
        if taken is not None:
            canonical_text(taken.model_dump(mode="json"))
    assert all(error.expected and error.problem and error.column for error in findings.errors)
