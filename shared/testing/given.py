"""Tests of the domain as sentences: `given(BRANCH, …history).when(command).then(…events)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest

from shared.decider import Decider
from shared.rejection import Rejected

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Given(Generic[C, S, E]):
    """A history of one aggregate."""

    decider: Decider[C, S, E]
    history: tuple[E, ...]

    def when(self, *commands: C) -> When[C, S, E]:
        """The commands, one after the other; what comes of the last is looked at."""
        *earlier, last = commands
        state = self.decider.fold(self.history)
        for command in earlier:
            state = self.decider.fold(self.decider.decide(command, state), state)
        return When(self.decider, state, last)


@dataclass(frozen=True)
class When(Generic[C, S, E]):
    """A command about to be decided."""

    decider: Decider[C, S, E]
    state: S
    command: C

    def then(self, *expected: E) -> None:
        """Exactly these events follow; none are expected of a command that was carried out before."""
        assert list(self.decider.decide(self.command, self.state)) == list(expected)

    def then_rejected(self, code: str, field: str) -> None:
        """The command is refused with this code, naming this field, and says in Chinese what would be right."""
        with pytest.raises(Rejected) as refusal:
            self.decider.decide(self.command, self.state)
        assert (refusal.value.code, refusal.value.field) == (code, field)
        assert refusal.value.problem
        assert refusal.value.expected


def given(decider: Decider[C, S, E], *history: E) -> Given[C, S, E]:
    """Start a sentence."""
    return Given(decider, history)
