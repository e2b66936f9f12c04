"""`lianjian export`: ledgers of a year as workbooks in the offices' own headings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.cli.client import Client
from deploy.cli.running import CannotDo
from shared.ledgers.columns import LAYOUTS, SERVICE_OF, LedgerKind
from shared.ledgers.sorting import IN_ORDER
from shared.ledgers.words import simplified

ALL: Final = "all"
EXTRA: Final = ("id", "phone", "dues")
_BY_NAME: Final = {simplified(layout.name): kind for kind, layout in LAYOUTS.items()}


@dataclass(frozen=True)
class Written:
    """One file and how many records it holds."""

    path: Path
    ledger: str
    rows: int


def kinds_named(names: Sequence[str]) -> list[LedgerKind]:
    """The ledgers meant, in the order of import: 党员名册 or member_roster, `all` for every one."""
    wanted: set[LedgerKind] = set()
    for name in names:
        if name == ALL:
            wanted.update(IN_ORDER)
        elif (kind := _BY_NAME.get(simplified(name)) or next((k for k in IN_ORDER if k == name), None)) is not None:
            wanted.add(kind)
        else:
            known = "、".join(LAYOUTS[kind].name for kind in IN_ORDER)
            raise CannotDo(f"--ledger：没有台账“{name}”；应为 {known}，或 all。")
    return [kind for kind in IN_ORDER if kind in wanted]


def extra_named(text: str) -> str:
    """The columns of `--with`, checked."""
    named = [part.strip() for part in text.split(",") if part.strip()]
    if unknown := [part for part in named if part not in EXTRA]:
        raise CannotDo(f"--with：不认识 {'、'.join(unknown)}；应为 id、phone、dues，用逗号分开。")
    return ",".join(named)


def write(client: Client, kinds: Sequence[LedgerKind], year: int, folder: Path, extra: str) -> Iterator[Written]:
    """Each ledger to its file, whole or not at all; a file of that name is replaced."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise CannotDo(f"--to：{folder} 不能用作文件夹。") from None
    asked: dict[str, Any] = {"year": year, "with": extra}
    for kind in kinds:
        answer = client.ask(SERVICE_OF[kind], f"/exports/{kind}", **asked)
        path = folder / f"{LAYOUTS[kind].name}.xlsx"
        _replace(path, answer.content)
        yield Written(path, LAYOUTS[kind].name, int(answer.headers["x-rows"]))


def _replace(path: Path, data: bytes) -> None:
    """The file holds names: nobody else may read it."""
    partly = path.with_name(f".{path.name}.partly")
    try:
        with os.fdopen(os.open(partly, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        partly.replace(path)
    except OSError as error:
        partly.unlink(missing_ok=True)
        raise CannotDo(f"{path} 写不了（{error.strerror}）：请检查权限和磁盘空间，或关闭打开着的文件。") from None
