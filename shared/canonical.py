"""The one way values are written down: canonical JSON, the form that is stored, hashed and signed."""

import re
from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

import orjson

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 128

_KEY = re.compile(r"[A-Za-z0-9_]+")
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER | orjson.OPT_PASSTHROUGH_SUBCLASS
_SCALARS = frozenset({str, int, bool, type(None)})

# Keys met before need no second look; the bound keeps a stranger's keys from filling the memory.
_known_keys: set[str] = set()
_KNOWN_KEYS_BOUND = 10_000


def canonical_bytes(value: Any) -> bytes:
    """The canonical JSON of `value`: UTF-8, no white space, keys sorted by bytes.

    Only dict, list, str, int, bool and None, of exactly these types; nothing is converted. Raises `TypeError`
    for any other type and `ValueError` for a value outside the form, both naming the path (`$.a[3].b`).
    """
    if not _has_plain_types(value, MAX_DEPTH):
        _refuse(value, "$", MAX_DEPTH)
    try:
        written = orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        _refuse(value, "$", MAX_DEPTH)
        raise
    if b"\\u0000" in written:
        _refuse(value, "$", MAX_DEPTH)
    return written


def canonical_text(value: Any) -> str:
    """`canonical_bytes` as text."""
    return canonical_bytes(value).decode()


def canonical_each(values: Sequence[Any]) -> list[bytes]:
    """`canonical_bytes` of each; of many values alike it takes a third of the time."""
    if _all_have_plain_types(values, MAX_DEPTH):
        try:
            written = [orjson.dumps(value, option=_OPTIONS) for value in values]
        except TypeError:
            written = []
        if written and not any(b"\\u0000" in each for each in written):
            return written
    return [canonical_bytes(value) for value in values]


def parse(written: str | bytes) -> Any:
    """The value of canonical JSON; `ValueError` if `written` is not exactly what `canonical_bytes` writes."""
    value = orjson.loads(written)
    try:
        again = canonical_bytes(value)
    except TypeError as error:
        raise ValueError(f"not canonical JSON: {error}") from None
    if again != (written.encode() if isinstance(written, str) else written):
        raise ValueError("not canonical JSON: white space, key order, a repeated key or an escape differs")
    return value


def _has_plain_types(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is dict:
        if not (value.keys() <= _known_keys or _has_good_keys(value)):
            return False
        items = value.values()
    elif kind is list:
        items = value
    else:
        return kind in _SCALARS
    if depth == 0:
        return False
    if _SCALARS.issuperset(map(type, items)):
        return True
    for item in items:  # noqa: SIM110 - a generator here costs a third of the walk
        if type(item) not in _SCALARS and not _has_plain_types(item, depth - 1):
            return False
    return True


def _all_have_plain_types(level: Sequence[Any], depth: int) -> bool:
    """`_has_plain_types` of each, all of them a level of nesting at a time."""
    while inner := [value for value in level if type(value) not in _SCALARS]:
        dicts = [value for value in inner if type(value) is dict]
        lists = [value for value in inner if type(value) is list]
        if depth == 0 or len(dicts) + len(lists) < len(inner):
            return False
        depth -= 1
        keys: set[Any] = set().union(*dicts)
        if not (keys <= _known_keys or _has_good_keys(keys)):
            return False
        level = [*chain.from_iterable(map(dict.values, dicts)), *chain.from_iterable(lists)]
    return True


def _has_good_keys(keys: Collection[Any]) -> bool:
    for key in keys:
        if type(key) is not str or not _KEY.fullmatch(key):
            return False
    if len(_known_keys) + len(keys) <= _KNOWN_KEYS_BOUND:
        _known_keys.update(keys)
    return True


def _refuse(value: Any, path: str, depth: int) -> None:
    """Look at every part slowly and raise for the first that canonical JSON has no form for."""
    kind = type(value)
    if kind is str:
        _refuse_text(value, path)
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ValueError(f"{path}: {value} is outside ±(2^53−1); write large numbers as text")
    elif kind is dict or kind is list:
        if depth == 0:
            raise ValueError(f"{path}: nested deeper than {MAX_DEPTH} levels")
        _refuse_items(value, path, depth - 1)
    elif value is not None and kind is not bool:
        raise TypeError(
            f"{path}: {kind.__module__}.{kind.__qualname__} has no canonical JSON; "
            "use dict, list, str, int, bool or None (fractions as integers of the smallest unit, times as text)"
        )


def _refuse_items(value: dict[Any, Any] | list[Any], path: str, depth: int) -> None:
    if isinstance(value, list):
        for number, item in enumerate(value):
            _refuse(item, f"{path}[{number}]", depth)
        return
    for key, item in value.items():
        if type(key) is not str:
            raise TypeError(f"{path}: key {key!r} is {type(key).__qualname__}; keys are str")
        if not _KEY.fullmatch(key):
            raise ValueError(f"{path}: key {key!r} must be one or more of A-Z a-z 0-9 _")
        _refuse(item, f"{path}.{key}", depth)


def _refuse_text(value: str, path: str) -> None:
    if "\0" in value:
        raise ValueError(f"{path}: text contains NUL (U+0000)")
    for character in value:
        if "\ud800" <= character <= "\udfff":
            raise ValueError(f"{path}: text contains the lone surrogate U+{ord(character):04X}")
