"""Small files, short functions."""

from __future__ import annotations

import ast

from tests.architecture.sources import functions, name, parsed, project_files

LINES_A_FILE = 300
LINES_A_FUNCTION = 40
# Longer ones, each with its reason.
ALLOWED: dict[str, str] = {}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    spared = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - spared


def test_files_are_at_most_300_lines() -> None:
    long = {name(path): lines for path in project_files(".py") if (lines := path.read_text("utf-8").count("\n")) > 300}
    assert {file: lines for file, lines in long.items() if file not in ALLOWED} == {}


def test_functions_are_at_most_40_lines() -> None:
    long = {
        f"{name(path)}:{function.name}": length(function)
        for path in project_files(".py")
        for function in functions(parsed(path))
        if length(function) > LINES_A_FUNCTION
    }
    assert {function: lines for function, lines in long.items() if function not in ALLOWED} == {}


def test_every_allowance_is_still_needed_and_has_a_reason() -> None:
    longer = {name(path) for path in project_files(".py") if path.read_text("utf-8").count("\n") > LINES_A_FILE} | {
        f"{name(path)}:{function.name}"
        for path in project_files(".py")
        for function in functions(parsed(path))
        if length(function) > LINES_A_FUNCTION
    }
    assert set(ALLOWED) <= longer
    assert all(len(reason) > 20 for reason in ALLOWED.values())


def test_a_functions_docstring_does_not_count() -> None:
    tree = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n')
    assert [length(function) for function in functions(tree)] == [2]
