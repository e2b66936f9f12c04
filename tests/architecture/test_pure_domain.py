"""Nothing under a `domain/` folder waits, reads, writes, looks at a clock or throws dice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, imported, name, parsed

DOMAIN = sorted(ROOT.glob("services/*/domain/*.py"))
# What a decision may be made of; everything else of the standard library has to be argued for here.
STANDARD = {
    "__future__", "calendar", "collections", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
    "itertools", "math", "operator", "re", "types", "typing", "unicodedata", "uuid",
}  # fmt: skip
OWN = ("shared.decider", "shared.rejection", "shared.contracts", "shared.links.policy")
IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "urandom", "print", "input", "open", "getenv"}


def impurities(tree: ast.Module, own_domain: str) -> list[str]:
    """What is not pure in a module, in words."""
    found = []
    for module in imported(tree):
        top = module.partition(".")[0]
        if top in STANDARD or top in {"pydantic", "typing_extensions"}:
            continue
        if not module.startswith((*OWN, own_domain)):
            found.append(f"imports {module}")
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            found.append(f"line {node.lineno} waits")
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in IMPURE_CALLS:
                found.append(f"line {node.lineno} calls {called}()")
    return found


@pytest.mark.parametrize("path", DOMAIN, ids=name)
def test_domain_code_is_pure(path: Path) -> None:
    service = path.relative_to(ROOT).parts[1]
    assert impurities(parsed(path), f"services.{service}.domain") == []


def test_two_services_have_a_domain_and_reporting_has_none() -> None:
    assert {path.relative_to(ROOT).parts[1] for path in DOMAIN} == {"activities", "members"}


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("import asyncio", "imports asyncio"),
        ("from shared.eventstore import EventStore", "imports shared.eventstore.EventStore"),
        ("from services.b.domain.x import y", "imports services.b.domain.x.y"),
        ("import datetime\nt = datetime.datetime.now()", "line 2 calls now()"),
        ("from uuid import uuid4\ni = uuid4()", "line 2 calls uuid4()"),
        ("async def f(): ...", "line 1 waits"),
    ],
)
def test_the_check_sees_what_is_impure(code: str, finding: str) -> None:
    assert impurities(ast.parse(code), "services.a.domain") == [finding]
