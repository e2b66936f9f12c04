"""Progress on standard error, where somebody is looking."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn


def bar(console: Console, what: str, *, quiet: bool = False) -> Progress:
    """One line about `what`; nothing where nobody looks, or with `quiet`."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)


def moved(shown: Progress, what: str, done: int, total: int) -> None:
    """`done` of `total` of a part of it."""
    task = next((task.id for task in shown.tasks if task.description == what), None)
    known = shown.add_task(what, total=total) if task is None else TaskID(task)
    shown.update(known, completed=done, total=total or None)
