"""Stored names, commands, kinds and keys of the report are made of the glossary's words."""

from __future__ import annotations

import ast
import importlib
import re
from typing import get_args

import pytest
from pydantic import BaseModel

from deploy.cli.report import KEYS
from shared.codec import StoredType
from shared.contracts.kinds import KINDS, LABELS
from tests.architecture.sources import ROOT, parsed

GLOSSARY = ROOT / "docs" / "reference" / "glossary.md"
# Said of anything, so no term of the trade: what happened to it, what was done, what part of it is meant.
GENERAL = {
    *("recorded", "corrected", "planned", "held", "cancelled", "established", "formed", "dissolved", "assigned"),
    *("vacated", "registered", "noted", "withdrawn", "changed", "forgotten", "requested"),
    *("suspended", "resumed", "revoked"),
    *("record", "correct", "plan", "hold", "cancel", "establish", "form", "dissolve", "assign", "vacate", "register"),
    *(
        "note",
        "withdraw",
        "explain",
        "details",
        "text",
        "facts",
        "words",
        "key",
        "keys",
        "public",
        "signing",
        "service",
    ),
    *("id", "ids", "number", "on"),
    *("completed", "undone", "listed", "opened", "released", "set", "due", "started", "returned"),
}
MISSING = ("unit", "obligation", "period")


def identifiers() -> set[str]:
    """What stands in back-quotes in the identifier column."""
    rows = [line.split(" | ") for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {word for row in rows for cell in row[1:] for word in re.findall(r"`([a-z_]+)`", cell)}


def words(text: str) -> list[str]:
    """`members.branch-committee-formed.v1`, `BranchCommitteeFormed`, `branch_committee` as single words."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text.removesuffix(".v1")).replace(".", " ")
    return [word.lower() for word in re.split(r"[\s_-]+", parts) if not re.fullmatch(r"v\d+", word)]


def vocabulary() -> set[str]:
    terms = {word for identifier in identifiers() for word in identifier.split("_")}
    return terms | {plural(term) for term in terms} | GENERAL


def plural(term: str) -> str:
    return term + "s"


def stored_types() -> list[StoredType]:
    services = sorted(path.parent.name for path in ROOT.glob("services/*/stored_events.py"))
    modules = [importlib.import_module(f"services.{service}.stored_events") for service in services]
    return [stored for module in modules for stored in module.CODEC.types]


def keys(model: type[BaseModel]) -> set[str]:
    """Every key that an event of this class stores, at any depth."""
    found = set()
    for name, field in model.model_fields.items():
        found.add(name)
        for inner in models(field.annotation):
            found |= keys(inner)
    return found


def models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for part in get_args(annotation) for inner in models(part)]


def stored_names() -> list[str]:
    return [stored.name for stored in stored_types()]


def command_names() -> list[str]:
    classes = [
        node.name
        for path in sorted(ROOT.glob("services/*/domain/*.py"))
        for node in parsed(path).body
        if isinstance(node, ast.ClassDef)
    ]
    return [name for name in classes if words(name)[0] in GENERAL]


def unknown(name: str) -> list[str]:
    # The service's own name comes first in a stored one.
    stored = name.partition(".")[2] or name
    return [word for word in words(stored) if word not in vocabulary()]


def test_events_and_commands_are_found() -> None:
    assert "members.branch-committee-formed.v1" in stored_names()
    assert {"FormBranchCommittee", "CorrectActivity", "RegisterPerson"} <= set(command_names())


@pytest.mark.parametrize("name", [*stored_names(), *command_names()])
def test_a_stored_name_and_a_command_use_the_glossarys_words(name: str) -> None:
    assert unknown(name) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_an_identifier_of_the_glossary_with_its_label(kind: str) -> None:
    rows = [line for line in GLOSSARY.read_text("utf-8").splitlines() if f"`{kind}`" in line]
    assert len(rows) == 1
    assert LABELS[kind] in rows[0]  # type: ignore[index] # parametrize loses the Literal


@pytest.mark.parametrize("key", [*KEYS, *MISSING])
def test_a_key_of_the_report_is_an_identifier_of_the_glossary(key: str) -> None:
    assert key in identifiers()


@pytest.mark.parametrize("key", sorted({key for stored in stored_types() for key in keys(stored.model)}))
def test_a_stored_key_uses_the_glossarys_words(key: str) -> None:
    assert unknown(key) == []


def test_a_word_that_is_not_there_is_seen() -> None:
    assert unknown("members.branch-upgraded.v1") == ["upgraded"]
    assert unknown("FormBranchCommission") == ["commission"]
