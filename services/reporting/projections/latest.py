"""Tables in which the last event told of a thing stands: most of what is projected, said once as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.projection import guarded_upsert

Column = tuple[str, str]
"""A column's SQL type, and its value as an expression over `type` and `data` of one event."""


@dataclass(frozen=True)
class Told:
    """Columns that the events of `types` tell together: the last of these events stands, whole, under its `guard`."""

    guard: str
    types: Sequence[str]
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class Latest:
    """One row a thing: `key` beside the site, as columns and where an event says them; the rest as it was last told."""

    name: str
    key: Mapping[str, str]
    told: Sequence[Told]

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the key, site first."""
        return ("site", *self.key)

    @property
    def types(self) -> tuple[str, ...]:
        """Every event type that changes a row."""
        return tuple(dict.fromkeys(kind for group in self.told for kind in group.types))

    @property
    def ddl(self) -> str:
        """The table; a guard of 0: nothing of this group was told yet."""
        columns = [f'{column} text collate "C"' for column in self.primary_key]
        for group in self.told:
            columns.append(f"{group.guard} bigint not null")
            columns += [f"{column} {kind}" for column, (kind, _) in group.columns.items()]
        return f"create table {self.name} ({', '.join(columns)}, primary key ({', '.join(self.primary_key)}));\n"

    @property
    def upsert(self) -> str:
        """From `batch` into the table. Every event is cast, so that the unreadable are the same in every batch."""
        columns, values = list(self.primary_key), ["site", *self.key.values()]
        for group in self.told:
            told = f"filter (where type in ({_quoted(group.types)}))"
            columns += [group.guard, *group.columns]
            values.append(f"coalesce(max(at) {told}, 0)")
            values += [f"(array_agg({value} order by at desc) {told})[1]" for _, value in group.columns.values()]
        groups = {group.guard: tuple(group.columns) for group in self.told}
        return (
            f"insert into {self.name} as present ({', '.join(columns)})\nselect {', '.join(values)}\n"
            f"  from batch where type in ({_quoted(self.types)}) group by {', '.join(['site', *self.key.values()])}\n"
            f"{guarded_upsert(self.primary_key, groups)}"
        )


def together(*tables: Latest) -> str:
    """One statement that fills all of them: the journal is read once, however many tables there are."""
    return "".join(f", told_{table.name} as ({table.upsert})\n" for table in tables) + "select"


def state(words: Mapping[str, str]) -> Column:
    """The state that the type of the last event means."""
    cases = " ".join(f"when '{kind}' then '{word}'" for kind, word in words.items())
    return "text", f"case type {cases} end"


def fact(name: str, kind: str = "text") -> Column:
    """A field of `facts`."""
    return _field(f"data->'facts'->>'{name}'", kind)


def json_fact(name: str) -> Column:
    """A structured field of `facts`."""
    return "jsonb", f"data->'facts'->'{name}'"


def said(name: str, kind: str = "text") -> Column:
    """A field of the event itself."""
    return _field(f"data->>'{name}'", kind)


def first_day(value: str) -> Column:
    """The first day that a date of reduced precision may mean."""
    return "date", _first(value)


def last_day(value: str) -> Column:
    """The last day that a date of reduced precision may mean."""
    return "date", _last(value)


def term_end(begun: str, months: str) -> Column:
    """The last day of a term of months from a date of reduced precision."""
    return "date", f"(({_last(begun)}) + make_interval(months => ({months})::integer) - interval '1 day')::date"


def _field(value: str, kind: str) -> Column:
    return (kind, value) if kind == "text" else (kind, f"({value})::{kind}")


def _first(value: str) -> str:
    return f"({value} || substr('-01-01', length({value}) - 3))::date"


def _last(value: str) -> str:
    whole = _first(value)
    return (
        f"case length({value}) when 4 then ({whole} + interval '1 year - 1 day')::date"
        f" when 7 then ({whole} + interval '1 month - 1 day')::date else {whole} end"
    )


def _quoted(types: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in types)
