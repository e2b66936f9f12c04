"""Request bodies: bounded before they are read, then parsed strictly into one model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from shared.http.problems import Problem, malformed, too_large
from shared.http.strict_json import canonical_if_plain, read_json
from shared.http.wording import in_words

JSON_LIMIT = 1024 * 1024
WORKBOOK_LIMIT = 20 * 1024 * 1024
LET_PASS = 16 * 1024 * 1024
LET_PASS_SECONDS = 5.0

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; 413 as soon as it is known to be longer than `limit`, and nothing of it is kept."""
    declared = request.headers.get("content-length", "")
    stream = request.stream()
    if declared.isdecimal() and int(declared) > limit:
        await _let_pass(stream)
        raise too_large(limit)
    pieces: list[bytes] = []
    size = 0
    async for piece in stream:
        size += len(piece)
        if size > limit:
            await _let_pass(stream)
            raise too_large(limit)
        pieces.append(piece)
    return b"".join(pieces)


async def _let_pass(stream: AsyncIterator[bytes]) -> None:
    """Throws some more away: a sender cut off at once sees a broken connection and never reads why."""
    passed = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LET_PASS_SECONDS):
            async for piece in stream:
                passed += len(piece)
                if passed > LET_PASS:
                    return


async def read_model(request: Request, model: type[M]) -> tuple[M, bytes]:
    """The body as `model`, and its canonical bytes: equal requests have equal bytes."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _unsupported(kind, "application/json")
    body = await read_body(request, JSON_LIMIT)
    written = canonical_if_plain(body) or orjson.dumps(read_json(body), option=orjson.OPT_SORT_KEYS)
    try:
        # From JSON, not from the parsed value: strict mode then still takes a list for a tuple, but no "3" for 3.
        return model.model_validate_json(written, strict=True), written
    except ValidationError as error:
        raise in_words(error) from None


def _unsupported(kind: str, expected: str) -> Problem:
    problem = malformed("Content-Type", "内容类型不支持", f"应为 {expected}", kind)
    return Problem(415, "unsupported_media_type", "内容类型不支持", problem.detail, errors=problem.errors)
