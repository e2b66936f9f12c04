"""The same workbook with its faulty cells marked: the parent's side of `shared.ledgers.marker`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from shared.ledgers.marker import LENGTH_BYTES

WALL_CLOCK_SECONDS: Final = 90.0
_CODE: Final = Path(__file__).resolve().parents[2]


async def marked_workbook(
    data: bytes, errors: Sequence[Mapping[str, Any]], remarks: Sequence[Mapping[str, Any]]
) -> bytes | None:
    """The workbook with errors and remarks, as an answer lists them, at their cells; None where it cannot be made."""
    marks = json.dumps([*(_mark(one, "error") for one in errors), *(_mark(one, "remark") for one in remarks)]).encode()
    output, code = await _run_marker(len(marks).to_bytes(LENGTH_BYTES, "big") + marks + data)
    return output if code == 0 and output else None


async def _run_marker(given: bytes) -> tuple[bytes, int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shared.ledgers.marker"),
        cwd=_CODE,
        env={"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"},  # nothing of ours: passwords and keys lie there
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WALL_CLOCK_SECONDS):
            output, _ = await process.communicate(given)
    except TimeoutError:
        return b"", 1
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output, process.returncode or 0


def _mark(found: Mapping[str, Any], kind: str) -> dict[str, Any]:
    column = found["column"]
    said = f"{found['problem']}；应为 {found['expected']}" if kind == "error" else found["sentence"]
    return {
        "sheet": found["sheet"],
        "row": found["row"],
        "column": column,
        "heading": column,
        "kind": kind,
        "text": f"{column}：{said}" if column else said,
    }
