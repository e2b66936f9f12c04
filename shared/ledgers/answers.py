"""What an import comes to: what its rows prepare, and what its answer says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from shared.acts import Act, Decided, RejectedAct
from shared.eventstore import CommandRecord
from shared.ledgers.cells import Remark, RowError, Unreadable
from shared.ledgers.recognise import Ledger
from shared.ledgers.runs import Claimed

_MOST_SHOWN: Final = 500


@dataclass(frozen=True)
class Prepared:
    """What the rows of a ledger come to: commands, the streams that are its records, what looked odd.

    `places` leads from fields of the commands to columns, for what only the domain refuses; `beginnings` are the
    events by which a record is new, one that was undone included.
    """

    acts: list[Act]
    records: list[str]
    remarks: list[Remark] = field(default_factory=list)
    missing_later: list[dict[str, Any]] = field(default_factory=list)
    places: Mapping[str, str] = field(default_factory=dict)
    beginnings: tuple[type[Any], ...] = ()


HOPELESS: Final = (ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RecursionError)
"""Faults of the program, which the next attempt would meet again; engines that are away raise others."""


def of_ledger(ledger: Ledger | None) -> dict[str, Any]:
    return {
        "ledger": ledger and ledger.kind,
        "year": ledger and ledger.year,
        "rows": len(ledger.rows) + len(ledger.kept) if ledger else 0,
    }


def remembered(known: CommandRecord) -> dict[str, Any]:
    sentence = "导入完成后处理中断，逐行的提示没有保留；再导入一次即可看到，数据不会重复"
    answer = answer_of(None, [Remark("", None, None, "remarks_lost", sentence)])
    told = (known.answer or {}).get("told") or {}
    return answer | told | {"position": max(known.positions, default=None)}


def counted(prepared: Prepared, decided: Sequence[Decided], kept: int) -> dict[str, Any]:
    """Records that are new, that changed, that stayed; `kept` rows of an export were not even read."""
    events: dict[str, int] = {}
    versions: dict[str, int] = {}
    begun: set[str] = set()
    for one in decided:
        events[one.act.stream] = events.get(one.act.stream, 0) + len(one.events)
        versions[one.act.stream] = one.version
        begun |= {one.act.stream for event in one.events if isinstance(event, prepared.beginnings)}
    counts = {"added": 0, "corrected": 0, "unchanged": kept}
    for stream in prepared.records:
        if events[stream] == 0:
            counts["unchanged"] += 1
        else:
            new = versions[stream] == events[stream] or stream in begun
            counts["added" if new else "corrected"] += 1
    return counts


def answer_of(
    ledger: Ledger | None,
    remarks: list[Remark],
    missing_later: list[dict[str, Any]] | None = None,
    *,
    errors: list[RowError] | None = None,
) -> dict[str, Any]:
    every = [*(ledger.remarks if ledger else ()), *remarks]
    return {
        **of_ledger(ledger),
        "added": 0,
        "corrected": 0,
        "unchanged": len(ledger.kept) if ledger else 0,
        "remarks": [asdict(remark) for remark in every],
        "errors": [asdict(error) for error in (errors or [])[:_MOST_SHOWN]],
        "errors_in_all": len(errors or []),
        "missing_later": missing_later or [],
        "position": None,
    }


def file_error(claimed: Claimed, file: Unreadable) -> RowError:
    return RowError("", None, None, claimed.filename, file.code, file.problem, file.expected)


def row_error(ledger: Ledger, prepared: Prepared, rejected: RejectedAct) -> RowError:
    """A rule of the domain that the rows' own checks did not foresee."""
    source, why = prepared.acts[rejected.index].source, rejected.rejection
    column = next((name for field, name in prepared.places.items() if why.field.startswith(field)), None)
    row, heading = source.row if source else None, ledger.heading(column)
    return RowError(ledger.sheet, row, heading, why.value, why.code, why.problem, why.expected)


def failed(error: Exception) -> RowError:
    if isinstance(error, HOPELESS):
        problem = f"程序无法处理这份台账（{type(error).__name__}），数据未作任何改动"
        return RowError(
            "", None, None, None, "program_error", problem, "把台账和服务日志交给维护人员；重新导入不会有不同"
        )
    problem, expected = f"导入中断（{type(error).__name__}）", "稍后重新导入；重复出现时查看服务日志"
    return RowError("", None, None, None, "interrupted", problem, expected)


def left_out(ledger: Ledger, prepared: Prepared) -> list[Remark]:
    if not prepared.missing_later:
        return []
    sentence = f"以前导入的 {len(prepared.missing_later)} 条记录不在这份台账中，保持不变"
    return [Remark(ledger.sheet, None, None, "missing_later", sentence)]
