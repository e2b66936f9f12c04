"""A partner known by its name that is a linked court (认领共建单位): claimed for it, or the claim withdrawn."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never
from uuid import UUID

from shared.contracts.cross_court import PartnerClaimed, PartnerClaimWithdrawn
from shared.contracts.ids import natural_id
from shared.contracts.links import SiteId
from shared.contracts.values import Id, ShortText, Value
from shared.decider import Decider
from shared.rejection import Rejected

PartnerClaimEvent: TypeAlias = PartnerClaimed | PartnerClaimWithdrawn


class ClaimPartner(Value):
    """The partner in the records of `recorded_by` is `court`; `branch_id` is its branch there, None: the house."""

    recorded_by: SiteId
    partner_id: Id
    court: SiteId
    branch_id: Id | None = None


class WithdrawPartnerClaim(Value):
    """The claim was a mistake: the partner is known by its name only, as before."""

    recorded_by: SiteId
    partner_id: Id
    reason: ShortText


PartnerClaimCommand: TypeAlias = ClaimPartner | WithdrawPartnerClaim


class PartnerClaimState(Value):
    """`court` is None while the partner is nobody's."""

    court: SiteId | None = None
    branch_id: Id | None = None


def partner_claim_id(recorded_by: str, partner_id: str) -> UUID:
    """The id of the stream `partner_claim-<uuid>`."""
    return natural_id(recorded_by, "partner_claim", partner_id)


def evolve(state: PartnerClaimState, event: PartnerClaimEvent) -> PartnerClaimState:
    match event:
        case PartnerClaimed(court=court, branch_id=branch_id):
            return state.model_copy(update={"court": court, "branch_id": branch_id})
        case PartnerClaimWithdrawn():
            return state.model_copy(update={"court": None, "branch_id": None})
        case _:
            assert_never(event)


def decide(command: PartnerClaimCommand, state: PartnerClaimState) -> list[PartnerClaimEvent]:
    match command:
        case ClaimPartner():
            return _claim(command, state)
        case WithdrawPartnerClaim(recorded_by=recorded_by, partner_id=partner_id, reason=reason):
            withdrawn = PartnerClaimWithdrawn(recorded_by=recorded_by, partner_id=partner_id, reason=reason)
            return [withdrawn] if state.court else []
        case _:
            assert_never(command)


def _claim(command: ClaimPartner, state: PartnerClaimState) -> list[PartnerClaimEvent]:
    """The same court with another branch is a correction; another court needs the former claim to be withdrawn."""
    if command.court == command.recorded_by:
        raise Rejected(
            "own_partner", "court", "共建单位不能是登记它的法院自己", "另一个联通的法院", value=command.court
        )
    if state.court not in (None, command.court):
        problem = f"这个共建单位已认领为 {state.court}"
        raise Rejected("partner_claimed", "court", problem, "先撤回原来的认领并写明原因", value=command.court)
    if state == PartnerClaimState(court=command.court, branch_id=command.branch_id):
        return []
    return [PartnerClaimed(**command.model_dump())]


PARTNER_CLAIM: Final[Decider[PartnerClaimCommand, PartnerClaimState, PartnerClaimEvent]] = Decider(
    "partner_claim", PartnerClaimState(), decide, evolve
)
