"""Bugs planted into the program's own text as it is loaded: a plant whose place is gone fails loudly."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True)
class Change:
    """In `module`, the text `before`, which stands there exactly once, becomes `after`."""

    module: str
    before: str
    after: str


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, changes: Sequence[Change]) -> None:
        super().__init__(name, path)
        self._changes = changes

    def get_code(self, fullname: str) -> CodeType | None:
        text = changed(Path(self.path).read_text("utf-8"), self._changes)
        return compile(text, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, changes: Mapping[str, Sequence[Change]]) -> None:
        self._changes = changes

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._changes:
            return None
        place = str(place_of(fullname))
        return importlib.util.spec_from_file_location(
            fullname, place, loader=_Loader(fullname, place, self._changes[fullname])
        )


def place_of(module: str) -> Path:
    """The file of a module of this project."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def changed(text: str, changes: Sequence[Change]) -> str:
    """The text with all changes; `LookupError` where one has no place, or several."""
    for change in changes:
        if text.count(change.before) != 1:
            raise LookupError(f"{change.module}: {change.before!r} stands there {text.count(change.before)} times")
        text = text.replace(change.before, change.after)
    return text


def plant(changes: Sequence[Change]) -> None:
    """Let the modules be loaded with their bugs; none of them may have been loaded before."""
    by_module: dict[str, list[Change]] = {}
    for change in changes:
        assert change.module not in sys.modules, f"{change.module} is loaded already"
        by_module.setdefault(change.module, []).append(change)
    sys.meta_path.insert(0, _Finder(by_module))
