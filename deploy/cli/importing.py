"""`lianjian import`: ledgers recognised by their headers, the roster first, each to the service that owns it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from deploy.cli.client import Client
from deploy.cli.running import CannotDo
from shared.ledgers.cells import Refused, RowError, Unreadable
from shared.ledgers.marking import marked_workbook
from shared.ledgers.sorting import Sorted, place, sort_workbook

Progress = Callable[[int, int], None]

MOST_BYTES: Final = 20 * 1024 * 1024
SUFFIX: Final = "-导入问题"
LONGEST_SECONDS: Final = 1800.0
LOOK_EVERY: Final = 0.2
ENDED: Final = frozenset({"done", "refused", "failed"})


@dataclass(frozen=True)
class Workbook:
    """A file and what it is."""

    path: Path
    data: bytes
    what: Sorted


@dataclass(frozen=True)
class Result:
    """What became of one file; `state` is done, refused or failed; `marked` the workbook with what is wrong in it."""

    file: str
    ledger: str | None
    state: str
    dry_run: bool
    answer: dict[str, Any]
    position: str | None = None
    run_id: str | None = None
    marked: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def exit_code(results: Sequence[Result]) -> int:
    """0 where something went in and nothing was refused."""
    return 0 if {result.state for result in results} == {"done"} else 1


def recognised(paths: Sequence[Path], errors: Path | None = None) -> tuple[list[Workbook], list[Result]]:
    """The files in the order of their import (the roster names the branches others need), and the refused ones.

    The workbooks of these, with what is wrong marked, are written beside them or into the folder `errors`.
    """
    books: list[Workbook] = []
    refused: list[Result] = []
    for path in paths:
        try:
            books.append(_recognised(path))
        except Unreadable as error:
            found = RowError("", None, None, None, error.code, error.problem, error.expected)
            refused.append(_refused(path, [found]))
        except Refused as error:
            marked = asyncio.run(marked_workbook(path.read_bytes(), [asdict(one) for one in error.errors], []))
            refused.append(replace(_refused(path, error.errors), marked=written_beside(path, errors, marked)))
    return sorted(books, key=lambda book: (place(book.what.kind), book.what.year)), refused


def _recognised(path: Path) -> Workbook:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Unreadable("too_large", "文件过大", "不超过 20 MiB")
        data = path.read_bytes()
    except FileNotFoundError:
        raise CannotDo(f"没有文件 {path}。") from None
    except IsADirectoryError:
        raise CannotDo(f"{path} 是文件夹；应为 .xlsx 文件，如 {path / '党员名册.xlsx'}。") from None
    except OSError:
        raise CannotDo(f"{path} 读不了：请检查文件的权限和所在的磁盘。") from None
    return Workbook(path, data, asyncio.run(sort_workbook(data)))


def _refused(path: Path, errors: Sequence[RowError]) -> Result:
    return Result(path.name, None, "refused", False, {"errors": [asdict(error) for error in errors], "remarks": []})


def hand_in(
    client: Client,
    book: Workbook,
    *,
    dry_run: bool,
    after: str | None,
    progress: Progress,
    identifiers: str = "",
    errors: Path | None = None,
) -> Result:
    """Imports one ledger and waits for its end; sending it again under the same key adds nothing.

    `identifiers` are those that may be stored of people: `id,phone,dues`.
    """
    service = book.what.service
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/octet-stream"}
    if after:
        headers["After"] = after
    query = {"filename": book.path.name, "dry_run": "true" if dry_run else "false"}
    if identifiers:
        query["with"] = identifiers
    run = client.tell(service, "/imports", content=book.data, headers=headers, params=query).json()
    deadline = time.monotonic() + LONGEST_SECONDS
    while run["state"] not in ENDED:
        if time.monotonic() > deadline:
            raise CannotDo(f"{book.path.name} 半小时内没有导入完；编号 {run['run_id']}，它会在后台继续。")
        progress(run["done"], run["total"] or 0)
        time.sleep(LOOK_EVERY)
        run = client.ask(service, f"/imports/{run['run_id']}").json()
    progress(run["done"], run["total"] or 0)
    marked = None
    if run["state"] == "refused" or errors is not None:
        marked = written_beside(book.path, errors, _marked(client, service, run["run_id"]))
    return Result(
        *(book.path.name, book.what.name, run["state"], dry_run),
        *(run["answer"] or {}, run["position"], run["run_id"], marked),
    )


def _marked(client: Client, service: str, run_id: str) -> bytes | None:
    try:
        return client.ask(service, f"/imports/{run_id}/workbook").content
    except CannotDo as refused:
        if refused.code == 2:
            raise
        return None


def written_beside(path: Path, folder: Path | None, marked: bytes | None) -> str | None:
    """Writes `<name>-导入问题.xlsx`; its path, None where there is nothing to write."""
    if marked is None:
        return None
    target = (folder or path.parent) / f"{path.stem.removesuffix(SUFFIX)}{SUFFIX}.xlsx"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(marked)
    except OSError as error:
        raise CannotDo(f"{target} 写不了（{type(error).__name__}）：用 --errors 指定可写的文件夹。") from None
    return str(target)
