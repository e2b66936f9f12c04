"""Ledgers handed in over HTTP: 202 and a job to ask about; the same for every service that owns ledgers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final, Protocol
from urllib.parse import quote

from fastapi import Query
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from shared.http.bodies import WORKBOOK_LIMIT
from shared.http.calls import Call
from shared.http.positions import Position
from shared.http.problems import malformed, not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.http.strict_json import refuse_control_characters
from shared.identity.access import Requirement
from shared.ledgers.columns import identifier_columns
from shared.ledgers.importing import ImportDeps, accept, status
from shared.ledgers.runs import Run, marked_workbook
from shared.ledgers.undo_runs import accept_undo, recent_runs

IMPORT: Final = Requirement("import_ledger", "site")
MOST_RUNS: Final = 100
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_WITH: Final = "^((id|phone|dues)(,(id|phone|dues))*)?$"

router = Router()


class Parts(Protocol):
    """`service` owns the ledgers of `site`; `imports` is what its runs need."""

    @property
    def site(self) -> str: ...

    @property
    def service(self) -> str: ...

    @property
    def imports(self) -> ImportDeps: ...


@router.post("/imports", requires=IMPORT, status=202, raw_body=WORKBOOK, summary="导入一份台账")
async def hand_in(
    call: Call,
    parts: Parts,
    filename: Annotated[str, Query(min_length=1, max_length=255)] = "workbook.xlsx",
    dry_run: bool = False,
    identifiers: Annotated[str, Query(alias="with", pattern=_WITH, max_length=50)] = "",
) -> Reply:
    """The body is the workbook, or a form with one file; `Idempotency-Key` is the run's id.

    `with` names the identifiers of people that may be stored, `id,phone,dues`; without it none of them is.
    """
    actor = call.actor_on(parts.site)
    data, named = await _workbook(call)
    refuse_control_characters({"filename": named})
    run = await accept(
        parts.imports,
        actor,
        data,
        named or filename,
        run_id=call.command_id,
        dry_run=dry_run,
        with_identifiers=identifier_columns(identifiers),
    )
    return json_reply(_shown(parts, run), status=202, headers={"Location": "/imports/" + quote(run.run_id, safe="")})


@router.get("/imports", requires=IMPORT, summary="最近的导入，新的在前")
async def read_runs(call: Call, parts: Parts, limit: Annotated[int, Query(ge=1, le=MOST_RUNS)] = MOST_RUNS) -> Reply:
    call.actor_on(parts.site)
    return json_reply({"runs": await recent_runs(parts.imports.pool, limit)})


@router.get("/imports/{run_id:path}/workbook", requires=IMPORT, summary="标出问题的工作簿，保存七天")
async def read_marked(call: Call, parts: Parts, run_id: str) -> Reply:
    """The workbook as it was handed in, its faulty cells marked and the reasons at the right."""
    call.actor_on(parts.site)
    found = await marked_workbook(parts.imports.pool, parts.imports.kek, run_id)
    if found is None:
        raise not_found("run_id", run_id, "标出问题的工作簿")
    name = quote("导入问题.xlsx")
    return Reply(found, media_type=WORKBOOK, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@router.post("/imports/{run_id:path}/undo", requires=IMPORT, status=202, summary="撤销一次导入")
async def undo_run(call: Call, parts: Parts, run_id: str) -> Reply:
    """A run of its own: compensating events wherever nothing came after; the rest is listed in its answer."""
    actor, imports = call.actor_on(parts.site), parts.imports
    run = await accept_undo(imports.pool, imports.kek, imports.hash_key, actor, run_id, call.command_id)
    return json_reply(_shown(parts, run), status=202, headers={"Location": "/imports/" + quote(run.run_id, safe="")})


@router.get("/imports/{run_id:path}", requires=IMPORT, summary="一次导入的进展和结果")
async def read_run(call: Call, parts: Parts, run_id: str) -> Reply:
    call.actor_on(parts.site)
    run = await status(parts.imports, run_id)
    if run is None:
        raise not_found("run_id", run_id, "导入")
    return json_reply(_shown(parts, run))


def _shown(parts: Parts, run: Run) -> dict[str, Any]:
    answer = dict(run.answer or {})
    position = answer.pop("position", None)
    return {
        "run_id": run.run_id,
        "state": run.state,
        "dry_run": run.dry_run,
        "undoes": run.undoes,
        "done": run.done,
        "total": run.total,
        "answer": answer or None,
        "position": None if position is None else str(Position(parts.service, 1, position)),
    }


async def _workbook(call: Call) -> tuple[bytes, str | None]:
    """The bytes of the workbook, and its name where a form gave one."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data = await call.body(WORKBOOK_LIMIT)
    if kind != "multipart/form-data":
        return data, None
    files = await _files(call, data)
    if len(files) != 1:
        raise malformed("body", f"表单中有 {len(files)} 个文件", "应为一份工作簿")
    file = files[0]
    return await file.read(), file.filename


async def _files(call: Call, data: bytes) -> list[UploadFile]:
    async def once() -> AsyncGenerator[bytes, None]:
        yield data

    try:
        form = await MultiPartParser(call.request.headers, once(), max_files=2, max_fields=10).parse()
    except (MultiPartException, KeyError, ValueError):
        raise malformed("body", "表单无法读取", "应为 multipart/form-data，含一个文件") from None
    return [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
