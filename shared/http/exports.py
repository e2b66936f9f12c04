"""Ledgers out over HTTP: the same for every service that owns ledgers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Protocol
from urllib.parse import quote

from fastapi import Query

from shared.business_day import CHINA
from shared.http.calls import Call
from shared.http.imports import WORKBOOK
from shared.http.problems import FieldError, invalid, not_found
from shared.http.replies import Reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.ledgers.columns import LAYOUTS, LedgerKind
from shared.ledgers.exporting import Exporting, export

EXPORT: Final = Requirement("export_ledger", "site")
EXTRA: Final = ("id", "phone", "dues")

router = Router()


class Parts(Protocol):
    """`exporting` knows the ledgers that the service owns."""

    @property
    def site(self) -> str: ...

    @property
    def exporting(self) -> Exporting: ...


@router.get("/exports/{ledger}", requires=EXPORT, summary="导出一份台账（.xlsx）")
async def take_out(
    call: Call,
    parts: Parts,
    ledger: LedgerKind,
    year: Annotated[int, Query(ge=1950, le=2200)],
    with_: Annotated[str, Query(alias="with", max_length=50)] = "",
) -> Reply:
    """`with` names columns that are otherwise left out: `id,phone,dues` (公民身份号码、联系电话、月党费基数)."""
    actor = call.actor_on(parts.site)
    if ledger not in parts.exporting.by_kind:
        raise not_found("ledger", ledger, "台账")
    extra = frozenset(filter(None, with_.split(",")))
    if unknown := sorted(extra - set(EXTRA)):
        raise invalid([FieldError("with", f"不认识 {'、'.join(unknown)}", "id、phone、dues，用逗号分开")])
    taken = await export(parts.exporting, ledger, year, actor, extra, datetime.now(CHINA))
    name = quote(f"{LAYOUTS[ledger].name}-{year}.xlsx")
    return Reply(
        taken.data,
        media_type=WORKBOOK,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Rows": str(taken.rows)},
    )
