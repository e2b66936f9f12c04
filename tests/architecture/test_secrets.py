"""What opens a door does not stand in the `repr` of what holds it: a traceback or a log line would tell it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import name, parsed, project_files

_OPENS: re.Pattern[str] = re.compile(
    r"(^|_)(password|secret|token|api_key)$|^(owner_)?(database|postgres|rabbitmq|broker|management|broker_management)_url$"
)


def shown(source: ast.Module) -> Iterator[str]:
    """The fields of classes that hold such a thing as plain text, and show it."""
    for one in ast.walk(source):
        if isinstance(one, ast.ClassDef):
            yield from (f"{one.name}.{field}" for field in _fields(one))


def _fields(one: ast.ClassDef) -> Iterator[str]:
    for node in one.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        kinds = {part.id for part in ast.walk(node.annotation) if isinstance(part, ast.Name)}
        if _OPENS.search(node.target.id) and kinds & {"str", "bytes", "ShortText"} and not _is_hidden(node):
            yield node.target.id


def _is_hidden(field: ast.AnnAssign) -> bool:
    """Whether `repr=False` is said in its value, or for a model in its annotation."""
    return any(
        part.arg == "repr" and isinstance(part.value, ast.Constant) and part.value.value is False
        for part in ast.walk(field)
        if isinstance(part, ast.keyword)
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("class A:\n    broker_url: str", ["A.broker_url"]),
        ("class A:\n    password: str | None = None", ["A.password"]),
        ("class A(NamedTuple):\n    token: str", ["A.token"]),
        ("class A:\n    broker_url: str = field(repr=False)", []),
        ("class A(Value):\n    password: SecretStr", []),
        ("class A(Value):\n    token: Annotated[str, Field(repr=False)]", []),
        ("class A(Value):\n    token: Annotated[str, Field(max_length=9)]", ["A.token"]),
        ("class A:\n    password_hash: str", []),
    ],
)
def test_a_field_that_shows_what_opens_a_door_is_found(text: str, found: list[str]) -> None:
    assert list(shown(ast.parse(text))) == found


def test_nothing_shows_what_opens_a_door() -> None:
    files = [path for path in project_files(".py") if not name(path).startswith("tests/")]
    found = [f"{name(path)}: {field}" for path in files for field in shown(parsed(path))]
    assert found == [], "let the field be a SecretStr, or field(repr=False)"
