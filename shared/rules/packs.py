"""Rule packs: what must happen how often, by whose authority, from when on."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib import resources
from typing import Final, Literal

from shared.contracts.kinds import Kind
from shared.contracts.values import Value

Layer = Literal["national", "work_committee", "own"]
PeriodLength = Literal["month", "quarter", "year"]

LAYER_WORDS: Final[dict[Layer, str]] = {"national": "条例", "work_committee": "工委规定", "own": "本院约定"}

_PACKS: Final = ("national_branch_work.json", "own_agreement.json")


class Rule(Value):
    """One obligation of one kind of unit in every period it is effective for the whole of.

    `needs` names the body without which the rule does not apply to a branch. `article` (条) is None where no
    authoritative text was at hand: it is shown as not yet verified, never guessed.
    """

    id: str
    version: int
    layer: Layer
    regulation: str
    article: str | None
    obligation: Kind
    unit_kind: Literal["branch", "party_group"]
    period: PeriodLength
    needs: Literal["committee", "groups"] | None
    fulfilled_by: tuple[Kind, ...]
    effective_from: date
    effective_to: date | None = None
    text: str

    def effective(self, first: date, last: date) -> bool:
        """Whether the rule holds from `first` to `last` without a break."""
        return self.effective_from <= first and (self.effective_to is None or last <= self.effective_to)

    def cited(self) -> str:
        """The rule as a person cites it: regulation, article where known, id."""
        if self.layer == "own":
            return f"{self.regulation}（规则 {self.id}）"
        return f"《{self.regulation}》{self.article or '（条号待核）'}（规则 {self.id}）"


@cache
def load_rules() -> tuple[Rule, ...]:
    """The packs that come with the product, national layer first."""
    folder = resources.files(__package__) / "data"
    packs = [json.loads(folder.joinpath(name).read_text("utf-8")) for name in _PACKS]
    return tuple(
        Rule.model_validate({"layer": pack["layer"], "regulation": pack["regulation"], **rule}, strict=False)
        for pack in packs
        for rule in pack["rules"]
    )
